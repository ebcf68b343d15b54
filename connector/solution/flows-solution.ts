import type { SwaggerDocument } from '../document/swagger-document.ts';
import { CONNECTOR_SOLUTION, json, versionOf } from './connector-solution.ts';
import { customizationsXml } from './customizations.ts';
import { variableFile, variables, variableXml } from './environment-variables.ts';
import { connectionReferenceElements, connectionReferences, flowJson } from './flow-definition.ts';
import { flows, type Flow } from './flows.ts';
import { localized, manifestXml, type NeededComponent } from './manifest.ts';
import { CONNECTOR_ID, CONNECTOR_NAME, componentIdOf } from './names.ts';
import type { SolutionFiles } from './pack.ts';
import { element, type Element } from './xml.ts';

/**
 * Creates the solution with four flows, turned off, and their connection references and environment
 * variables. It requires the connector's solution.
 */
export function flowsSolution(definition: SwaggerDocument): SolutionFiles {
  const { title } = definition.info;
  const version = versionOf(definition);
  const files: Record<string, string> = {
    'solution.xml': manifestXml({
      uniqueName: 'CustomerDataTriggersFlows',
      displayName: `${title}: flows`,
      description: 'Four flows to begin with. Import the solution of the connector first.',
      version,
      components: flows.map((flow) => ({ type: '29', id: `{${flowId(flow)}}` })),
      needs: needs(title, version),
    }),
    'customizations.xml': customizationsXml({
      workflows: flows.map((flow) => workflow(flow, version)),
      connectionReferences: connectionReferenceElements(),
    }),
  };
  for (const flow of flows) files[flowFile(flow)] = json(flowJson(flow));
  for (const variable of Object.values(variables)) files[variableFile(variable)] = variableXml(variable, version);
  return files;
}

function flowId({ name }: Flow): string {
  return componentIdOf(`flow/${name}`);
}

/** The file name of a flow: at most 50 letters of its name, and its id in capitals. */
function flowFile(flow: Flow): string {
  const letters = flow.name.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 50);
  return `Workflows/${letters}-${flowId(flow).toUpperCase()}.json`;
}

/**
 * The dependencies of each flow and of the connection reference on the connector, which is in
 * another solution.
 */
function needs(title: string, version: string): NeededComponent[] {
  const required = {
    type: '372',
    schemaName: CONNECTOR_NAME,
    displayName: title,
    solution: `${CONNECTOR_SOLUTION} (${version})`,
    id: `{${CONNECTOR_ID}}`,
  };
  const { logicalName } = connectionReferences.own;
  return [
    ...flows.map((flow) => ({ type: '29', displayName: flow.name, id: `{${flowId(flow)}}` })),
    {
      type: 'connectionreference',
      displayName: logicalName,
      'id.connectionreferencelogicalname': logicalName,
    },
  ].map((dependent) => ({ required, dependent }));
}

/**
 * The entry of a cloud flow (category 5) in `customizations.xml`. The flow is a draft (state 0,
 * status 1) until its maker turns it on.
 */
function workflow(flow: Flow, version: string): Element {
  const said = {
    ...{ JsonFileName: `/${flowFile(flow)}`, Type: '1', Subprocess: '0', Category: '5', Mode: '0', Scope: '4' },
    ...{ OnDemand: '0', TriggerOnCreate: '0', TriggerOnDelete: '0', AsyncAutodelete: '0' },
    ...{ SyncWorkflowLogOnFailure: '0', StateCode: '0', StatusCode: '1', RunAs: '1', IsTransacted: '1' },
    ...{ IntroducedVersion: version, IsCustomizable: '1', BusinessProcessType: '0' },
    ...{ IsCustomProcessingStepAllowedForOtherPublishers: '1', PrimaryEntity: 'none' },
  };
  return element(
    'Workflow',
    [...Object.entries(said).map(([name, value]) => element(name, value)), localized(flow.name)],
    { WorkflowId: `{${flowId(flow)}}`, Name: flow.name },
  );
}

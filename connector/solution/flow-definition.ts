import { parameterOf, readExpressionOf, variables, type EnvironmentVariable } from './environment-variables.ts';
import { operationOf, type Flow, type Step } from './flows.ts';
import { CONNECTOR_API, CONNECTOR_ID, CONNECTOR_NAME, componentIdOf, PREFIX } from './names.ts';
import { element, type Element } from './xml.ts';

/**
 * A connection reference. Flows use its name, which stays the same when it is set to another
 * connection.
 */
interface ConnectionReference {
  readonly logicalName: string;
  readonly displayName: string;
  /** The name of the connector in flows. */
  readonly api: string;
}

export const connectionReferences: Readonly<Record<Step['connector'], ConnectionReference>> = {
  own: { logicalName: `${PREFIX}_CustomerDataTriggers`, displayName: 'Customer Data Triggers', api: CONNECTOR_API },
  teams: { logicalName: `${PREFIX}_Teams`, displayName: 'Microsoft Teams', api: 'shared_teams' },
  outlook: { logicalName: `${PREFIX}_Outlook`, displayName: 'Office 365 Outlook', api: 'shared_office365' },
};

/**
 * A flow in a solution: `properties.definition` in the language of Azure Logic Apps, and the
 * connection references.
 */
export function flowJson(flow: Flow): object {
  const used = [...new Set(['own' as const, ...flow.steps.map(({ connector }) => connector)])];
  const text = JSON.stringify([flow.inputs, flow.steps]);
  const read = Object.values(variables).filter((variable) => text.includes(readExpressionOf(variable)));
  return {
    properties: {
      connectionReferences: Object.fromEntries(used.map((key) => referenceOf(key))),
      definition: {
        $schema:
          'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#',
        contentVersion: '1.0.0.0',
        parameters: {
          $connections: { defaultValue: {}, type: 'Object' },
          $authentication: { defaultValue: {}, type: 'SecureObject' },
          ...Object.fromEntries(read.map((variable) => [parameterOf(variable), parameterFor(variable)])),
        },
        triggers: {
          [designerNameOf(operationOf(flow))]: operation('OpenApiConnectionWebhook', flow, {
            name: operationOf(flow),
            connector: 'own',
            operationId: operationOf(flow),
            parameters: { ...flow.inputs, 'body/label': flow.name },
          }),
        },
        actions: Object.fromEntries(
          flow.steps.map((step, at) => {
            const before = flow.steps[at - 1];
            const runAfter = before === undefined ? {} : { [before.name]: ['Succeeded'] };
            return [step.name, { runAfter, ...operation('OpenApiConnection', flow, step) }];
          }),
        ),
      },
    },
    schemaVersion: '1.0.0.0',
  };
}

/**
 * The name that the designer gives to a trigger, such as `When_…`: the summary of its operation.
 */
function designerNameOf(operationId: string): string {
  return `When_${operationId.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()}`;
}

function referenceOf(key: Step['connector']): [string, object] {
  const { api, logicalName } = connectionReferences[key];
  return [
    api,
    {
      runtimeSource: 'embedded',
      connection: { connectionReferenceLogicalName: logicalName },
      api: { name: api, ...(key === 'own' && { logicalName: CONNECTOR_NAME }) },
    },
  ];
}

function parameterFor({ schemaName, description, type, ...variable }: EnvironmentVariable): object {
  return {
    defaultValue: variable.default ?? '',
    type: type === 'number' ? 'Int' : 'String',
    metadata: { schemaName, description },
  };
}

function operation(type: string, flow: Flow, { name, connector, operationId, parameters }: Step): object {
  const { api } = connectionReferences[connector];
  return {
    metadata: { operationMetadataId: componentIdOf(`${flow.name}/${name}`) },
    type,
    inputs: {
      host: {
        connectionName: api,
        operationId,
        // A custom connector is identified by its name in the connection reference, because its
        // path differs in each environment.
        apiId: connector === 'own' ? '' : apiPathOf(api),
      },
      parameters,
      authentication: "@parameters('$authentication')",
    },
  };
}

function apiPathOf(api: string): string {
  return `/providers/Microsoft.PowerApps/apis/${api}`;
}

/**
 * The connection references in `customizations.xml`. The one of the custom connector refers to the
 * connector by its id.
 */
export function connectionReferenceElements(): Element[] {
  return Object.entries(connectionReferences).map(([key, { logicalName, displayName, api }]) =>
    element(
      'connectionreference',
      [
        element('connectionreferencedisplayname', displayName),
        element('connectorid', apiPathOf(api)),
        ...(key === 'own' ? [element('customconnectorid', [element('connectorid', CONNECTOR_ID)])] : []),
        element('iscustomizable', '1'),
        element('statecode', '0'),
        element('statuscode', '1'),
      ],
      { connectionreferencelogicalname: logicalName },
    ),
  );
}

import { deployedConnector, type Deployment } from '../deployment.ts';
import type { PolicyTemplateInstance } from '../document/properties.ts';
import type { SwaggerDocument } from '../document/swagger-document.ts';
import { customizationsXml } from './customizations.ts';
import { manifestXml, type Manifest } from './manifest.ts';
import { CONNECTOR_ID, CONNECTOR_NAME } from './names.ts';
import type { SolutionFiles } from './pack.ts';
import { element } from './xml.ts';

/** The inputs of the solution. */
export interface SolutionInput {
  /** The committed definition. */
  readonly definition: SwaggerDocument;
  /** The committed icon, a PNG. */
  readonly icon: Uint8Array;
  readonly deployment: Deployment;
}

/** The connector's solution, as other solutions refer to it. */
export const CONNECTOR_SOLUTION = 'CustomerDataTriggersConnector';

/** A solution's version has four numbers. */
export function versionOf(definition: SwaggerDocument): string {
  return `${definition.info.version.replace(/[^\d.].*$/, '')}.0`;
}

/**
 * Creates the solution that contains only the custom connector. It is imported before the
 * components that use it.
 */
export function connectorSolution({ definition, icon, deployment }: SolutionInput): SolutionFiles {
  const connector = deployedConnector(definition, deployment);
  const { connectionParameters, iconBrandColor, policyTemplateInstances } = connector.properties.properties;
  const { title, description } = connector.definition.info;
  const file = (part: string): string => `Connector/${CONNECTOR_NAME}_${part}`;
  const files = {
    openapidefinition: file('openapidefinition.json'),
    connectionparameters: file('connectionparameters.json'),
    policytemplateinstances: file('policytemplateinstances.json'),
    iconblob: file('iconblob.Png'),
  };
  const manifest: Manifest = {
    uniqueName: CONNECTOR_SOLUTION,
    displayName: `${title}: connector`,
    description: 'The custom connector. Import it first.',
    version: versionOf(definition),
    components: [{ type: '372', id: `{${CONNECTOR_ID}}`, schemaName: CONNECTOR_NAME }],
    needs: [],
  };
  const described = element('Connector', [
    element('connectorid', CONNECTOR_ID),
    element('description', description),
    element('displayname', title),
    element('iconbrandcolor', iconBrandColor),
    element('name', CONNECTOR_NAME),
    element('connectortype', '1'),
    ...Object.entries(files).map(([part, name]) => element(part, `/${name}`)),
  ]);
  return {
    'solution.xml': manifestXml(manifest),
    'customizations.xml': customizationsXml({ connectors: [described] }),
    [files.openapidefinition]: json(connector.definition),
    [files.connectionparameters]: json(connectionParameters),
    [files.policytemplateinstances]: json(policyTemplateInstances.map(asStored)),
    [files.iconblob]: icon,
  };
}

/**
 * Converts a policy: its keys begin with capitals in a solution, but not in `apiProperties.json`.
 */
function asStored({ templateId, title, parameters }: PolicyTemplateInstance): object {
  return { TemplateId: templateId, Title: title, Parameters: parameters };
}

export function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

import type { Connector } from './connector.ts';
import { operationLocations } from './locations.ts';
import type { Rule } from './rule.ts';

/**
 * Sides of the icon in pixels
 * (learn.microsoft.com/connectors/custom-connectors/certification-submission).
 */
const ICON_SIDE = 230;
const MARK_SIDE = 160;

/** Rules for `apiProperties.json` and the icon. */
export const propertiesRules: readonly Rule[] = [
  {
    id: 'BrandColorInvalid',
    says: 'The brand colour is #rrggbb, neither white nor the default blue.',
    find: ({ properties: { properties } }) =>
      /^#[0-9a-f]{6}$/i.test(properties.iconBrandColor) &&
      !['#ffffff', '#007ee5'].includes(properties.iconBrandColor.toLowerCase())
        ? []
        : [properties.iconBrandColor],
  },
  {
    id: 'IconSizeInvalid',
    says: `The icon is a square of ${ICON_SIDE} pixels.`,
    find: ({ icon }) =>
      icon.width === ICON_SIDE && icon.height === ICON_SIDE ? [] : [`${icon.width} by ${icon.height}`],
  },
  {
    id: 'IconBackgroundDiffers',
    says: `Around the mark of ${MARK_SIDE} pixels the icon has the brand colour.`,
    find: ({ icon, properties: { properties } }) => {
      const brand = Buffer.from(properties.iconBrandColor.slice(1), 'hex');
      const margin = (ICON_SIDE - MARK_SIDE) / 2;
      const isMark = (at: number): boolean => at >= margin && at < margin + MARK_SIDE;
      for (let y = 0; y < icon.height; y++) {
        for (let x = 0; x < icon.width; x++) {
          const at = (y * icon.width + x) * 3;
          if (!(isMark(x) && isMark(y)) && !icon.rgb.subarray(at, at + 3).equals(brand)) return [`pixel ${x}, ${y}`];
        }
      }
      return [];
    },
  },
  {
    id: 'CapabilityUnknown',
    says: 'The connector has actions and triggers, and says so.',
    find: ({ properties: { properties } }) =>
      [...properties.capabilities].sort().join() === 'actions,triggers' ? [] : [properties.capabilities.join()],
  },
  {
    id: 'PublisherMissing',
    says: 'There is a publisher.',
    find: ({ properties: { properties } }) => (properties.publisher ? [] : ['publisher']),
  },
  {
    id: 'StackOwnerNotAllowed',
    says: 'Only a certified connector has a stack owner: with one no other can be updated.',
    find: ({ properties: { properties } }) => ('stackOwner' in properties ? ['stackOwner'] : []),
  },
  {
    id: 'ConnectionParameterIncomplete',
    says: 'There is one way to connect, the one that the definition declares, and each of its boxes says whether it has to be filled in.',
    find: ({ definition, properties: { properties } }) => {
      const parameters = Object.entries(properties.connectionParameters);
      const ways = parameters.filter(([, { type }]) => type === 'securestring' || type === 'oauthSetting');
      const declared = definition.security.length;
      return [
        ...(ways.length === 1 && declared === 1 ? [] : [`${ways.length} ways to connect, ${declared} declared`]),
        ...parameters.flatMap(([name, { type, uiDefinition }]) =>
          type === 'oauthSetting' || uiDefinition?.constraints?.required ? [] : [name],
        ),
      ];
    },
  },
  {
    id: 'RedirectModeInvalid',
    says: 'A sign-in comes back to an address of this connector alone.',
    find: ({ properties: { properties } }) =>
      Object.entries(properties.connectionParameters).flatMap(([name, { type, oAuthSettings }]) =>
        type === 'oauthSetting' &&
        !(
          oAuthSettings?.redirectMode === 'GlobalPerConnector' &&
          /^https:\/\/global\.consent\.azure-apim\.net\/redirect\/[a-z0-9-]+$/.test(oAuthSettings.redirectUrl ?? '')
        )
          ? [name]
          : [],
      ),
  },
  {
    id: 'PolicyOperationUnknown',
    says: 'A policy is for operations that exist.',
    find: (connector) => {
      const known = operationLocations(connector).map(({ operation }) => operation.operationId);
      return policies(connector).flatMap(({ operations }) => operations.filter((each) => !known.includes(each)));
    },
  },
  {
    id: 'SetHeaderIncomplete',
    says: 'A policy that sets a header says in which section, and what to do when it is there already.',
    find: (connector) =>
      policies(connector).flatMap(({ templateId, title, parameters }) =>
        templateId === 'setheader' &&
        !(parameters['x-ms-apimTemplate-policySection'] && parameters['x-ms-apimTemplateParameter.existsAction'])
          ? [title]
          : [],
      ),
  },
  {
    id: 'PageableWithoutPolicy',
    says: 'The link to a next page is led through the gateway: it alone has the credentials.',
    find: (connector) =>
      operationLocations(connector).flatMap(({ operation }) => {
        const name = operation['x-ms-pageable']?.nextLinkName;
        const led = policies(connector).some(
          ({ templateId, operations, parameters }) =>
            templateId === 'updatenextlink' &&
            operations.includes(operation.operationId) &&
            parameters['x-ms-apimTemplateParameter.nextLinkPropertyName'] === name,
        );
        return name === undefined || led ? [] : [operation.operationId];
      }),
  },
];

function policies({ properties }: Connector) {
  return properties.properties.policyTemplateInstances.map((policy) => {
    const { 'x-ms-apimTemplate-operationName': operations } = policy.parameters;
    return { ...policy, operations: Array.isArray(operations) ? (operations as readonly string[]) : [] };
  });
}

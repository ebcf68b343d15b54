import { operationLocations, parametersOf } from './locations.ts';
import type { Rule } from './rule.ts';

/**
 * The maximum size of a connector in a solution
 * (github.com/microsoft/PowerPlatformConnectors/issues/3567).
 */
const MAX_CHARACTERS = 500_000;
/** learn.microsoft.com/connectors/custom-connectors/certification-submission. */
const categories = [
  ...['AI', 'Business Management', 'Business Intelligence', 'Collaboration', 'Commerce', 'Communication'],
  ...['Content and Files', 'Finance', 'Data', 'Human Resources', 'Internet of Things', 'IT Operations'],
  ...[
    'Lifestyle and Entertainment',
    'Marketing',
    'Productivity',
    'Sales and CRM',
    'Security',
    'Social Media',
    'Website',
  ],
];
/**
 * Words that a title must not contain: the kind of component, and names of Microsoft's products.
 */
const restricted =
  /\b(api|connector|microsoft|azure|dynamics|customer insights|power (apps|automate|platform|bi)|copilot|sharepoint|teams)\b/i;

/** Rules for the document as a whole. */
export const documentRules: readonly Rule[] = [
  {
    id: 'TitleTooLong',
    says: 'The title has 30 characters at most.',
    find: ({ definition: { info } }) => (info.title.length > 30 ? [info.title] : []),
  },
  {
    id: 'ValueContainsRestrictedWords',
    says: 'The title names no product of Microsoft, and is not called API or connector.',
    find: ({ definition: { info } }) => (restricted.test(info.title) ? [info.title] : []),
  },
  {
    id: 'DescriptionLengthOutOfRange',
    says: 'The description has 30 to 500 characters.',
    find: ({ definition: { info } }) =>
      info.description.length < 30 || info.description.length > 500 ? [info.description] : [],
  },
  {
    id: 'ContactMissing',
    says: 'There is somebody to ask.',
    find: ({ definition: { info } }) =>
      info.contact.name && (info.contact.url ?? info.contact.email) ? [] : ['info.contact'],
  },
  {
    id: 'HostMissing',
    says: 'There is a host.',
    find: ({ definition: { host } }) => (host ? [] : ['host']),
  },
  {
    id: 'HostNotPublic',
    says: 'The host is one that the platform can reach: not localhost, not an address, without a port.',
    find: ({ definition: { host } }) => (/^localhost|:\d+$|^[\d.]+$|^\[/i.test(host) ? [host] : []),
  },
  {
    id: 'SchemeNotHttps',
    says: 'The platform speaks https only.',
    find: ({ definition: { schemes } }) => (schemes.join() === 'https' ? [] : [schemes.join()]),
  },
  {
    id: 'SecurityUndefined',
    says: 'Every way to authenticate that is asked for is defined, and there is one.',
    find: ({ definition: { security, securityDefinitions } }) => {
      const asked = security.flatMap((each) => Object.keys(each));
      return asked.length === 0 ? ['security'] : asked.filter((name) => !Object.hasOwn(securityDefinitions, name));
    },
  },
  {
    id: 'TestConnectionUnknown',
    says: 'A connection is tested by a GET that needs no input.',
    find: (connector) => {
      const { operationId } = connector.definition['x-ms-capabilities'].testConnection;
      const tested = operationLocations(connector).find(({ operation }) => operation.operationId === operationId);
      const fits = tested?.method === 'get' && !parametersOf(tested).some(({ required }) => required);
      return fits ? [] : [operationId];
    },
  },
  {
    id: 'ConnectorMetadataMissing',
    says: 'Web site, privacy policy and categories are given.',
    find: ({ definition }) => {
      const given = definition['x-ms-connector-metadata'].flatMap(({ propertyName, propertyValue }) =>
        propertyValue ? propertyName : [],
      );
      return ['Website', 'Privacy policy', 'Categories'].filter((name) => !given.includes(name));
    },
  },
  {
    id: 'CategoryUnknown',
    says: 'Categories are of the published list.',
    find: ({ definition }) =>
      definition['x-ms-connector-metadata']
        .filter(({ propertyName }) => propertyName === 'Categories')
        .flatMap(({ propertyValue }) => propertyValue.split(';'))
        .filter((category) => !categories.includes(category)),
  },
  {
    id: 'DefinitionTooLong',
    says: `The definition has less than ${MAX_CHARACTERS} characters.`,
    find: ({ definition }) => {
      const { length } = JSON.stringify(definition, undefined, 4);
      return length < MAX_CHARACTERS ? [] : [`${length} characters`];
    },
  },
];

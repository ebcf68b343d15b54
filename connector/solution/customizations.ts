import { XSI } from './manifest.ts';
import { element, xmlDocument, type Element } from './xml.ts';

/** The sections of every export, in order. Most of them are empty. */
const sections = [
  ...['Entities', 'Roles', 'Workflows', 'FieldSecurityProfiles', 'Templates', 'EntityMaps', 'EntityRelationships'],
  ...['OrganizationSettings', 'optionsets', 'CustomControls', 'EntityDataProviders'],
];

/** `customizations.xml`: the components that have no separate files. */
export function customizationsXml({
  workflows = [],
  connectors = [],
  connectionReferences = [],
}: {
  readonly workflows?: readonly Element[];
  readonly connectors?: readonly Element[];
  readonly connectionReferences?: readonly Element[];
}): string {
  return xmlDocument(
    element(
      'ImportExportXml',
      [
        ...sections.map((name) => element(name, name === 'Workflows' ? workflows : [])),
        ...(connectors.length > 0 ? [element('Connectors', connectors)] : []),
        ...(connectionReferences.length > 0 ? [element('connectionreferences', connectionReferences)] : []),
        element('Languages', [element('Language', '1033')]),
      ],
      XSI,
    ),
  );
}

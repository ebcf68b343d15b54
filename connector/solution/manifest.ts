import { PREFIX } from './names.ts';
import { element, nil, xmlDocument, type Element } from './xml.ts';

/** A solution that must be imported before another one. */
export interface NeededComponent {
  readonly required: Readonly<Record<string, string>>;
  readonly dependent: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly uniqueName: string;
  readonly displayName: string;
  readonly description: string;
  /** The version consists of four numbers. */
  readonly version: string;
  /** The attributes of each root component: `type`, and `id` or `schemaName`. */
  readonly components: readonly Readonly<Record<string, string>>[];
  readonly needs: readonly NeededComponent[];
}

/** This version of Dataverse is from 2022. Environments accept solutions of older versions. */
const DATAVERSE_VERSION = '9.2.22064.56';
const ENGLISH = '1033';
export const XSI = { 'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance' };

/**
 * `solution.xml`: the name, publisher and components of the solution. The solution is unmanaged, so
 * makers may change the imported components.
 */
export function manifestXml(manifest: Manifest): string {
  const { uniqueName, displayName, description, version, components, needs } = manifest;
  return xmlDocument(
    element(
      'ImportExportXml',
      [
        element('SolutionManifest', [
          element('UniqueName', uniqueName),
          localized(displayName),
          element('Descriptions', [element('Description', [], { description, languagecode: ENGLISH })]),
          element('Version', version),
          element('Managed', '0'),
          publisher(),
          element(
            'RootComponents',
            components.map((component) => element('RootComponent', [], { ...component, behavior: '0' })),
          ),
          element(
            'MissingDependencies',
            needs.map(({ required, dependent }) =>
              element('MissingDependency', [element('Required', [], required), element('Dependent', [], dependent)]),
            ),
          ),
        ]),
      ],
      {
        version: DATAVERSE_VERSION,
        SolutionPackageVersion: '9.2',
        languagecode: ENGLISH,
        generatedBy: 'CrmLive',
        ...XSI,
      },
    ),
  );
}

export function localized(description: string): Element {
  return element('LocalizedNames', [element('LocalizedName', [], { description, languagecode: ENGLISH })]);
}

/**
 * The prefix of the publisher's option values: any number from 10,000 to 99,999 that no other
 * publisher uses.
 */
const OPTION_VALUE_PREFIX = '43817';

function publisher(): Element {
  return element('Publisher', [
    element('UniqueName', 'customerinsightstriggers'),
    localized('Customer Insights triggers'),
    element('Descriptions'),
    nil('EMailAddress'),
    nil('SupportingWebsiteUrl'),
    element('CustomizationPrefix', PREFIX),
    element('CustomizationOptionValuePrefix', OPTION_VALUE_PREFIX),
    element('Addresses', ['1', '2'].map(address)),
  ]);
}

/** Two sections that every export contains, both empty. */
function address(number: string): Element {
  const empty = [
    ...['AddressTypeCode', 'City', 'County', 'Country', 'Fax', 'FreightTermsCode', 'ImportSequenceNumber', 'Latitude'],
    ...['Line1', 'Line2', 'Line3', 'Longitude', 'Name', 'PostalCode', 'PostOfficeBox', 'PrimaryContactName'],
    ...['ShippingMethodCode', 'StateOrProvince', 'Telephone1', 'Telephone2', 'Telephone3'],
    ...['TimeZoneRuleVersionNumber', 'UPSZone', 'UTCOffset', 'UTCConversionTimeZoneCode'],
  ];
  return element('Address', [element('AddressNumber', number), ...empty.map(nil)]);
}

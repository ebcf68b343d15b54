import { PREFIX } from './names.ts';
import { element, xmlDocument, type Element } from './xml.ts';

/** A value that the import prompts for, or that has a default. Flows read it as a parameter. */
export interface EnvironmentVariable {
  readonly schemaName: string;
  readonly displayName: string;
  readonly description: string;
  readonly type: 'text' | 'number';
  readonly default?: number;
}

function variable(name: string, rest: Omit<EnvironmentVariable, 'schemaName'>): EnvironmentVariable {
  return { schemaName: `${PREFIX}_${name}`, ...rest };
}

/** The settings of the four flows. The import prompts for each of them once. */
export const variables = {
  instance: variable('Instance', {
    displayName: 'Customer Insights instance',
    description: 'The id of the Customer Insights instance to watch, a GUID. The operator of the service knows it.',
    type: 'text',
  }),
  segment: variable('Segment', {
    displayName: 'Segment',
    description: 'The name of the segment to watch. If it is unknown, the error lists similar names.',
    type: 'text',
  }),
  threshold: variable('SegmentThreshold', {
    displayName: 'Segment threshold',
    description: 'The flows are called when the number of members rises above this value.',
    type: 'number',
    default: 1000,
  }),
  team: variable('TeamsTeam', {
    displayName: 'Teams team',
    description: 'The id of the team to post to: the value of groupId in the link to its channel.',
    type: 'text',
  }),
  channel: variable('TeamsChannel', {
    displayName: 'Teams channel',
    description:
      'The id of the channel to post to: what stands between /channel/ and the next slash in the link to it, with : for %3a and @ for %40.',
    type: 'text',
  }),
  owners: variable('DataOwners', {
    displayName: 'Data owners',
    description: 'The e-mail addresses of the recipients, separated by semicolons.',
    type: 'text',
  }),
} as const satisfies Record<string, EnvironmentVariable>;

/** The name of the flow parameter that holds the value of an environment variable. */
export function parameterOf({ displayName, schemaName }: EnvironmentVariable): string {
  return `${displayName} (${schemaName})`;
}

/** The expression with which a flow reads the variable. */
export function readExpressionOf(variable: EnvironmentVariable): string {
  return `@parameters('${parameterOf(variable)}')`;
}

/**
 * The types of the entity `environmentvariabledefinition`
 * (learn.microsoft.com/power-apps/developer/data-platform/reference/entities).
 */
const types = { text: '100000000', number: '100000001' } as const;

export function variableFile({ schemaName }: EnvironmentVariable): string {
  return `environmentvariabledefinitions/${schemaName}/environmentvariabledefinition.xml`;
}

export function variableXml(variable: EnvironmentVariable, version: string): string {
  return xmlDocument(
    element(
      'environmentvariabledefinition',
      [
        ...(variable.default === undefined ? [] : [element('defaultvalue', String(variable.default))]),
        label('description', variable.description),
        label('displayname', variable.displayName),
        element('introducedversion', version),
        element('iscustomizable', '1'),
        element('isrequired', '0'),
        element('secretstore', '0'),
        element('type', types[variable.type]),
      ],
      { schemaname: variable.schemaName },
    ),
  );
}

function label(name: string, description: string): Element {
  return element(name, [element('label', [], { description, languagecode: '1033' })], { default: description });
}

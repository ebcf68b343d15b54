import { PREFIX } from './names.ts';
import { element, xmlDocument, type Element } from './xml.ts';

/** A value that the import asks for, or that is taken as it stands here. Flows read it as a parameter. */
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

/** What the four flows have to know of where they are. Whoever imports them is asked once for all. */
export const variables = {
  instance: variable('Instance', {
    displayName: 'Customer Insights instance',
    description: 'The id of the Customer Insights instance to watch, a GUID. The operator of the service knows it.',
    type: 'text',
  }),
  segment: variable('Segment', {
    displayName: 'Segment',
    description: 'The name of the segment to watch. When it is not known, the answer names those that are like it.',
    type: 'text',
  }),
  threshold: variable('SegmentThreshold', {
    displayName: 'Segment threshold',
    description: 'The flows are called when the segment has more members than this, and had not before.',
    type: 'number',
    default: 1000,
  }),
  team: variable('TeamsTeam', {
    displayName: 'Teams team',
    description: 'The id of the team to post to: what stands after groupId= in the link to its channel.',
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
    description: 'The addresses of those who are mailed, with a semicolon between two.',
    type: 'text',
  }),
} as const satisfies Record<string, EnvironmentVariable>;

/** The name of a flow's parameter that has the value of an environment variable. */
export function parameterOf({ displayName, schemaName }: EnvironmentVariable): string {
  return `${displayName} (${schemaName})`;
}

/** How a flow reads it. */
export function valueOf(variable: EnvironmentVariable): string {
  return `@parameters('${parameterOf(variable)}')`;
}

/** Types of environment variables (learn.microsoft.com/power-apps/developer/data-platform/reference/entities/environmentvariabledefinition). */
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

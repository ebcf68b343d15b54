import type { Connector } from './connector.ts';
import { answerSchema, operationsWhere, parameterLocations, locationsWhere, schemaLocations } from './locations.ts';
import type { Rule } from './rule.ts';
import { isTrigger } from './webhook-rules.ts';

const MAX_SUMMARY = 80;
const URL = /https?:\/\//i;

/**
 * Rules for texts of operations
 * (learn.microsoft.com/connectors/custom-connectors/connector-string-guidance and
 * coding-standards).
 */
const operationTexts: readonly Rule[] = [
  {
    id: 'OperationSummaryMissing',
    says: 'Every operation has a summary.',
    find: (connector) => operationsWhere(connector, ({ operation }) => !operation.summary),
  },
  {
    id: 'OperationSummaryTooLong',
    says: `A summary has ${MAX_SUMMARY} characters at most.`,
    find: (connector) => operationsWhere(connector, ({ operation }) => operation.summary.length > MAX_SUMMARY),
  },
  {
    id: 'RestrictedCharactersInSummary',
    says: 'A summary is made of letters, digits, spaces and parentheses.',
    find: (connector) => operationsWhere(connector, ({ operation }) => /[^A-Za-z0-9 ()]/.test(operation.summary)),
  },
  {
    id: 'SummaryNotInSentenceCase',
    says: 'In a summary the first word has a capital letter, and no other but an abbreviation.',
    find: (connector) =>
      operationsWhere(connector, ({ operation }) => !/^[A-Z]\S*( ([^A-Z ]\S*|[A-Z0-9]+))*$/.test(operation.summary)),
  },
  {
    id: 'TriggerSummaryForm',
    says: 'The summary of a trigger begins with "When a".',
    find: (connector) =>
      operationsWhere(connector, (located) => isTrigger(located) && !/^When an? /.test(located.operation.summary)),
  },
  {
    id: 'TriggerDescriptionForm',
    says: 'The description of a trigger begins with "This operation triggers when".',
    find: (connector) =>
      operationsWhere(
        connector,
        (located) => isTrigger(located) && !located.operation.description.startsWith('This operation triggers when '),
      ),
  },
  {
    id: 'ActionSummaryForm',
    says: 'The summary of an action begins with what it does, and that of a list with "List".',
    find: (connector) =>
      operationsWhere(connector, (located) => {
        if (isTrigger(located)) return false;
        const answered = Object.values(answerSchema(located)?.properties ?? {});
        const visible = answered.filter((schema) => schema['x-ms-visibility'] !== 'internal');
        const verbs =
          visible.length === 1 && visible[0]?.type === 'array'
            ? /^List /
            : /^(Get an? |Create an? |Update an? |Delete an? |Send an? |Preview an? |Unsubscribe from )/;
        return !verbs.test(located.operation.summary);
      }),
  },
  {
    id: 'OperationDescriptionMissing',
    says: 'Every operation is described by a sentence with its punctuation.',
    find: (connector) => operationsWhere(connector, ({ operation }) => !isSentence(operation.description)),
  },
  {
    id: 'OperationDescriptionIsSummary',
    says: 'A description says more than the summary.',
    find: (connector) =>
      operationsWhere(
        connector,
        ({ operation: { summary, description } }) =>
          summary.toLowerCase() === description.toLowerCase().replace(/\W+$/, ''),
      ),
  },
];

/** Rules for texts of parameters and properties. */
const inputTexts: readonly Rule[] = [
  {
    id: 'ParameterSummaryMissing',
    says: 'Every parameter has a name to show.',
    find: (connector) => locationsWhere(parameterLocations(connector), ({ parameter }) => !parameter['x-ms-summary']),
  },
  {
    id: 'PropertyTitleMissing',
    says: 'Every property of a body, an answer or a notification has a name to show.',
    find: (connector) =>
      locationsWhere(schemaLocations(connector), ({ property, schema }) => property !== undefined && !schema.title),
  },
  {
    id: 'TitleNotInTitleCase',
    says: 'Every word of a name to show has a capital letter, but for small ones.',
    find: (connector) => names(connector).filter((name) => !/^[A-Z]\S*( ([A-Z]\S*|of|in|by|to|from))*$/.test(name)),
  },
  {
    id: 'FieldLengthOutOfRange',
    says: `A name to show has ${MAX_SUMMARY} characters at most.`,
    find: (connector) => names(connector).filter((name) => name.length > MAX_SUMMARY),
  },
  {
    id: 'ParameterDescriptionMissing',
    says: 'Every parameter is described by a sentence with its punctuation.',
    find: (connector) =>
      locationsWhere(parameterLocations(connector), ({ parameter }) => !isSentence(parameter.description)),
  },
  {
    id: 'PropertyDescriptionMissing',
    says: 'Every property of a body, an answer or a notification is described by a sentence with its punctuation.',
    find: (connector) =>
      locationsWhere(
        schemaLocations(connector),
        ({ property, schema }) => property !== undefined && !isSentence(schema.description),
      ),
  },
];

/** Rules for all texts. */
const anyTexts: readonly Rule[] = [
  {
    id: 'ValueMustEndWithAlphanumeric',
    says: 'Titles, summaries and names to show end in a letter, a digit or a parenthesis.',
    find: (connector) =>
      [connector.definition.info.title, ...summaries(connector), ...names(connector)].filter(
        (text) => !/[A-Za-z0-9)]$/.test(text),
      ),
  },
  {
    id: 'DescriptionHasUrl',
    says: 'No description has an address in it.',
    find: (connector) => descriptions(connector).filter((text) => URL.test(text)),
  },
  {
    id: 'ValueMustBeInEnglish',
    says: 'Texts are in English, which here means in plain ASCII.',
    find: (connector) =>
      [...summaries(connector), ...names(connector), ...descriptions(connector)].filter((text) =>
        /[^\x20-\x7e]/.test(text),
      ),
  },
];

export const textRules: readonly Rule[] = [...operationTexts, ...inputTexts, ...anyTexts];

function isSentence(text = ''): boolean {
  return /^[A-Z].*[.!?]$/.test(text);
}

function summaries(connector: Connector): string[] {
  return operationsTexts(connector, 'summary');
}

function names(connector: Connector): string[] {
  return [
    ...parameterLocations(connector).flatMap(({ parameter }) => parameter['x-ms-summary'] || []),
    ...schemaLocations(connector).flatMap(({ schema }) => schema.title ?? []),
  ];
}

function descriptions(connector: Connector): string[] {
  return [
    connector.definition.info.description,
    ...operationsTexts(connector, 'description'),
    ...parameterLocations(connector).map(({ parameter }) => parameter.description),
    ...schemaLocations(connector).flatMap(({ schema }) => schema.description ?? []),
  ];
}

function operationsTexts(connector: Connector, which: 'summary' | 'description'): string[] {
  return Object.values(connector.definition.paths).flatMap((item) =>
    [item.get, item.put, item.post, item.delete, item.patch].flatMap((operation) => operation?.[which] ?? []),
  );
}

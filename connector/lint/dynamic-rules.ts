import type { LocatedOperation } from '../document/operations.ts';
import type { PlainParameter, Schema } from '../document/swagger-document.ts';
import type { Connector } from './connector.ts';
import {
  answerSchema,
  operationLocations,
  parameterLocations,
  parametersOf,
  locationsWhere,
  schemaLocations,
} from './locations.ts';
import type { Rule } from './rule.ts';

/**
 * Rules for drop-downs and dynamic schemas
 * (learn.microsoft.com/connectors/custom-connectors/openapi-extensions).
 */
export const dynamicRules: readonly Rule[] = [
  {
    id: 'DynamicPairIncomplete',
    says: 'Both designers get the same dynamic data: each extension of the old designer has its counterpart for the new one.',
    find: (connector) =>
      locationsWhere(
        asking(connector),
        ({ input }) =>
          (input['x-ms-dynamic-values'] === undefined) !== (input['x-ms-dynamic-list'] === undefined) ||
          'x-ms-dynamic-schema' in input !== 'x-ms-dynamic-properties' in input,
      ),
  },
  {
    id: 'DynamicPairDiffers',
    says: 'Both designers get the same values.',
    find: (connector) => locationsWhere(asking(connector), ({ questions: [one, other] }) => !alike(one, other)),
  },
  {
    id: 'DynamicOperationUnknown',
    says: 'The operation that is asked exists.',
    find: (connector) => locationsWhere(asked(connector), ({ target }) => target === undefined),
  },
  {
    id: 'DynamicPathMissing',
    says: 'A drop-down says where the entries are, and what of each is its value and its title.',
    find: (connector) =>
      locationsWhere(
        asked(connector),
        ({ question }) => !question.schemaPath && !(question.listPath && question.valuePath && question.titlePath),
      ),
  },
  {
    id: 'InvokedOperationShouldProduceArray',
    says: 'The operation that fills a drop-down answers an array there, whose entries have value and title.',
    find: (connector) =>
      locationsWhere(asked(connector), ({ question, target }) => {
        if (target === undefined || question.schemaPath !== undefined) return false;
        const entries = answerSchema(target)?.properties?.[question.listPath ?? ''];
        const entry = entries?.items?.properties ?? {};
        return (
          entries?.type !== 'array' ||
          [question.valuePath, question.titlePath].some((path) => !Object.hasOwn(entry, path ?? ''))
        );
      }),
  },
  {
    id: 'InvokedOperationShouldProduceSchema',
    says: 'The operation that is asked for a schema answers an object there.',
    find: (connector) =>
      locationsWhere(
        asked(connector),
        ({ question: { schemaPath }, target }) =>
          target !== undefined &&
          schemaPath !== undefined &&
          answerSchema(target)?.properties?.[schemaPath]?.type !== 'object',
      ),
  },
  {
    id: 'DynamicParameterUnknown',
    says: 'The operation that is asked gets all that it requires and nothing else.',
    find: (connector) =>
      locationsWhere(asked(connector), ({ question, target }) => {
        const parameters = target === undefined ? [] : parametersOf(target);
        const given = Object.keys(question.references);
        return (
          given.some((name) => !parameters.some((parameter) => parameter.name === name)) ||
          parameters.some(({ required, name }) => required && !given.includes(name))
        );
      }),
  },
  {
    id: 'DynamicReferenceUnknown',
    says: 'Each parameter of a dynamic operation refers to a visible input of the same request.',
    find: (connector) =>
      locationsWhere(asked(connector), ({ question, operation }) =>
        Object.values(question.references).some((reference) => !isVisibleInput(operation, reference)),
      ),
  },
  {
    id: 'DynamicExtensionDefinitionNotAllowedInParameter',
    says: 'A body as a whole is no drop-down: its schema or a property of it is.',
    find: (connector) =>
      operationLocations(connector).flatMap((operation) =>
        parametersOf(operation).flatMap((parameter) =>
          parameter.in === 'body' && Object.keys(parameter).some((key) => key.startsWith('x-ms-dynamic'))
            ? [operation.operation.operationId]
            : [],
        ),
      ),
  },
];

/** A request of a designer, independent of the old and the new form. */
interface Question {
  readonly form: 'old' | 'new';
  readonly operationId: string;
  readonly references: Readonly<Record<string, string>>;
  readonly listPath?: string;
  readonly valuePath?: string;
  readonly titlePath?: string;
  readonly schemaPath?: string;
}

interface Asking {
  readonly location: string;
  readonly input: PlainParameter | Schema;
  readonly operation: LocatedOperation;
  readonly questions: readonly Question[];
}

/**
 * Every location with a drop-down or dynamic schema, with its request in the old and in the new
 * form.
 */
function asking(connector: Connector): Asking[] {
  const inputs = [
    ...parameterLocations(connector).map(({ location, parameter, operation }) => ({
      location,
      input: parameter,
      operation,
    })),
    ...schemaLocations(connector).map(({ location, schema, operation }) => ({ location, input: schema, operation })),
  ];
  return inputs
    .map((each) => ({ ...each, questions: questionsOf(each.input) }))
    .filter(({ questions }) => questions.length > 0);
}

/** Each request with the operation that it calls. */
function asked(connector: Connector): (Asking & { question: Question; target: LocatedOperation | undefined })[] {
  const operations = operationLocations(connector);
  return asking(connector).flatMap((each) =>
    each.questions.map((question) => ({
      ...each,
      question,
      target: operations.find(({ operation }) => operation.operationId === question.operationId),
    })),
  );
}

function questionsOf(input: PlainParameter | Schema): Question[] {
  const { 'x-ms-dynamic-values': values, 'x-ms-dynamic-list': list } = input;
  const schema: Schema = 'in' in input ? {} : input;
  const { 'x-ms-dynamic-schema': old, 'x-ms-dynamic-properties': properties } = schema;
  const named = (parameters: Readonly<Record<string, { parameter: string }>> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(parameters).map(([name, { parameter }]) => [name, parameter]));
  const referring = (
    parameters: Readonly<Record<string, { parameterReference: string }>> = {},
  ): Record<string, string> =>
    Object.fromEntries(Object.entries(parameters).map(([name, { parameterReference }]) => [name, parameterReference]));
  return [
    ...(values
      ? [
          {
            form: 'old' as const,
            operationId: values.operationId,
            references: named(values.parameters),
            listPath: values['value-collection'],
            valuePath: values['value-path'],
            titlePath: values['value-title'],
          },
        ]
      : []),
    ...(list
      ? [
          {
            form: 'new' as const,
            operationId: list.operationId,
            references: referring(list.parameters),
            listPath: list.itemsPath,
            valuePath: list.itemValuePath,
            titlePath: list.itemTitlePath,
          },
        ]
      : []),
    ...(old
      ? [
          {
            form: 'old' as const,
            operationId: old.operationId,
            references: named(old.parameters),
            schemaPath: old['value-path'],
          },
        ]
      : []),
    ...(properties
      ? [
          {
            form: 'new' as const,
            operationId: properties.operationId,
            references: referring(properties.parameters),
            schemaPath: properties.itemValuePath,
          },
        ]
      : []),
  ];
}

function alike(one: Question | undefined, other: Question | undefined): boolean {
  if (one === undefined || other === undefined) return true;
  const plain = ({ form: _, references, ...rest }: Question): string =>
    JSON.stringify([rest, Object.entries(references).map(([name, reference]) => [name, lastPart(reference)])]);
  return plain(one) === plain(other);
}

/** In the old form, `instanceId` may also mean a property of the body. */
function isVisibleInput(operation: LocatedOperation, reference: string): boolean {
  const inputs = parametersOf(operation).flatMap((parameter): [string, string | undefined][] =>
    parameter.in === 'body'
      ? Object.entries(parameter.schema.properties ?? {}).flatMap(([name, schema]): [string, string | undefined][] => [
          [name, schema['x-ms-visibility']],
          [`body/${name}`, schema['x-ms-visibility']],
        ])
      : [[parameter.name, parameter['x-ms-visibility']]],
  );
  return inputs.some(([name, visibility]) => name === reference && visibility !== 'internal');
}

function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

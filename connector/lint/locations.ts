import { operationsOf, type LocatedOperation } from '../document/operations.ts';
import type { Parameter, PlainParameter, Schema } from '../document/swagger-document.ts';
import type { Connector } from './connector.ts';

/** A schema somewhere in the definition. */
export interface SchemaLocation {
  /** The location as a finding shows it, such as `GetItems 200 value items`. */
  readonly location: string;
  readonly part: 'body' | 'response' | 'notification';
  /** The name of the property, if the schema is one. */
  readonly property: string | undefined;
  readonly schema: Schema;
  readonly operation: LocatedOperation;
  /** Whether the schema and all its ancestors are required. */
  readonly required: boolean;
  /** Whether the schema or one of its ancestors is internal. */
  readonly internal: boolean;
  /** The number of ancestors. */
  readonly depth: number;
}

export interface ParameterLocation {
  readonly location: string;
  readonly parameter: PlainParameter;
  readonly operation: LocatedOperation;
}

export function operationLocations({ definition }: Connector): LocatedOperation[] {
  return operationsOf(definition);
}

/** All parameters except bodies. */
export function parameterLocations(connector: Connector): ParameterLocation[] {
  return operationLocations(connector).flatMap((operation) =>
    parametersOf(operation).flatMap((parameter) =>
      parameter.in === 'body'
        ? []
        : [{ location: `${operation.operation.operationId} ${parameter.name}`, parameter, operation }],
    ),
  );
}

export function parametersOf({ operation }: LocatedOperation): readonly Parameter[] {
  return operation.parameters ?? [];
}

/** Every schema of every body, response and notification. Ancestors come first. */
export function schemaLocations(connector: Connector): SchemaLocation[] {
  return operationLocations(connector).flatMap((operation) => {
    const { operationId, responses } = operation.operation;
    const root = { operation, property: undefined, required: true, internal: false, depth: 0 } as const;
    const notification = operation.item['x-ms-notification-content'];
    return [
      ...parametersOf(operation).flatMap((parameter) =>
        parameter.in === 'body'
          ? within({ ...root, location: `${operationId} body`, part: 'body', schema: parameter.schema })
          : [],
      ),
      ...Object.entries(responses).flatMap(([status, { schema }]) =>
        schema ? within({ ...root, location: `${operationId} ${status}`, part: 'response', schema }) : [],
      ),
      ...(notification
        ? within({
            ...root,
            location: `${operationId} notification`,
            part: 'notification',
            schema: notification.schema,
          })
        : []),
    ];
  });
}

function within(parent: SchemaLocation): SchemaLocation[] {
  const { schema } = parent;
  const internal = parent.internal || schema['x-ms-visibility'] === 'internal';
  const inner = (more: Pick<SchemaLocation, 'property' | 'schema' | 'required' | 'location'>): SchemaLocation[] =>
    within({ ...parent, ...more, internal, depth: parent.depth + 1 });
  return [
    { ...parent, internal },
    ...Object.entries(schema.properties ?? {}).flatMap(([property, each]) =>
      inner({
        property,
        schema: each,
        required: parent.required && (schema.required?.includes(property) ?? false),
        location: `${parent.location} ${property}`,
      }),
    ),
    ...(schema.items
      ? inner({
          property: undefined,
          schema: schema.items,
          required: parent.required,
          location: `${parent.location} items`,
        })
      : []),
  ];
}

/** All parameters and schemas, because both may have a drop-down, a visibility or a default. */
export function inputLocations(connector: Connector): { location: string; input: PlainParameter | Schema }[] {
  return [
    ...parameterLocations(connector).map(({ location, parameter }) => ({ location, input: parameter })),
    ...schemaLocations(connector).map(({ location, schema }) => ({ location, input: schema })),
  ];
}

/** The locations that violate a condition. */
export function locationsWhere<T extends { readonly location: string }>(
  all: readonly T[],
  wrong: (one: T) => boolean,
): string[] {
  return all.filter(wrong).map(({ location }) => location);
}

/** The ids of the operations that violate a condition. */
export function operationsWhere(connector: Connector, wrong: (one: LocatedOperation) => boolean): string[] {
  return operationLocations(connector)
    .filter(wrong)
    .map(({ operation, method, path }) => operation.operationId || `${method} ${path}`);
}

/** The schema of the response to a success. */
export function answerSchema({ operation }: LocatedOperation): Schema | undefined {
  return Object.entries(operation.responses).find(([status]) => status.startsWith('2'))?.[1].schema;
}

/** The texts that occur more than once. */
export function repeated(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text, at) => texts.indexOf(text) !== at))];
}

import { expect } from '@jest/globals';
import { operationsOf, type LocatedOperation } from '../../connector/document/operations.ts';
import type { Parameter, PlainParameter, Schema, SwaggerDocument } from '../../connector/document/swagger-document.ts';

/**
 * What a maker has filled in: parameters by their names, properties of the body as `body/label`,
 * the body as `body`.
 */
export type Inputs = Readonly<Record<string, unknown>>;

export interface Answered {
  readonly status: number;
  readonly location: string | null;
  readonly contentType: string | null;
  /** The JSON value; `undefined` for an empty body. */
  readonly body: unknown;
}

export interface Choice {
  readonly value: unknown;
  readonly title: unknown;
}

/**
 * Power Automate, as far as it follows from the definition: nothing here knows a route of the
 * backend.
 */
export interface Platform {
  readonly operations: readonly LocatedOperation[];
  operation(operationId: string): LocatedOperation;
  /**
   * Runs an operation. Throws for an input that it does not declare, and for a required one that is
   * missing.
   */
  run(operationId: string, inputs?: Inputs, callbackUrl?: string): Promise<Answered>;
  /**
   * What the drop-down of an input offers, given what was filled in before. Both designers must be
   * offered the same.
   */
  choices(operationId: string, input: string, before?: Inputs): Promise<Choice[]>;
  /** The value that the drop-down offers under a title. */
  choose(operationId: string, input: string, title: string, before?: Inputs): Promise<string>;
  /**
   * The schema that the designer gets for a schema that is dynamic. Both designers must get the
   * same.
   */
  dynamicSchema(schema: Schema, inputs: Inputs): Promise<Schema>;
  /** Follows a `Location` or a `nextLink` with the credentials of the connection. */
  follow(method: 'GET' | 'DELETE', address: string): Promise<Answered>;
}

/** A flow's platform with its connector imported. */
export function platformOf(definition: SwaggerDocument): Platform {
  const operations = operationsOf(definition);
  const base = `${definition.schemes.join()}://${definition.host}${definition.basePath}`;

  const operation = (operationId: string): LocatedOperation => {
    const found = operations.find((each) => each.operation.operationId === operationId);
    if (found === undefined) throw new Error(`the definition has no operation ${operationId}`);
    return found;
  };

  const run = async (operationId: string, inputs: Inputs = {}, callbackUrl?: string): Promise<Answered> => {
    const { path, method, operation: declared } = operation(operationId);
    const parameters = declared.parameters ?? [];
    checkInputs(operationId, parameters, inputs);
    const plain = parameters.filter((parameter): parameter is PlainParameter => parameter.in !== 'body');
    const given = (where: PlainParameter['in']): [string, string][] =>
      plain
        .filter((parameter) => parameter.in === where && inputs[parameter.name] !== undefined)
        .map(({ name }) => [name, String(inputs[name])]);
    const url = new URL(base + plain.reduce((so, parameter) => inPath(so, parameter, inputs), path));
    for (const [name, value] of given('query')) url.searchParams.set(name, value);
    const body = parameters
      .map((parameter) => bodyOf(parameter, inputs, callbackUrl))
      .find((each) => each !== undefined);
    return answered(
      await fetch(url, {
        method: method.toUpperCase(),
        headers: [
          ...given('header'),
          ...(body === undefined ? [] : [['content-type', 'application/json'] as [string, string]]),
        ],
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  };

  const choices = async (operationId: string, input: string, before: Inputs = {}): Promise<Choice[]> => {
    const { 'x-ms-dynamic-values': old, 'x-ms-dynamic-list': list } = inputNamed(operation(operationId), input);
    if (old === undefined || list === undefined) throw new Error(`${operationId} ${input} is no drop-down`);
    const asked = await Promise.all([
      run(old.operationId, byName(old.parameters, before)),
      run(list.operationId, byReference(list.parameters, before)),
    ]);
    const [forOld, forNew] = [
      choicesIn(asked[0], old['value-collection'], old['value-path'], old['value-title']),
      choicesIn(asked[1], list.itemsPath, list.itemValuePath, list.itemTitlePath),
    ];
    expect(forNew).toEqual(forOld);
    return forNew;
  };

  return {
    operations,
    operation,
    run,
    choices,
    async choose(operationId, input, title, before) {
      const found = (await choices(operationId, input, before)).find((choice) => choice.title === title);
      if (typeof found?.value !== 'string') throw new Error(`${operationId} ${input} does not offer ${title}`);
      return found.value;
    },
    async dynamicSchema(schema, inputs) {
      const { 'x-ms-dynamic-schema': old, 'x-ms-dynamic-properties': properties } = schema;
      if (old === undefined || properties === undefined) throw new Error('the schema is not dynamic');
      const asked = await Promise.all([
        run(old.operationId, byName(old.parameters, inputs)),
        run(properties.operationId, byReference(properties.parameters, inputs)),
      ]);
      const [forOld, forNew] = [at(asked[0].body, old['value-path']), at(asked[1].body, properties.itemValuePath)];
      expect(forNew).toEqual(forOld);
      return forNew as Schema;
    },
    follow: async (method, address) => answered(await fetch(address, { method })),
  };
}

function checkInputs(operationId: string, parameters: readonly Parameter[], inputs: Inputs): void {
  const declared = parameters.flatMap((parameter) =>
    parameter.in === 'body'
      ? ['body', ...Object.keys(parameter.schema.properties ?? {}).map((name) => `body/${name}`)]
      : [parameter.name],
  );
  const unknown = Object.keys(inputs).filter((name) => !declared.includes(name));
  const missing = parameters.flatMap((parameter) => {
    if (parameter.in !== 'body')
      return parameter.required && inputs[parameter.name] === undefined ? [parameter.name] : [];
    const { properties = {}, required = [] } = parameter.schema;
    return required.filter(
      (name) => inputs[`body/${name}`] === undefined && !properties[name]?.['x-ms-notification-url'],
    );
  });
  if (unknown.length + missing.length > 0) {
    throw new Error(`${operationId}: unknown inputs ${unknown.join()}, missing inputs ${missing.join()}`);
  }
}

function inPath(
  path: string,
  { in: where, name, 'x-ms-url-encoding': encoding }: PlainParameter,
  inputs: Inputs,
): string {
  if (where !== 'path') return path;
  const once = encodeURIComponent(String(inputs[name]));
  return path.replace(`{${name}}`, () => (encoding === 'double' ? encodeURIComponent(once) : once));
}

/** The body with what was filled in, and the callback URL where the definition says. */
function bodyOf(parameter: Parameter, inputs: Inputs, callbackUrl: string | undefined): unknown {
  if (parameter.in !== 'body') return undefined;
  if (inputs['body'] !== undefined) return inputs['body'];
  const properties = Object.entries(parameter.schema.properties ?? {}).flatMap(([name, schema]) => {
    const value = schema['x-ms-notification-url'] === true ? callbackUrl : inputs[`body/${name}`];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(properties);
}

function inputNamed({ operation: { parameters = [] } }: LocatedOperation, input: string): PlainParameter | Schema {
  for (const parameter of parameters) {
    if (parameter.in !== 'body' && parameter.name === input) return parameter;
    const property = parameter.in === 'body' ? parameter.schema.properties?.[input.replace(/^body\//, '')] : undefined;
    if (property !== undefined && input.startsWith('body/')) return property;
  }
  throw new Error(`there is no input ${input}`);
}

/** The old form names a property of the body without its path. */
function byName(parameters: Readonly<Record<string, { parameter: string }>> = {}, inputs: Inputs): Inputs {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { parameter }]) => [name, inputs[parameter] ?? inputs[`body/${parameter}`]]),
  );
}

function byReference(
  parameters: Readonly<Record<string, { parameterReference: string }>> = {},
  inputs: Inputs,
): Inputs {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { parameterReference }]) => [name, inputs[parameterReference]]),
  );
}

function choicesIn({ status, body }: Answered, list: string, value: string, title: string): Choice[] {
  expect(status).toBe(200);
  return (at(body, list) as unknown[]).map((entry) => ({ value: at(entry, value), title: at(entry, title) }));
}

function at(value: unknown, name: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[name];
}

async function answered(response: Response): Promise<Answered> {
  const text = await response.text();
  return {
    status: response.status,
    location: response.headers.get('location'),
    contentType: response.headers.get('content-type'),
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

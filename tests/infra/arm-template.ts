import { runInNewContext } from 'node:vm';

/**
 * What these tests read of a compiled template. Symbolic names are keys, as of language version
 * 2.0.
 */
export interface ArmTemplate {
  readonly resources: Readonly<Record<string, ArmResource>>;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly definitions?: Readonly<Record<string, { readonly properties?: Readonly<Record<string, unknown>> }>>;
  readonly functions?: readonly {
    readonly namespace: string;
    readonly members: Readonly<Record<string, ArmFunction>>;
  }[];
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>;
}

export interface ArmResource {
  readonly type: string;
  readonly '@options'?: Readonly<Record<string, unknown>>;
  readonly name?: string;
  readonly scope?: string;
  readonly copy?: { readonly count: string };
  /** Absent of one that exists already. */
  readonly properties?: Readonly<Record<string, unknown>> & { readonly template?: ArmTemplate };
}

interface ArmFunction {
  readonly parameters: readonly { readonly name: string }[];
  readonly output: { readonly value: string };
}

/** The template and all that are nested in it. */
export function templatesIn(template: ArmTemplate): ArmTemplate[] {
  const nested = Object.values(template.resources).flatMap(({ properties }) => properties?.template ?? []);
  return [template, ...nested.flatMap(templatesIn)];
}

/**
 * Runs a user-defined function of the template as the deployment does. Knows the template functions
 * that ours are written with.
 */
export function armFunction(template: ArmTemplate, name: string): (...values: unknown[]) => unknown {
  const spaces: Record<string, Record<string, (...values: unknown[]) => unknown>> = {};
  for (const { namespace, members } of template.functions ?? []) {
    const space = (spaces[namespace] ??= {});
    for (const [member, { parameters, output }] of Object.entries(members))
      space[member] = (...values) =>
        evaluate(output.value, new Map(parameters.map((parameter, at) => [parameter.name, values[at]])), spaces);
  }
  const found = Object.values(spaces).find((space) => name in space)?.[name];
  if (found === undefined) throw new Error(`The template has no function ${name}.`);
  return found;
}

type Lambda = (value: unknown) => unknown;

/** An expression of a template is one of JavaScript, but for its lambdas. */
function evaluate(
  expression: string,
  parameters: ReadonlyMap<string, unknown>,
  spaces: Readonly<Record<string, unknown>>,
): unknown {
  const variables = new Map<string, unknown>();
  const script = expression.replace(/^\[(.*)\]$/s, '$1').replaceAll(/lambda\('(\w+)', /g, `lambda('$1', () => `);
  return runInNewContext(script, {
    ...spaces,
    parameters: (name: string) => parameters.get(name),
    lambdaVariables: (name: string) => variables.get(name),
    lambda:
      (name: string, body: () => unknown): Lambda =>
      (value) => {
        variables.set(name, value);
        return body();
      },
    map: (values: readonly unknown[], lambda: Lambda) => values.map((value) => lambda(value)),
    range: (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at),
    join: (values: readonly unknown[], by: string) => values.join(by),
    split: (text: string, by: string) => text.split(by),
    replace: (text: string, from: string, to: string) => text.replaceAll(from, to),
    toLower: (text: string) => text.toLowerCase(),
    substring: (text: string, from: number, length: number) => text.substring(from, from + length),
    indexOf: (text: string, part: string) => text.indexOf(part),
    format: (text: string, ...values: unknown[]) =>
      text.replaceAll(/\{(\d+)\}/g, (_, at: string) => String(values[Number(at)])),
    add: (one: number, other: number) => one + other,
    mul: (one: number, other: number) => one * other,
    div: (one: number, other: number) => Math.trunc(one / other),
    mod: (one: number, other: number) => one % other,
  });
}

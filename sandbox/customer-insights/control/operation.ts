import { Type } from '@sinclair/typebox';
import type { Static, TObject, TProperties } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { RefusedError } from '../state/refused-error.ts';
import type { SandboxModel } from '../model.ts';

/**
 * One thing the control API can do. Over HTTP its input is the named parts of the path and the body's properties together;
 * in the process it is one object. Both go through the same schema.
 */
export interface Operation<Input extends TObject, Result> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below `/control`. */
  readonly path: string;
  readonly input: Input;
  /** Does it, and gives a copy of what became. Throws `RefusedError`: 400 for an input the schema does not allow. */
  readonly invoke: (model: SandboxModel, given: unknown) => Result;
}

/** Makes an operation of a function that may rely on its schema. */
export function operation<Input extends TObject, Result>({
  run,
  ...operation
}: Omit<Operation<Input, Result>, 'invoke'> & {
  readonly run: (model: SandboxModel, input: Static<Input>) => Result;
}): Operation<Input, Result> {
  return { ...operation, invoke: (model, given) => structuredClone(run(model, checked(operation.input, given))) };
}

function checked<Input extends TObject>(schema: Input, given: unknown): Static<Input> {
  if (Value.Check(schema, given)) return given;
  const fault = Value.Errors(schema, given).First();
  throw new RefusedError(400, `${fault?.path ?? ''} ${fault?.message ?? 'not allowed'}`.trim());
}

/** An input schema that refuses properties it does not know, so that a misspelt one is noticed. */
export function inputOf<Properties extends TProperties>(properties: Properties): TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false });
}

import { Type } from '@sinclair/typebox';
import type { Static, TObject, TProperties } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { RefusedError } from '../state/refused-error.ts';
import type { SandboxModel } from '../model.ts';

/**
 * One operation of the control API. Over HTTP, its input combines the path parameters and the
 * properties of the body. Within the process, its input is one object. Both are checked with the
 * same schema.
 */
export interface Operation<Input extends TObject, Result> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path below `/control`. */
  readonly path: string;
  readonly input: Input;
  /**
   * Performs the operation and returns a copy of the result. Throws `RefusedError`, with 400 for an
   * input that the schema does not allow.
   */
  readonly invoke: (model: SandboxModel, given: unknown) => Result;
}

/**
 * Creates an operation from a function. The function receives only inputs that have passed the
 * schema.
 */
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

/** An input schema that rejects unknown properties, so that a misspelt property is noticed. */
export function inputOf<Properties extends TProperties>(properties: Properties): TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false });
}

import type { Static, TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { BodyError } from './problem.ts';

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
// The package's types describe its CommonJS shape; under Node's ESM the function is the default export of the default export.
const withFormats = (addFormats as unknown as { default?: typeof addFormats.default }).default ?? addFormats;
(withFormats as unknown as (target: Ajv, formats: string[]) => void)(ajv, ['uuid', 'date-time']);

/** Checks `input` against a schema; what passed has the schema's type. */
export type Validator<T> = (input: unknown) => { kind: 'valid'; value: T } | { kind: 'invalid'; errors: BodyError[] };

/** Compiles a schema once. Unknown properties are refused where the schema says so; nothing is coerced or filled in. */
export function validatorOf<S extends TSchema>(schema: S): Validator<Static<S>> {
  const check = ajv.compile<Static<S>>(schema);
  return (input) =>
    check(input)
      ? { kind: 'valid', value: input }
      : { kind: 'invalid', errors: (check.errors ?? []).slice(0, 20).map(bodyError) };
}

function bodyError(error: ErrorObject): BodyError {
  switch (error.keyword) {
    case 'additionalProperties':
      return at(error, String(error.params['additionalProperty']), 'is not a known property');
    case 'required':
      return at(error, String(error.params['missingProperty']), 'is required');
    default:
      return { pointer: error.instancePath, message: error.message ?? 'is not valid' };
  }
}

function at(error: ErrorObject, property: string, message: string): BodyError {
  const token = property.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1');
  return { pointer: `${error.instancePath}/${token}`, message };
}

import type { Static, TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { BodyError } from './problem.ts';

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
// Node's ESM wraps the CommonJS function once more than the types say; Jest does not.
const { default: add } = addFormats as unknown as { default?: AddFormats };
(add ?? (addFormats as unknown as AddFormats))(ajv, ['date-time']);
// That of ajv-formats takes `urn:uuid:…` too, which no part of Customer Insights does.
ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
type AddFormats = (target: Ajv, formats: readonly string[]) => void;

/** Checks `input` against a schema; what passed has the schema's type. */
export type Validator<T> = (input: unknown) => { kind: 'valid'; value: T } | { kind: 'invalid'; errors: BodyError[] };

/** Compiles a schema once. Unknown properties are refused where the schema says so; nothing is coerced or filled in. */
export function validatorOf<S extends TSchema>(schema: S): Validator<Static<S>> {
  let compiled: ValidateFunction<Static<S>> | undefined;
  return (input) => {
    const check = (compiled ??= ajv.compile<Static<S>>(schema));
    return check(input)
      ? { kind: 'valid', value: input }
      : { kind: 'invalid', errors: (check.errors ?? []).slice(0, 20).map(bodyError) };
  };
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

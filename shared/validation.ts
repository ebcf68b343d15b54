import type { Static, TObject, TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { bodyError, type BodyFault } from './body-error.ts';

/** Created with the first check, because that takes longer than loading most modules. */
let compiler: Ajv | undefined;

function createCompiler(): Ajv {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, verbose: true });
  // In Node, the ESM import wraps the CommonJS function once more than the types say. Jest does
  // not.
  const { default: add } = addFormats as unknown as { default?: AddFormats };
  (add ?? (addFormats as unknown as AddFormats))(ajv, ['date-time']);
  // The `uuid` of ajv-formats also allows `urn:uuid:…`, which Customer Insights rejects.
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
  return ajv;
}
type AddFormats = (target: Ajv, formats: readonly string[]) => void;

/** Checks `input` against a schema. A valid value has the schema's type. */
export type Validator<T> = (input: unknown) => { kind: 'valid'; value: T } | { kind: 'invalid'; errors: BodyFault[] };

/**
 * Compiles a schema once. Unknown properties are refused where the schema says so. Values are not
 * coerced, and defaults are not filled in.
 */
export function validatorOf<S extends TSchema>(schema: S): Validator<Static<S>> {
  let compiled: ValidateFunction<Static<S>> | undefined;
  return (input) => {
    const check = (compiled ??= (compiler ??= createCompiler()).compile<Static<S>>(schema));
    return check(input)
      ? { kind: 'valid', value: input }
      : { kind: 'invalid', errors: (check.errors ?? []).slice(0, 20).map(bodyError) };
  };
}

/**
 * Properties that are not trimmed: a callback URL is kept byte for byte, and blanks may belong to a
 * name or label.
 */
const verbatim: ReadonlySet<string> = new Set(['callbackUrl', 'segmentName', 'measureName', 'label']);

/**
 * A validator for input that people or flow definitions write. Blanks around an id are ignored. An
 * empty box is stored as `""` or `null`, so an optional property of the object with such a value
 * counts as absent.
 */
export function inputValidatorOf<S extends TObject>(schema: S): Validator<Static<S>> {
  const validate = validatorOf(schema);
  const required = new Set(schema.required ?? []);
  const isEmptyBox = ([name, value]: [string, unknown]): boolean =>
    Object.hasOwn(schema.properties, name) &&
    !required.has(name) &&
    ((typeof value === 'string' && value.trim() === '') || value === null);
  return (input) => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return validate(input);
    const trimmed = Object.entries(input).map(([name, value]: [string, unknown]): [string, unknown] =>
      typeof value === 'string' && !verbatim.has(name) ? [name, value.trim()] : [name, value],
    );
    return validate(Object.fromEntries(trimmed.filter((entry) => !isEmptyBox(entry))));
  };
}

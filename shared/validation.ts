import type { Static, TObject, TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { bodyError, type BodyFault } from './body-error.ts';

/**
 * Created by the first check rather than on import, because creating it takes longer than loading
 * most modules.
 */
let compiler: Ajv | undefined;

function createCompiler(): Ajv {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, verbose: true });
  // Node's ESM import of this CommonJS module wraps the function in one more `default` than its
  // types say. Jest's import does not.
  const { default: add } = addFormats as unknown as { default?: AddFormats };
  (add ?? (addFormats as unknown as AddFormats))(ajv, ['date-time']);
  // The `uuid` of ajv-formats also allows `urn:uuid:…`, which Customer Insights rejects.
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
  return ajv;
}
type AddFormats = (target: Ajv, formats: readonly string[]) => void;

/** Checks a value against a schema. */
export type Validator<T> = (input: unknown) => { kind: 'valid'; value: T } | { kind: 'invalid'; errors: BodyFault[] };

/**
 * Returns a validator that compiles the schema once. It refuses unknown properties if the schema
 * says so. It does not convert values or fill in defaults.
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
 * The properties that `inputValidatorOf` does not trim. A callback URL is kept byte for byte, and
 * spaces may belong to a name or label.
 */
const verbatim: ReadonlySet<string> = new Set(['callbackUrl', 'segmentName', 'measureName', 'label']);

/**
 * A validator for input from people and flow definitions. It trims texts, except those that must
 * stay as they are. Power Automate sends an empty input box as `""` or `null`, so an optional
 * top-level property with such a value counts as absent.
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

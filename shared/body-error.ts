import type { ErrorObject } from 'ajv';
import { cardSentence } from './card-sentence.ts';
import { labelOf } from './input-labels.ts';
import { refusal, type BodyError, type Refusal } from './problem.ts';
import { shownValue } from './shown-value.ts';

/**
 * An error in a request body. `sentence` tells a flow maker what to do, in the words of Power
 * Automate's cards. Absent when `message` is sufficient.
 */
export interface BodyFault extends BodyError {
  readonly sentence?: string | undefined;
}

/**
 * Converts an Ajv error (created with the option `verbose`) to a `BodyFault`. The property's name
 * and the message together form a sentence.
 */
export function bodyError(error: ErrorObject): BodyFault {
  return { ...positionAndMessage(error), sentence: cardSentence(error) };
}

function positionAndMessage(error: ErrorObject): BodyError {
  const { keyword, data, instancePath: pointer } = error;
  const params = error.params as Readonly<Record<string, unknown>>;
  const limit = Number(params['limit']);
  switch (keyword) {
    case 'additionalProperties':
      return at(error, String(params['additionalProperty']), `is not a known property: leave it out${inputsOf(error)}`);
    case 'required':
      return at(error, String(params['missingProperty']), 'is required');
    case 'type': {
      const expected = wholeNumberRange(error) ?? types[String(params['type'])] ?? String(params['type']);
      return {
        pointer,
        message: `must be ${expected}; it was ${shownValue(data)}${adviceOnNumberText(expected, data)}`,
      };
    }
    case 'format': {
      if (data === '') return { pointer, message: 'must not be empty' };
      const expected = formats[String(params['format'])] ?? String(params['format']);
      return { pointer, message: `must be ${expected}; it was ${shownValue(data)}` };
    }
    case 'minLength':
      return { pointer, message: limit === 1 ? 'must not be empty' : `must have at least ${limit} characters` };
    case 'maxLength':
      return { pointer, message: `must have at most ${limit} characters; it had ${String(data).length}` };
    case 'minimum':
      return {
        pointer,
        message: `must be ${wholeNumberRange(error) ?? `${limit} or more`}; it was ${shownValue(data)}`,
      };
    case 'maximum':
      return {
        pointer,
        message: `must be ${wholeNumberRange(error) ?? `${limit} or less`}; it was ${shownValue(data)}`,
      };
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String).join(', ');
      return { pointer, message: `must be one of ${allowed}; it was ${shownValue(data)}` };
    }
    case 'pattern': {
      const message = patterns[String(params['pattern'])] ?? error.message ?? 'is not valid';
      return { pointer, message };
    }
    default:
      return { pointer, message: error.message ?? 'is not valid' };
  }
}

const types: Readonly<Record<string, string>> = {
  number: 'a number, such as 1500',
  integer: 'a whole number, such as 7',
  string: 'text',
  boolean: 'true or false',
  object: 'one JSON object',
};

const patterns: Readonly<Record<string, string>> = {
  '^[^*]*$': 'must not have a * in it: leave it empty for any data source',
};

/**
 * Describes the range of a whole number with a minimum and a maximum. `undefined` for any other
 * schema.
 */
function wholeNumberRange({ parentSchema }: ErrorObject): string | undefined {
  const { type, minimum, maximum } = (parentSchema ?? {}) as Readonly<Record<string, unknown>>;
  if (type !== 'integer' || typeof minimum !== 'number' || typeof maximum !== 'number') return undefined;
  return `a whole number from ${minimum} to ${maximum}`;
}

/**
 * Lists the properties of the schema except `callbackUrl`, which Power Automate fills in. Empty
 * when the schema lists none.
 */
function inputsOf({ parentSchema }: ErrorObject): string {
  const properties = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
  const names = properties.filter((name) => name !== 'callbackUrl');
  return names.length === 0 ? '' : ` (there are ${names.join(', ')})`;
}

/** Advice for a number that was sent as a text. Empty for any other value. */
function adviceOnNumberText(expected: string, data: unknown): string {
  if (expected !== types['number'] || typeof data !== 'string' || !/^[\d.,'\s+-]+$/.test(data)) return '';
  // The card of a trigger or action converts digits to a number. A text that is a plain number was
  // therefore typed in quotes, or it comes from an expression.
  const isPlain = /^-?\d+(\.\d+)?$/.test(data.trim());
  const typed = isPlain ? 'If you typed it, remove the quotes' : 'Write digits only, with a point before decimals';
  return `. ${typed}. If it comes from an expression or from dynamic content, put float( ) around that, which reads 1,500 as 1500; for a text with a decimal comma, add the language, such as float(…, 'de-DE')`;
}

const formats: Readonly<Record<string, string>> = {
  uuid: 'a GUID, such as 0f1e2d3c-4b5a-4968-8776-655443322110',
  'date-time': 'an ISO 8601 timestamp with a time zone, such as 2026-11-30T10:32:00Z',
};

function at(error: ErrorObject, property: string, message: string): BodyError {
  const token = property.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1');
  return { pointer: `${error.instancePath}/${token}`, message };
}

/**
 * The refusal of a request body. `errors` has the first error at each position. `detail` has the
 * first three of these as sentences, which name inputs by their labels.
 */
export function bodyRefusal(faults: readonly BodyFault[]): Refusal {
  const positions = new Set(faults.map(({ pointer }) => pointer));
  const first = [...positions].flatMap((pointer) => faults.find((fault) => fault.pointer === pointer) ?? []);
  const sentences = first
    .slice(0, 3)
    .map(({ pointer, message, sentence }) => sentence ?? `${subjectOf(pointer)} ${message}.`);
  const more = first.length - sentences.length;
  const rest = more > 0 ? [more === 1 ? 'There is 1 more mistake.' : `There are ${more} more mistakes.`] : [];
  const errors = first.map(({ pointer, message }) => ({ pointer, message }));
  return refusal('body-invalid', [...sentences, ...rest].join(' '), { errors });
}

/** How a sentence names the property at `pointer`. */
function subjectOf(pointer: string): string {
  if (pointer === '') return 'The body';
  const name = pointer.slice(1);
  // A property name may be anything, including a callback URL, so only plain names are repeated.
  return labelOf(name) ?? (/^[\w.$-]{1,40}$/.test(name) ? name : 'One property');
}

import { expectedInstance } from '../shared/card-sentence.ts';
import { labelOf } from '../shared/input-labels.ts';
import { joinedWithAnd } from '../shared/joined-words.ts';
import { nearestNames, nearestSentence } from '../shared/nearest-names.ts';
import { refusal, type Refusal } from '../shared/problem.ts';
import { shownText } from '../shared/shown-value.ts';
import { isTrigger, triggerNames, type Trigger } from '../shared/triggers/trigger.ts';

/**
 * Refuses a query parameter that the call does not accept. Otherwise a misspelt filter would be
 * ignored. The parameter `code`, in upper or lower case, is always accepted, because callers send
 * their Azure function key in it. The message uses the names of parameters, not the labels on Power
 * Automate's cards, because only a hand-written call can have an unknown parameter.
 */
export function unknownParameter(query: URLSearchParams, known: readonly string[]): Refusal | undefined {
  const unknown = [...query.keys()].find((name) => !known.includes(name) && name.toLowerCase() !== 'code');
  if (unknown === undefined) return undefined;
  // A query may contain secrets, such as parts of a callback URL. Only text that looks like a name
  // is repeated in the response.
  const isPlain = /^[$\w.-]{1,40}$/.test(unknown);
  const subject = isPlain ? `no parameter ${unknown}` : 'no such parameter';
  const nearest = isPlain
    ? nearestNames(
        unknown,
        known.map((name) => ({ name, displayName: name })),
      )
    : [];
  const meantInput = nearest.length === 1 ? labelOf(nearest[0]?.name ?? '') : undefined;
  const onCard = meantInput === undefined ? '' : ` On the card of the action, this is the input ${meantInput}.`;
  const parameters = known.length === 1 ? 'the parameter' : 'the parameters';
  const accepted = known.length === 0 ? 'no parameters' : `${parameters} ${joinedWithAnd(known)}`;
  return refusal(
    'query-invalid',
    `This call has ${subject}.${nearestSentence(nearest)} Correct its name in the address of the HTTP call, or remove it.${onCard} The call has ${accepted}.`,
    isPlain ? { parameter: unknown } : {},
  );
}

/**
 * The value of a query parameter (`undefined` when it is absent or empty), or a refusal when it is
 * invalid.
 */
export type ParameterValue<T> = { readonly kind: 'read'; readonly value: T | undefined } | Refusal;

/** What an error text says after "the parameter must be", and perhaps a sentence of advice. */
type Expected = string | { readonly form: string; readonly advice: string };

/** Trims and parses a query parameter. `parse` returns `undefined` for an invalid value. */
export function readParameter<T>(
  query: URLSearchParams,
  name: string,
  expected: Expected,
  parse: (text: string) => T | undefined,
): ParameterValue<T> {
  const text = query.get(name)?.trim() ?? '';
  if (text === '') return { kind: 'read', value: undefined };
  const value = parse(text);
  if (value !== undefined) return { kind: 'read', value };
  const { form, advice } = typeof expected === 'string' ? { form: expected, advice: '' } : expected;
  return parameterRefusal(name, `must be ${form}; it was ${shownText(text)}.${advice === '' ? '' : ` ${advice}`}`);
}

/**
 * The refusal of a parameter. The text begins with the label of the parameter, or with its name if
 * no card shows it, and continues with `rest`.
 */
export function parameterRefusal(name: string, rest: string): Refusal {
  return refusal('query-invalid', `${labelOf(name) ?? `The parameter ${name}`} ${rest}`, { parameter: name });
}

export function isInstanceId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** Reads the parameter `instanceId`, in lower case. */
export function readInstanceId(query: URLSearchParams): ParameterValue<string> {
  return readParameter(query, 'instanceId', expectedInstance, (text) =>
    isInstanceId(text) ? text.toLowerCase() : undefined,
  );
}

export function readTrigger(query: URLSearchParams): ParameterValue<Trigger> {
  return readParameter(query, 'trigger', `one of ${triggerNames.join(', ')}`, (text) =>
    isTrigger(text) ? text : undefined,
  );
}

const expectedInstant: Expected = {
  form: 'a date, such as 2026-11-23, or a date and time with a time zone, such as 2026-11-23T10:00:00Z',
  advice: 'The Z means UTC. In a flow, an expression such as addDays(utcNow(), -1) gives a time.',
};
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Reads the parameter `since`, in ms since the epoch. */
export function readSince(query: URLSearchParams): ParameterValue<number> {
  return readInstant(query, 'since');
}

/** Reads a date or a timestamp with a time zone, in ms since the epoch. */
export function readInstant(query: URLSearchParams, name: string): ParameterValue<number> {
  return readParameter(query, name, expectedInstant, (text) => {
    // A plus sign that the caller did not encode arrives as a space.
    const instantMs = INSTANT.test(text.replace(' ', '+')) ? Date.parse(text.replace(' ', '+')) : NaN;
    return Number.isNaN(instantMs) ? undefined : instantMs;
  });
}

/** Describes the numbers that `parseWholeNumber` accepts. */
export const WHOLE_NUMBER = 'a whole number from 0 to 999999999';

/** Parses a whole number of at most nine digits. */
export function parseWholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

export function parseBoolean(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/** Advice for a caller who asked for too long a page: how a flow gets several pages. */
const PAGES =
  'It limits one page. To get all pages, leave it empty, turn on Pagination in the settings of the action, and enter there how many rows you want at most.';

/**
 * Reads the size of a page: a whole number from 1 to `most`, or `otherwise` when the parameter is
 * absent.
 */
export function readPageSize(
  query: URLSearchParams,
  name: string,
  limits: { most: number; otherwise: number },
): { readonly kind: 'read'; readonly value: number } | Refusal {
  return readCount(query, name, { ...limits, advice: PAGES });
}

/** Reads a whole number from 1 to `most`, or `otherwise` when the parameter is absent. */
export function readCount(
  query: URLSearchParams,
  name: string,
  { most, otherwise, advice = '' }: { most: number; otherwise: number; advice?: string },
): { readonly kind: 'read'; readonly value: number } | Refusal {
  const read = readParameter(query, name, { form: `a whole number from 1 to ${most}`, advice }, (text) => {
    const number = parseWholeNumber(text);
    return number !== undefined && number >= 1 && number <= most ? number : undefined;
  });
  return read.kind === 'refused' ? read : { kind: 'read', value: read.value ?? otherwise };
}

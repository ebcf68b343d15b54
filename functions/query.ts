import { refusal, type Refusal } from '../shared/problem.ts';
import { isTrigger, triggerNames, type Trigger } from '../shared/triggers/trigger.ts';

/**
 * Refuses a parameter that the call does not accept, because a misspelt filter would otherwise be ignored. `code` is always
 * accepted, in any case, because callers send their Azure function key in it.
 */
export function unknownParameter(query: URLSearchParams, known: readonly string[]): Refusal | undefined {
  const unknown = [...query.keys()].find((name) => !known.includes(name) && name.toLowerCase() !== 'code');
  if (unknown === undefined) return undefined;
  // A query may contain secrets, such as parts of a callback URL. Only text that looks like a name is repeated in the response.
  const subject = /^[$\w.-]{1,40}$/.test(unknown) ? `no parameter ${unknown}` : 'no such parameter';
  const accepted = known.length === 0 ? 'It has none.' : `It has ${known.join(', ')}.`;
  return refusal('query-invalid', `This call has ${subject}: correct its name, or leave it out. ${accepted}`);
}

/** The value of a query parameter (`undefined` when it is absent), or a refusal when it is invalid. */
export type Read<T> = { readonly kind: 'read'; readonly value: T | undefined } | Refusal;

/** Parses a query parameter after trimming it. `parse` returns `undefined` for an invalid value, and `meaning` then completes the error text. */
export function parameter<T>(
  query: URLSearchParams,
  name: string,
  meaning: string,
  parse: (text: string) => T | undefined,
): Read<T> {
  const text = query.get(name)?.trim() ?? '';
  if (text === '') return { kind: 'read', value: undefined };
  const value = parse(text);
  return value === undefined
    ? refusal('query-invalid', `The parameter ${name} must be ${meaning}.`)
    : { kind: 'read', value };
}

export function isInstanceId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** The parameter `instanceId` in lower case. */
export function instanceParameter(query: URLSearchParams): Read<string> {
  return parameter(query, 'instanceId', 'the id of an instance, a GUID: choose it from the list', (text) =>
    isInstanceId(text) ? text.toLowerCase() : undefined,
  );
}

export function triggerParameter(query: URLSearchParams): Read<Trigger> {
  return parameter(query, 'trigger', `one of ${triggerNames.join(', ')}`, (text) =>
    isTrigger(text) ? text : undefined,
  );
}

const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** The parameter `since` in ms since the epoch. */
export function sinceParameter(query: URLSearchParams): Read<number> {
  return readInstant(query, 'since');
}

/** A timestamp or a date as a parameter, in ms since the epoch. */
export function readInstant(query: URLSearchParams, name: string): Read<number> {
  return parameter(query, name, 'an ISO 8601 timestamp with a time zone, such as 2026-11-23T10:00:00Z', (text) => {
    // A plus sign that the caller did not encode was decoded to a blank.
    const instantMs = INSTANT.test(text.replace(' ', '+')) ? Date.parse(text.replace(' ', '+')) : NaN;
    return Number.isNaN(instantMs) ? undefined : instantMs;
  });
}

/** Parses a whole number of at most nine digits. */
export function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

export function asFlag(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/** A whole number from 1 to `most`, or `otherwise` when the parameter is absent. */
export function countParameter(
  query: URLSearchParams,
  name: string,
  { most, otherwise }: { most: number; otherwise: number },
): { readonly kind: 'read'; readonly value: number } | Refusal {
  const read = parameter(query, name, `a whole number from 1 to ${most}`, (text) => {
    const number = wholeNumber(text);
    return number !== undefined && number >= 1 && number <= most ? number : undefined;
  });
  return read.kind === 'refused' ? read : { kind: 'read', value: read.value ?? otherwise };
}

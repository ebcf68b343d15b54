import { isoInstant } from './instant.ts';

/**
 * Reading JSON whose shape is known from documentation only. Property names count in camelCase and in PascalCase,
 * because the published clients use the first and the service has been seen to answer with the second. What is missing,
 * `null` or of another type reads as absent.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** `name` is given in camelCase. */
export function field(object: JsonObject, name: string): unknown {
  return object[name] ?? object[name.charAt(0).toUpperCase() + name.slice(1)];
}

/** A string that is not empty. */
export function text(object: JsonObject, name: string): string | undefined {
  const value = field(object, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A value of an open enumeration as a bare word. */
export function word(object: JsonObject, name: string): string | undefined {
  const written = text(object, name);
  return written === undefined ? undefined : bareWord(written);
}

/** A word as it is compared: `Failed (permanent)`, `failed-permanent` and `failedPermanent` are one. */
export function bareWord(written: string): string {
  return written.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** ISO 8601 in UTC with milliseconds. */
export function instant(object: JsonObject, name: string): string | undefined {
  const written = text(object, name);
  return written === undefined ? undefined : isoInstant(written);
}

export function flag(object: JsonObject, name: string): boolean | undefined {
  const value = field(object, name);
  return typeof value === 'boolean' ? value : undefined;
}

export function objectIn(object: JsonObject, name: string): JsonObject | undefined {
  return asObject(field(object, name));
}

/** The objects of a list, without its other elements; empty when there is no list. */
export function objectsIn(object: JsonObject, name: string): JsonObject[] {
  return objectsOf(field(object, name));
}

/** The strings of a list, without its other elements; empty when there is no list. */
export function textsIn(object: JsonObject, name: string): string[] {
  const list = field(object, name);
  return Array.isArray(list) ? list.filter((element) => typeof element === 'string') : [];
}

/**
 * Makes a reader of whole answers from a reader of their elements. A list comes bare or as `{value: […]}`; an answer
 * that is neither reads as `undefined`; an element that reads as `undefined` is left out.
 */
export function listOf<T>(read: (element: JsonObject) => T | undefined): (json: unknown) => T[] | undefined {
  return (json) => {
    const envelope = asObject(json);
    const list = envelope === undefined ? json : field(envelope, 'value');
    return Array.isArray(list) ? objectsOf(list).flatMap((element) => read(element) ?? []) : undefined;
  };
}

/** Makes a reader of an answer that is one object. */
export function oneOf<T>(read: (object: JsonObject) => T | undefined): (json: unknown) => T | undefined {
  return (json) => {
    const object = asObject(json);
    return object === undefined ? undefined : read(object);
  };
}

function objectsOf(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.map(asObject).filter((element) => element !== undefined) : [];
}

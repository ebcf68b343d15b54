import { isoInstant } from './instant.ts';

/**
 * A JSON object from Customer Insights, whose shape is known from documentation only. Property
 * names may be in camelCase, which Microsoft's public client libraries use, or in PascalCase, which
 * the service has been seen to return. A property that is missing, `null` or of another type reads
 * as absent.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** Reads a property. `name` is in camelCase and matches the name in PascalCase too. */
export function field(object: JsonObject, name: string): unknown {
  return object[name] ?? object[name.charAt(0).toUpperCase() + name.slice(1)];
}

/** A string. An empty string reads as absent. */
export function stringField(object: JsonObject, name: string): string | undefined {
  const value = field(object, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * A value of an enumeration that may grow, as a word in lower case without separators. A text
 * without a letter or digit reads as absent.
 */
export function wordField(object: JsonObject, name: string): string | undefined {
  const word = bareWord(stringField(object, name) ?? '');
  return word === '' ? undefined : word;
}

/**
 * Reduces a word to the form in which words are compared. `Failed (permanent)`, `failed-permanent`
 * and `failedPermanent` are the same word.
 */
export function bareWord(written: string): string {
  return written.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** An instant, converted to ISO 8601 in UTC with milliseconds. */
export function instantField(object: JsonObject, name: string): string | undefined {
  const written = stringField(object, name);
  return written === undefined ? undefined : isoInstant(written);
}

export function booleanField(object: JsonObject, name: string): boolean | undefined {
  const value = field(object, name);
  return typeof value === 'boolean' ? value : undefined;
}

export function objectField(object: JsonObject, name: string): JsonObject | undefined {
  return asObject(field(object, name));
}

/** The objects of a list. Other elements are left out. Empty when there is no list. */
export function objectListField(object: JsonObject, name: string): JsonObject[] {
  return objectsOf(field(object, name));
}

/** The strings of a list. Other elements are left out. Empty when there is no list. */
export function stringListField(object: JsonObject, name: string): string[] {
  const list = field(object, name);
  return Array.isArray(list) ? list.filter((element) => typeof element === 'string') : [];
}

/**
 * Turns `read`, which reads one element, into a reader of a whole response (a list, or an object
 * `{value: […]}`). The reader returns `undefined` for any other response, and leaves out elements
 * for which `read` returns `undefined`.
 */
export function listReader<T>(read: (element: JsonObject) => T | undefined): (json: unknown) => T[] | undefined {
  return (json) => {
    const envelope = asObject(json);
    const list = envelope === undefined ? json : field(envelope, 'value');
    return Array.isArray(list) ? objectsOf(list).flatMap((element) => read(element) ?? []) : undefined;
  };
}

/** Makes a reader of a response that is one object. */
export function objectReader<T>(read: (object: JsonObject) => T | undefined): (json: unknown) => T | undefined {
  return (json) => {
    const object = asObject(json);
    return object === undefined ? undefined : read(object);
  };
}

function objectsOf(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.map(asObject).filter((element) => element !== undefined) : [];
}

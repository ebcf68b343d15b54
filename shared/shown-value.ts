/**
 * Describes a value for an error message. A string is repeated only when it is short and cannot be
 * part of a URL, because a callback URL must never be repeated.
 */
export function shownValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return isSafe(value) ? `the text "${value}"` : 'another text';
    case 'number':
      return Number.isFinite(value) ? `the number ${value}` : 'a number that is too large';
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object';
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      return 'no JSON value';
  }
}

/** Describes the value of a query parameter or a part of a path, which is always a text. */
export function shownText(text: string): string {
  return isSafe(text) ? `"${text}"` : 'another text';
}

function isSafe(text: string): boolean {
  return /^[\p{L}\p{N} .,'+-]{0,20}$/u.test(text);
}

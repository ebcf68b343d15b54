/** JavaScript rounds only numbers with at least this many digits. */
const longNumber = /\d{16}/;

/**
 * Part of ECMAScript's "JSON.parse source text access". TypeScript's libraries do not declare it
 * yet.
 */
interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
}

/**
 * Parses JSON without rounding numbers. A number that JavaScript would round, such as an
 * `Edm.Int64` beyond 2^53, becomes an opaque object, which `JSON.stringify` writes with the
 * original digits. Throws `SyntaxError` as `JSON.parse` does.
 */
export function parseExactly(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text);
  return (JSON as unknown as ExactJson).parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(source) : value,
  );
}

/** The value of a JSON number literal, as `parseExactly` returns it. */
export function exactNumber(literal: string): unknown {
  const value = Number(literal);
  return String(value) === literal ? value : (JSON as unknown as ExactJson).rawJSON(literal);
}

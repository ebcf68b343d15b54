/** Only numbers with at least this many digits may be rounded by JavaScript. */
const longNumber = /\d{16}/;

/**
 * Part of ECMAScript's "JSON.parse source text access". The compiler's libraries do not contain it
 * yet.
 */
interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
}

/**
 * Parses JSON so that writing it gives the same numbers again. An `Edm.Int64` beyond 2^53 is not
 * rounded: it becomes an opaque value that only `JSON.stringify` supports. Throws `SyntaxError` as
 * `JSON.parse` does.
 */
export function parseExactly(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text);
  return (JSON as unknown as ExactJson).parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(source) : value,
  );
}

/** The value of a JSON number literal. The value is opaque when JavaScript would round it. */
export function exactNumber(literal: string): unknown {
  const value = Number(literal);
  return String(value) === literal ? value : (JSON as unknown as ExactJson).rawJSON(literal);
}

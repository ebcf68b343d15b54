/** JSON that another parser wrote may hold numbers that JavaScript has no number for. Shorter ones are always exact. */
const longNumber = /\d{16}/;

/** Of ECMAScript's "JSON.parse source text access", which the compiler's libraries do not know yet. */
interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
}

/**
 * Reads JSON so that writing it gives the same numbers again: an `Edm.Int64` beyond 2^53 is not rounded. Such a number is
 * an opaque value that only `JSON.stringify` understands. Throws `SyntaxError` as `JSON.parse` does.
 */
export function parseExactly(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text);
  return (JSON as unknown as ExactJson).parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(source) : value,
  );
}

/** The number that a JSON number literal stands for, opaque when JavaScript would round it. */
export function exactNumber(literal: string): unknown {
  const value = Number(literal);
  return String(value) === literal ? value : (JSON as unknown as ExactJson).rawJSON(literal);
}

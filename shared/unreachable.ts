/**
 * The default case of every `switch` over a union. The compiler rejects the call while a case is
 * missing.
 */
export function unreachable(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}

import type { Cell } from '../state/entity-table.ts';

/** A word, a literal or a punctuation mark of a `$filter` expression. */
export type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'literal'; readonly literal: Literal }
  | { readonly kind: 'mark'; readonly text: '(' | ')' | ',' };

/**
 * A constant. A timestamp is kept apart from a string because it is compared as a point in time.
 */
export type Literal =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'instant'; readonly valueMs: number }
  | { readonly kind: 'null' };

/** Why a text cannot be parsed. Used only in this folder: `parseFilter` converts it to a value. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
}

// Literals of the OData 4.01 ABNF: quotes are doubled inside a string, dates and timestamps have no
// quotes.
const tokenPattern =
  /\s*(?:(?<mark>[(),])|(?<text>'(?:[^']|'')*')|(?<instant>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_]\w*))/y;

/** Splits an expression into tokens. Throws `FilterError` at a part that it cannot parse. */
export function tokensOf(expression: string): Token[] {
  const text = expression.trimEnd();
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at = tokenPattern.lastIndex) {
    tokenPattern.lastIndex = at;
    const groups = tokenPattern.exec(text)?.groups;
    if (groups === undefined) throw new FilterError(`Syntax error at position ${at} in '${text}'.`);
    tokens.push(tokenOf(groups));
  }
  return tokens;
}

function tokenOf({ mark, text, instant, number, word = '' }: Record<string, string | undefined>): Token {
  if (mark === '(' || mark === ')' || mark === ',') return { kind: 'mark', text: mark };
  if (text !== undefined) return literal({ kind: 'string', value: text.slice(1, -1).replaceAll("''", "'") });
  if (instant !== undefined) {
    const valueMs = Date.parse(instant);
    if (Number.isNaN(valueMs)) throw new FilterError(`'${instant}' is not a timestamp.`);
    return literal({ kind: 'instant', valueMs });
  }
  if (number !== undefined) return literal({ kind: 'number', value: Number(number) });
  if (word === 'true' || word === 'false') return literal({ kind: 'boolean', value: word === 'true' });
  if (word === 'null') return literal({ kind: 'null' });
  return { kind: 'word', text: word };
}

const literal = (value: Literal): Token => ({ kind: 'literal', literal: value });

/**
 * The order of a cell relative to a literal: below 0, 0 or above 0. `undefined` when the two cannot
 * be compared.
 */
export function compare(cell: Cell, constant: Literal): number | undefined {
  if (constant.kind === 'null') return cell === null ? 0 : undefined;
  if (constant.kind === 'instant') {
    const difference = typeof cell === 'string' ? Date.parse(cell) - constant.valueMs : NaN;
    return Number.isNaN(difference) ? undefined : difference;
  }
  const { value } = constant;
  if (cell === null || typeof cell !== typeof value) return undefined;
  if (cell === value) return 0;
  return cell < value ? -1 : 1;
}

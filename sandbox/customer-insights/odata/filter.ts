import { unreachable } from '../../../shared/unreachable.ts';
import type { Row } from '../state/entity-table.ts';
import { compare, FilterError, tokensOf } from './filter-tokens.ts';
import type { Literal, Token } from './filter-tokens.ts';

const operators = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'] as const;
type Operator = (typeof operators)[number];

/** A parsed `$filter` expression. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'compare'; readonly field: string; readonly operator: Operator; readonly literal: Literal }
  | { readonly kind: 'in'; readonly field: string; readonly literals: readonly Literal[] }
  | { readonly kind: 'member'; readonly segment: string };

export type ParsedFilter =
  { readonly kind: 'parsed'; readonly filter: Filter } | { readonly kind: 'invalid'; readonly message: string };

/**
 * Parses comparisons with eq, ne, gt, ge, lt and le, `in (…)` and `IsMemberOfSegment('…')`, joined
 * by `and`, `or` and brackets. `and` binds tighter than `or`.
 */
export function parseFilter(expression: string): ParsedFilter {
  try {
    const tokens = tokensOf(expression);
    const filter = parseOr(tokens);
    const rest = tokens[0];
    if (rest !== undefined) throw new FilterError(`Did not expect ${describeToken(rest)} in '${expression}'.`);
    return { kind: 'parsed', filter };
  } catch (error) {
    if (error instanceof FilterError) return { kind: 'invalid', message: error.message };
    throw error;
  }
}

// Each of these functions removes the tokens that it parses from the front of the list.
function parseOr(tokens: Token[]): Filter {
  let left = parseAnd(tokens);
  while (takeWord(tokens, 'or')) left = { kind: 'or', left, right: parseAnd(tokens) };
  return left;
}

function parseAnd(tokens: Token[]): Filter {
  let left = parseTerm(tokens);
  while (takeWord(tokens, 'and')) left = { kind: 'and', left, right: parseTerm(tokens) };
  return left;
}

function parseTerm(tokens: Token[]): Filter {
  const first = tokens.shift();
  if (first?.kind === 'mark' && first.text === '(') {
    const inner = parseOr(tokens);
    expectMark(tokens, ')');
    return inner;
  }
  if (first?.kind !== 'word') throw new FilterError(`Expected a property, found ${describeToken(first)}.`);
  if (first.text === 'IsMemberOfSegment') {
    const [segment] = parseList(tokens);
    if (segment?.kind !== 'string') throw new FilterError('IsMemberOfSegment takes the name of a segment in quotes.');
    return { kind: 'member', segment: segment.value };
  }
  if (takeWord(tokens, 'in')) return { kind: 'in', field: first.text, literals: parseList(tokens) };
  const word = tokens.shift();
  const operator = operators.find((name) => word?.kind === 'word' && word.text === name);
  if (operator === undefined)
    throw new FilterError(`Expected an operator after '${first.text}', found ${describeToken(word)}.`);
  return { kind: 'compare', field: first.text, operator, literal: parseLiteral(tokens) };
}

function parseList(tokens: Token[]): Literal[] {
  expectMark(tokens, '(');
  const literals = [parseLiteral(tokens)];
  while (takeMark(tokens, ',')) literals.push(parseLiteral(tokens));
  expectMark(tokens, ')');
  return literals;
}

function parseLiteral(tokens: Token[]): Literal {
  const token = tokens.shift();
  if (token?.kind !== 'literal') throw new FilterError(`Expected a value, found ${describeToken(token)}.`);
  return token.literal;
}

function takeWord(tokens: Token[], text: string): boolean {
  const [token] = tokens;
  const found = token?.kind === 'word' && token.text === text;
  if (found) tokens.shift();
  return found;
}

function takeMark(tokens: Token[], text: string): boolean {
  const [token] = tokens;
  const found = token?.kind === 'mark' && token.text === text;
  if (found) tokens.shift();
  return found;
}

function expectMark(tokens: Token[], text: string): void {
  if (!takeMark(tokens, text)) throw new FilterError(`Expected '${text}', found ${describeToken(tokens[0])}.`);
}

function describeToken(token: Token | undefined): string {
  if (token === undefined) return 'the end';
  return token.kind === 'literal' ? `a ${token.literal.kind}` : `'${token.text}'`;
}

/** Returns the same filter with other names of properties and segments. */
export function renamed(filter: Filter, newNameOf: (kind: 'field' | 'segment', name: string) => string): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { ...filter, left: renamed(filter.left, newNameOf), right: renamed(filter.right, newNameOf) };
    case 'compare':
    case 'in':
      return { ...filter, field: newNameOf('field', filter.field) };
    case 'member':
      return { ...filter, segment: newNameOf('segment', filter.segment) };
    default:
      return unreachable(filter);
  }
}

/**
 * Whether the row matches. As in SQL and OData, only `eq null` and `ne` are true for a missing
 * value or a value of another type.
 */
export function matches(filter: Filter, row: Row, isMember: (segment: string, row: Row) => boolean): boolean {
  switch (filter.kind) {
    case 'and':
      return matches(filter.left, row, isMember) && matches(filter.right, row, isMember);
    case 'or':
      return matches(filter.left, row, isMember) || matches(filter.right, row, isMember);
    case 'member':
      return isMember(filter.segment, row);
    case 'in':
      return filter.literals.some((literal) => compare(row[filter.field] ?? null, literal) === 0);
    case 'compare':
      return holds(filter.operator, compare(row[filter.field] ?? null, filter.literal));
    default:
      return unreachable(filter);
  }
}

function holds(operator: Operator, order: number | undefined): boolean {
  if (order === undefined) return operator === 'ne';
  switch (operator) {
    case 'eq':
      return order === 0;
    case 'ne':
      return order !== 0;
    case 'gt':
      return order > 0;
    case 'ge':
      return order >= 0;
    case 'lt':
      return order < 0;
    case 'le':
      return order <= 0;
    default:
      return unreachable(operator);
  }
}

import ts from 'typescript';
import type { Mutant } from './mutant.ts';
import { isOnlyReported, functionOf, returnsNothing } from './syntax.ts';

type Plant = (span: { readonly start: number; readonly end: number }, replacement: string, fault: string) => void;

const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
};
const OPERATORS: Readonly<Record<string, string>> = {
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '+=': '-=',
  '-=': '+=',
  '&&': '||',
  '||': '&&',
};
const OTHER_METHODS: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  some: 'every',
  every: 'some',
  ceil: 'floor',
  floor: 'ceil',
  startsWith: 'endsWith',
};
const TAKEN_OUT = new Set(['toLowerCase', 'toUpperCase', 'trim', 'sort', 'toSorted', 'toReversed', 'filter', 'slice']);

/**
 * Every fault that can be planted in a source file, in the order of its text. Purely informational
 * code (log, telemetry, texts) has none.
 */
export function faultsOf(file: string, text: string): readonly Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || isOnlyReported(node))
      return;
    const plant: Plant = ({ start, end }, replacement, fault) =>
      mutants.push({ file, within: functionOf(node), start, end, replacement, fault });
    ofExpression(node, plant);
    if (ts.isBlock(node) || ts.isCaseOrDefaultClause(node)) ofStatements(node, plant);
    if (ts.isObjectLiteralExpression(node)) ofList(node.properties, plant, 'a property left out');
    if (ts.isArrayLiteralExpression(node) && node.elements.length > 1)
      ofList(node.elements, plant, 'an element left out');
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}

function ofExpression(node: ts.Node, plant: Plant): void {
  if (ts.isBinaryExpression(node)) ofBinary(node, plant);
  if (ts.isIfStatement(node)) ofCondition(node.expression, plant, ['true', 'false']);
  if (ts.isConditionalExpression(node)) ofCondition(node.condition, plant, []);
  if (ts.isNumericLiteral(node)) {
    const value = Number(node.text);
    plant(spanOf(node), String(value + 1), 'a constant');
    if (value >= 10) plant(spanOf(node), String(Math.floor(value / 2)), 'a constant');
  }
  if (node.kind === ts.SyntaxKind.TrueKeyword) plant(spanOf(node), 'false', 'a constant');
  if (node.kind === ts.SyntaxKind.FalseKeyword) plant(spanOf(node), 'true', 'a constant');
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    plant(spanOf(node), node.operand.getText(), 'a condition negated');
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    const other = OTHER_METHODS[name.text];
    if (other !== undefined) plant(spanOf(name), other, 'another function');
    if (TAKEN_OUT.has(name.text)) plant(spanOf(node), expression.getText(), 'a step left out');
  }
}

function ofBinary({ left, right, operatorToken }: ts.BinaryExpression, plant: Plant): void {
  const operator = operatorToken.getText();
  for (const other of COMPARISONS[operator] ?? []) plant(spanOf(operatorToken), other, 'a comparison');
  const other = OPERATORS[operator];
  if (other !== undefined) plant(spanOf(operatorToken), other, 'an operator');
  const whole = { start: left.getStart(), end: right.end };
  if (operator === '+' && ![left, right].some(isText)) {
    plant(spanOf(operatorToken), '-', 'an operator');
    plant(whole, left.getText(), 'an operand left out');
  }
  if (operator === '/' || operator === '*' || operator === '&&' || operator === '||')
    plant(whole, left.getText(), 'an operand left out');
  if (operator === '&&' || operator === '||' || operator === '??') plant(whole, right.getText(), 'an operand left out');
}

function ofCondition(condition: ts.Expression, plant: Plant, constants: readonly string[]): void {
  plant(spanOf(condition), `!(${condition.getText()})`, 'a condition negated');
  for (const constant of constants) plant(spanOf(condition), constant, 'a condition ignored');
}

function ofStatements(block: ts.Block | ts.CaseOrDefaultClause, plant: Plant): void {
  const statements = block.statements.filter((statement) => !isOnlyReported(statement));
  for (const [index, statement] of statements.entries()) {
    if (ts.isExpressionStatement(statement)) {
      plant(spanOf(statement), '', 'a statement left out');
      if (ts.isAwaitExpression(statement.expression))
        plant(spanOf(statement), `void ${statement.expression.expression.getText()};`, 'an await left out');
    }
    if (returnsNothing(block) && !ts.isReturnStatement(statement))
      plant({ start: statement.getStart(), end: statement.getStart() }, 'return;\n', 'a return too early');
    const next = statements[index + 1];
    if (next !== undefined && canSwap(statement, next))
      plant(
        { start: statement.getStart(), end: next.end },
        `${next.getText()}\n${statement.getText()}`,
        'an order swapped',
      );
  }
}

/**
 * Whether the second could stand first, and it would mean something else: one of them does more
 * than give a name to a value.
 */
function canSwap(first: ts.Statement, second: ts.Statement): boolean {
  const declared = (statement: ts.Statement): string[] =>
    [...statement.getText().matchAll(/\b(?:const|let|function)\s+(\w+|[{[][^=]*[}\]])/g)].flatMap(
      ([, names = '']) => names.match(/\w+/g) ?? [],
    );
  const leaves = (statement: ts.Statement): boolean =>
    ts.isReturnStatement(statement) || ts.isThrowStatement(statement);
  if (leaves(first) || leaves(second)) return false;
  if (ts.isVariableStatement(first) && ts.isVariableStatement(second) && !/\bawait\b/.test(first.getText()))
    return false;
  const words = new Set(second.getText().match(/\w+/g));
  return !declared(first).some((name) => words.has(name));
}

function ofList(list: ts.NodeArray<ts.Node>, plant: Plant, fault: string): void {
  for (const [index, element] of list.entries()) {
    const next = list[index + 1];
    const previous = list[index - 1];
    const start = next === undefined && previous !== undefined ? previous.end : element.getStart();
    plant({ start, end: next?.getStart() ?? element.end }, '', fault);
  }
}

function isText(node: ts.Expression): boolean {
  return (
    ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || (ts.isBinaryExpression(node) && isText(node.left))
  );
}

function spanOf(node: ts.Node): { start: number; end: number } {
  return { start: node.getStart(), end: node.end };
}

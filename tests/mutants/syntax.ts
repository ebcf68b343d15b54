import ts from 'typescript';

/** Only people read what has these names. */
const REPORTS = /(^|\.)(log|telemetry|span|Type)(\.\w+)?$/;
const TEXTS = new Set(['detail', 'title', 'description', 'reason', 'message', 'hint']);

/**
 * Whether a node only informs people: a line of the log, a measurement, a text, the schema of one,
 * an error's message.
 */
export function isOnlyReported(node: ts.Node): boolean {
  if (ts.isExpressionStatement(node)) return isOnlyReported(node.expression);
  if (ts.isAwaitExpression(node)) return isOnlyReported(node.expression);
  if (ts.isCallExpression(node)) return REPORTS.test(node.expression.getText());
  if (ts.isNewExpression(node)) return node.expression.getText().endsWith('Error');
  return ts.isPropertyAssignment(node) && TEXTS.has(node.name.getText());
}

/** The name of the innermost function, method or constant with a name that a node is in. */
export function functionOf(node: ts.Node): string {
  for (let at = node.parent; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isMethodDeclaration(at)) return at.name.getText();
    if (ts.isFunctionDeclaration(at)) return at.name?.getText() ?? '';
    if ((ts.isVariableDeclaration(at) || ts.isPropertyAssignment(at)) && at.initializer && isFunction(at.initializer))
      return at.name.getText();
    if (ts.isVariableStatement(at) && ts.isSourceFile(at.parent))
      return at.declarationList.declarations[0]?.name.getText() ?? '';
  }
  return '';
}

/** Whether the function that a block is of answers nothing: then it may end anywhere. */
export function returnsNothing(block: ts.Node): boolean {
  let at: ts.Node = block;
  while (!isFunction(at)) {
    if (ts.isSourceFile(at)) return false;
    at = at.parent;
  }
  const answers = (node: ts.Node): boolean =>
    !isFunction(node) &&
    ((ts.isReturnStatement(node) && node.expression !== undefined) || (ts.forEachChild(node, answers) ?? false));
  return at.body !== undefined && ts.isBlock(at.body) && !(ts.forEachChild(at.body, answers) ?? false);
}

export function isFunction(
  node: ts.Node,
): node is ts.FunctionDeclaration | ts.MethodDeclaration | ts.ArrowFunction | ts.FunctionExpression {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node)
  );
}

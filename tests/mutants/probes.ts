import ts from 'typescript';
import { isFunction } from './syntax.ts';

/**
 * Where in a file a run was seen: the blocks and the functions without a block, in the order of the
 * text.
 */
export interface Probe {
  readonly start: number;
  readonly end: number;
}

/** The spans of a file that a run can pass. */
export function probesOf(file: string, text: string): readonly Probe[] {
  const probes: Probe[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isBlock(node)) probes.push({ start: node.getStart(), end: node.end });
    if (isFunction(node) && node.body !== undefined && !ts.isBlock(node.body))
      probes.push({ start: node.body.getStart(), end: node.body.end });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return probes;
}

/** The text of a file with a call of `globalThis.passed` at each of its spans. */
export function withProbes(file: string, text: string): string {
  const edits = probesOf(file, text).flatMap(({ start, end }, index) => {
    const call = `globalThis.passed?.(${JSON.stringify(spanNameOf(file, index))})`;
    if (text[start] === '{') return [{ at: start + 1, insert: `${call};` }];
    return [
      { at: start, insert: `(${call}, ` },
      { at: end, insert: ')' },
    ];
  });
  let result = text;
  for (const { at, insert } of edits.toSorted((a, b) => b.at - a.at))
    result = result.slice(0, at) + insert + result.slice(at);
  return result;
}

/** The innermost span around a position; nothing for what runs when the file is loaded. */
export function spanAround(file: string, probes: readonly Probe[], position: number): string | undefined {
  const index = probes.findLastIndex(({ start, end }) => start <= position && position < end);
  return index < 0 ? undefined : spanNameOf(file, index);
}

function spanNameOf(file: string, index: number): string {
  return `${file}#${index}`;
}

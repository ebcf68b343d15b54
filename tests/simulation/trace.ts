import { createHash } from 'node:crypto';

/** What happened, step by step. */
export interface Trace {
  add(atMs: number, who: string, what: string): void;
  /** Steps so far. */
  length(): number;
  /** One line a step: seconds since the start, who, what. */
  text(): string;
  hash(): string;
}

export function createTrace(startMs: number): Trace {
  const lines: string[] = [];
  return {
    add(atMs, who, what) {
      lines.push(`${((atMs - startMs) / 1000).toFixed(3).padStart(12)}  ${who.padEnd(12)}  ${what}`);
    },
    length: () => lines.length,
    text: () => lines.join('\n'),
    hash: () => createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16),
  };
}

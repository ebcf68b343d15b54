import { createHash } from 'node:crypto';

/** The steps of a run. Text is made on demand, because hardly any run is ever read. */
export interface Trace {
  /** `what` is called later, and must then return the same text as now. */
  add(atMs: number, who: string, what: string | (() => string)): void;
  /** The number of steps so far. */
  length(): number;
  /** One line per step: seconds since the start, actor, action. */
  text(): string;
  hash(): string;
}

export function createTrace(startMs: number): Trace {
  const steps: { readonly atMs: number; readonly who: string; readonly what: string | (() => string) }[] = [];
  const text = (): string =>
    steps
      .map(({ atMs, who, what }) => {
        const seconds = ((atMs - startMs) / 1000).toFixed(3).padStart(12);
        return `${seconds}  ${who.padEnd(12)}  ${typeof what === 'string' ? what : what()}`;
      })
      .join('\n');
  return {
    add(atMs, who, what) {
      steps.push({ atMs, who, what });
    },
    length: () => steps.length,
    text,
    hash: () => createHash('sha256').update(text()).digest('hex').slice(0, 16),
  };
}

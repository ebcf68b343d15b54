/** What one line of a functions host that runs with `--verbose` tells of an invocation. */
export type HostLine =
  | { readonly kind: 'executing'; readonly name: string; readonly id: string; readonly atMs: number }
  | {
      readonly kind: 'executed';
      readonly name: string;
      readonly id: string;
      readonly atMs: number;
      readonly succeeded: boolean;
    }
  /** Something an operator should look at, without its time. */
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'other' };

const EXECUTING = /^(\S+) debug +\S+: Executing 'Functions\.(\S+)' \(.*\bId=([0-9a-f-]+)\)$/;
const EXECUTED = /^(\S+) \w+ +\S+: Executed 'Functions\.(\S+)' \((Succeeded|Failed), Id=([0-9a-f-]+),/;
const WARNING = /^\S+Z (?:warning|error|critical) +(.*)$/;

export function parseHostLine(line: string): HostLine {
  const [, startedAt, startedName, startedId] = EXECUTING.exec(line) ?? [];
  if (startedAt && startedName && startedId) {
    return { kind: 'executing', name: startedName, id: startedId, atMs: Date.parse(startedAt) };
  }
  const [, endedAt, endedName, how, endedId] = EXECUTED.exec(line) ?? [];
  if (endedAt && endedName && endedId) {
    return {
      kind: 'executed',
      name: endedName,
      id: endedId,
      atMs: Date.parse(endedAt),
      succeeded: how === 'Succeeded',
    };
  }
  const [, warning] = WARNING.exec(line) ?? [];
  return warning === undefined ? { kind: 'other' } : { kind: 'warning', text: warning };
}

/** One run of a function, in ms since the epoch. */
export interface Invocation {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly succeeded: boolean;
}

/** Follows invocations through the lines of a host. */
export interface InvocationWatch {
  see(line: string): void;
  /** The next end of a run of this function that began at `sinceMs` or later. Rejects after `timeoutMs`. */
  nextEnd(name: string, sinceMs: number, timeoutMs: number): Promise<Invocation>;
}

export function watchInvocations(): InvocationWatch {
  const running = new Map<string, number>();
  const waiting = new Set<{ name: string; sinceMs: number; found: (invocation: Invocation) => void }>();
  return {
    see(line) {
      const told = parseHostLine(line);
      if (told.kind === 'executing') running.set(told.id, told.atMs);
      if (told.kind !== 'executed') return;
      const startedAtMs = running.get(told.id) ?? told.atMs;
      running.delete(told.id);
      for (const waiter of waiting) {
        if (waiter.name !== told.name || startedAtMs < waiter.sinceMs) continue;
        waiting.delete(waiter);
        waiter.found({ startedAtMs, endedAtMs: told.atMs, succeeded: told.succeeded });
      }
    },
    nextEnd: (name, sinceMs, timeoutMs) =>
      new Promise((resolve, reject) => {
        const waiter = {
          name,
          sinceMs,
          found: (invocation: Invocation) => {
            clearTimeout(timer);
            resolve(invocation);
          },
        };
        const timer = setTimeout(() => {
          waiting.delete(waiter);
          reject(new Error(`waited ${timeoutMs} ms for a run of ${name} to end`));
        }, timeoutMs);
        waiting.add(waiter);
      }),
  };
}

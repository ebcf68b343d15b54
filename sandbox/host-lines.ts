/** A line of a functions host with `--verbose` that is about an invocation or is a warning. */
export type HostLine =
  | { readonly kind: 'executing'; readonly name: string; readonly id: string; readonly atMs: number }
  | {
      readonly kind: 'executed';
      readonly name: string;
      readonly id: string;
      readonly atMs: number;
      readonly succeeded: boolean;
    }
  /** A warning for the operator, without its timestamp. */
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

/** Tracks invocations by the lines of a host. */
export interface InvocationWatch {
  readLine(line: string): void;
  /**
   * Resolves with the next completed run of this function that began at `sinceMs` or later. Rejects
   * with the signal's reason.
   */
  nextEnd(name: string, sinceMs: number, signal: AbortSignal): Promise<Invocation>;
}

export function watchInvocations(): InvocationWatch {
  const startedAtMs = new Map<string, number>();
  const waiting = new Set<{ name: string; sinceMs: number; found: (invocation: Invocation) => void }>();
  return {
    readLine(line) {
      const parsed = parseHostLine(line);
      if (parsed.kind === 'executing') startedAtMs.set(parsed.id, parsed.atMs);
      if (parsed.kind !== 'executed') return;
      const { name, id, atMs, succeeded } = parsed;
      const invocation = { startedAtMs: startedAtMs.get(id) ?? atMs, endedAtMs: atMs, succeeded };
      startedAtMs.delete(id);
      for (const waiter of waiting) {
        if (waiter.name === name && waiter.sinceMs <= invocation.startedAtMs) waiter.found(invocation);
      }
    },
    nextEnd: (name, sinceMs, signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void => {
          waiting.delete(waiter);
          reject(signal.reason as Error);
        };
        const found = (invocation: Invocation): void => {
          waiting.delete(waiter);
          signal.removeEventListener('abort', abort);
          resolve(invocation);
        };
        const waiter = { name, sinceMs, found };
        waiting.add(waiter);
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort);
      }),
  };
}

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Answer } from './operator-api.ts';

/** A value that is refreshed. The last response stays until there is a newer one. */
export interface Live<T> {
  /** Absent until the first response. */
  readonly value: T | undefined;
  /** The error of the last refresh, if it failed. The value is then older. */
  readonly problem: string | undefined;
  /** When the value was received, in ms since the epoch. */
  readonly cameAtMs: number | undefined;
  /** Refreshes the value now. */
  readonly refresh: () => void;
}

/**
 * After a refresh on request, the value is refreshed for this long as often as `AFTERWARDS_MS`
 * says.
 */
const HURRY_MS = 30_000;
const AFTERWARDS_MS = 3_000;

/**
 * Requests a value at once, when `key` changes, and then every `everyMs` while the page is visible.
 * After a change of `key`, the old value is not shown. With `everyMs` 0 the value is refreshed only
 * on request. A change of `mark` refreshes the value too; while a request is running, the next one
 * waits for it. What an operator starts takes effect seconds later, so a refresh on request is
 * repeated for half a minute.
 */
export function useLive<T>(
  key: string,
  everyMs: number,
  load: (signal: AbortSignal) => Promise<Answer<T>>,
  mark?: string,
): Live<T> {
  const [state, setState] = useState<{ key: string; value?: T; problem?: string; cameAtMs?: number }>({ key });
  const [asked, setAsked] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const hurryUntilMs = useRef(0);
  const askNow = useRef<() => void>(() => undefined);

  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    let isAskedAgain = false;
    const ask = async (): Promise<void> => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') {
        isAsking = true;
        try {
          const answer = await latest.current(over.signal);
          if (over.signal.aborted) return;
          setState((before) =>
            answer.kind === 'answered'
              ? { key, value: answer.value, cameAtMs: Date.now() }
              : { ...(before.key === key ? before : { key }), problem: answer.detail },
          );
        } catch (error) {
          if (over.signal.aborted) return;
          throw error;
        }
        isAsking = false;
      }
      const isChanged = isAskedAgain;
      isAskedAgain = false;
      if (isChanged) void ask();
      else {
        const waitMs = Date.now() < hurryUntilMs.current ? AFTERWARDS_MS : everyMs;
        if (waitMs > 0) timer = setTimeout(() => void ask(), waitMs);
      }
    };
    askNow.current = () => {
      if (isAsking) isAskedAgain = true;
      else void ask();
    };
    const seenAgain = (): void => {
      if (document.visibilityState === 'visible' && timer !== undefined && !isAsking) void ask();
    };
    document.addEventListener('visibilitychange', seenAgain);
    void ask();
    return () => {
      over.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seenAgain);
    };
  }, [key, everyMs, asked]);

  const seen = useRef(mark);
  useEffect(() => {
    // The first mark belongs to the value that is requested anyway.
    if (seen.current !== undefined && mark !== undefined && mark !== seen.current) askNow.current();
    seen.current = mark ?? seen.current;
  }, [mark]);

  const refresh = useCallback(() => {
    hurryUntilMs.current = Date.now() + HURRY_MS;
    setAsked((count) => count + 1);
  }, []);
  const own = state.key === key ? state : { key };
  return { value: own.value, problem: own.problem, cameAtMs: own.cameAtMs, refresh };
}

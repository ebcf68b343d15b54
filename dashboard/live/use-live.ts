import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Answer } from './operator-api.ts';

/** What is shown while it is kept up to date: the last answer stays in place until there is another. */
export interface Live<T> {
  /** Absent until there was a first answer. */
  readonly value: T | undefined;
  /** Why the last try brought nothing; the value is then older. */
  readonly problem: string | undefined;
  /** When the value came, ms since the epoch. */
  readonly cameAtMs: number | undefined;
  /** Asks now. */
  readonly refresh: () => void;
}

/**
 * Asks at once, whenever `key` changes and then every `everyMs`, while the page is seen. Of another key nothing is shown before its own
 * first answer. `everyMs` 0: only when told.
 */
export function useLive<T>(key: string, everyMs: number, load: (signal: AbortSignal) => Promise<Answer<T>>): Live<T> {
  const [state, setState] = useState<{ key: string; value?: T; problem?: string; cameAtMs?: number }>({ key });
  const [asked, setAsked] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      if (document.visibilityState === 'visible') {
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
      }
      if (everyMs > 0) timer = setTimeout(() => void ask(), everyMs);
    };
    const seenAgain = (): void => {
      if (document.visibilityState !== 'visible' || timer === undefined) return;
      clearTimeout(timer);
      void ask();
    };
    document.addEventListener('visibilitychange', seenAgain);
    void ask();
    return () => {
      over.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seenAgain);
    };
  }, [key, everyMs, asked]);

  const refresh = useCallback(() => setAsked((count) => count + 1), []);
  const own = state.key === key ? state : { key };
  return { value: own.value, problem: own.problem, cameAtMs: own.cameAtMs, refresh };
}

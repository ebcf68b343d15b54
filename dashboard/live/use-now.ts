import { useEffect, useState } from 'preact/hooks';

/** The current time, updated every `everyMs`. */
export function useNow(everyMs = 1_000): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}

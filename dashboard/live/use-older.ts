import { useState } from 'preact/hooks';
import type { Answer, Page } from './operator-api.ts';

/**
 * The pages after the first one, which is refreshed. They stay as they were when they were loaded.
 */
export interface Older<T> {
  /** The rows of all pages, each once. */
  readonly rows: readonly T[];
  readonly hasMore: boolean;
  /** The time back to which the last page was searched. */
  readonly lookedBackTo: string | undefined;
  readonly problem: string | undefined;
  readonly askMore: () => void;
}

/** Adds older pages to the first page of a list. `idOf` returns what identifies a row. */
export function useOlder<T>(
  first: Page<T>,
  idOf: (row: T) => string,
  ask: (next?: string) => Promise<Answer<Page<T>>>,
): Older<T> {
  const [more, setMore] = useState<Page<T>>();
  const [problem, setProblem] = useState<string>();
  const { next, lookedBackTo } = more ?? first;
  const load = async (): Promise<void> => {
    const answer = await ask(next);
    setProblem(answer.kind === 'answered' ? undefined : answer.detail);
    if (answer.kind === 'answered')
      setMore({ ...answer.value, value: [...(more?.value ?? []), ...answer.value.value] });
  };
  const rows = new Map<string, T>();
  // The first page is newer than the others.
  for (const row of [...first.value, ...(more?.value ?? [])]) if (!rows.has(idOf(row))) rows.set(idOf(row), row);
  return { rows: [...rows.values()], hasMore: next !== undefined, lookedBackTo, problem, askMore: () => void load() };
}

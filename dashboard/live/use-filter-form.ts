import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** The search starts after typing has paused for this long. */
const PAUSE_MS = 300;

/** The parts of a filter form. Spread `form` over the form element. */
export interface FilterForm {
  readonly form: {
    readonly ref: RefObject<HTMLFormElement | null>;
    readonly role: 'search';
    readonly 'aria-label': string;
    readonly onSubmit: (event: Event) => void;
  };
  /** Applies the filter now, for a choice from a list. */
  readonly apply: () => void;
  /** Applies the filter when typing pauses. */
  readonly applySoon: () => void;
}

/**
 * A form that filters a list. `onApply` receives the fields that have a value, without surrounding
 * spaces.
 */
export function useFilterForm(onApply: (given: Readonly<Record<string, string>>) => void): FilterForm {
  const ref = useRef<HTMLFormElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const apply = (): void => {
    clearTimeout(timer.current);
    if (ref.current === null) return;
    const given = [...new FormData(ref.current)].flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()]] : [],
    );
    onApply(Object.fromEntries(given));
  };
  const applySoon = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(apply, PAUSE_MS);
  };
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    apply();
  };
  return { form: { ref, role: 'search', 'aria-label': 'Narrow the list', onSubmit }, apply, applySoon };
}

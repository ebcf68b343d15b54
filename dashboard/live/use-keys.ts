import { useEffect } from 'preact/hooks';

/** What the keys do. */
export interface KeyActions {
  readonly onBack: () => void;
  readonly onHelp: () => void;
}

/** Marks the link that opens a row of a list. Spread it over the link. */
export const rowLink = { 'data-row': '' } as const;

const ROWS = 'main [data-row]';
const FIELDS = 'input, select, textarea';

/**
 * Keys of every view: `j` and `k` or the arrows move through the list, `u` or Escape goes back, `?`
 * opens the help. Enter follows a link by itself.
 */
export function useKeys({ onBack, onHelp }: KeyActions): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const { target, key } = event;
      const isTyping = target instanceof HTMLElement && target.closest(FIELDS) !== null;
      const isElsewhere = isTyping || document.querySelector('dialog[open]') !== null;
      if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere) return;
      if (key === 'j' || key === 'k') moveBy(key === 'j' ? 1 : -1);
      else if ((key === 'ArrowDown' || key === 'ArrowUp') && isFree(target)) {
        if (moveBy(key === 'ArrowDown' ? 1 : -1)) event.preventDefault();
      } else if (key === 'u' || key === 'Escape') onBack();
      else if (key === '?') onHelp();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [onBack, onHelp]);
}

/** Whether an arrow key has no other use: a row of the list has the focus, or nothing has. */
function isFree(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target === document.body || target.matches(`main, ${ROWS}`));
}

/** Moves the focus through the rows. Returns whether there is a list. */
function moveBy(step: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)];
  const current = rows.findIndex((row) => row === document.activeElement);
  const next = current < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, current + step));
  rows[next]?.focus();
  return rows.length > 0;
}

import type { ComponentChildren, JSX } from 'preact';
import { useOperator } from '../live/operator-context.ts';

/** Why an action is not offered. */
export const READ_ONLY = 'Your operator key or role may only read.';

/**
 * A button of an action that changes something. An operator who may only read cannot press it, and
 * its title says why.
 */
export function ActionButton({
  onClick,
  label,
  emphasis,
  children,
}: {
  readonly onClick: () => void;
  /** A name for screen readers. Default: the text of the button. */
  readonly label?: string | undefined;
  readonly emphasis?: 'small' | 'primary' | 'danger' | undefined;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { isReadOnly } = useOperator();
  return (
    <button
      type="button"
      class={emphasis}
      onClick={onClick}
      aria-label={label}
      disabled={isReadOnly}
      title={isReadOnly ? READ_ONLY : undefined}
    >
      {children}
    </button>
  );
}

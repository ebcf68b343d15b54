import type { JSX } from 'preact';

/** A labelled field of a filter form for any text. `onInput` is called with each key. */
export function SearchField({
  name,
  label,
  value = '',
  onInput,
}: {
  readonly name: string;
  readonly label: string;
  readonly value?: string | number | undefined;
  readonly onInput: () => void;
}): JSX.Element {
  return (
    <label>
      {label}
      <input name={name} type="search" value={value} onInput={onInput} autocomplete="off" spellcheck={false} />
    </label>
  );
}

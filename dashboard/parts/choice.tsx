import type { JSX } from 'preact';

/** A drop-down for one of a list of values, or any. */
export function Choice({
  name,
  label,
  value = '',
  options,
  onChange,
}: {
  readonly name: string;
  readonly label: string;
  readonly value?: string | undefined;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly onChange?: () => void;
}): JSX.Element {
  return (
    <label>
      {label}
      <select name={name} value={value} onChange={onChange}>
        <option value="">Any</option>
        {options.map(([one, shown]) => (
          <option key={one} value={one} selected={one === value}>
            {shown}
          </option>
        ))}
      </select>
    </label>
  );
}

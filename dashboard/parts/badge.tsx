import type { ComponentChildren, JSX } from 'preact';

/** A state, shown by colour, by shape and in words. */
export type Tone = 'good' | 'busy' | 'parked' | 'bad' | 'over' | 'plain';

const shapes: Readonly<Record<Tone, JSX.Element>> = {
  good: <circle cx="6" cy="6" r="4.5" />,
  busy: <path d="M6 1.2 A4.8 4.8 0 1 1 1.2 6 H3.2 A2.8 2.8 0 1 0 6 3.2 Z" />,
  parked: <path d="M2.5 2h2.6v8H2.5zM6.9 2h2.6v8H6.9z" />,
  bad: <path d="M3 1.4 6 4.4 9 1.4 10.6 3 7.6 6 10.6 9 9 10.6 6 7.6 3 10.6 1.4 9 4.4 6 1.4 3z" />,
  over: <path d="M2 4.8h8v2.4H2z" />,
  plain: (
    <path
      d="M6 1.5A4.5 4.5 0 1 1 6 10.5 4.5 4.5 0 1 1 6 1.5zM6 3.5A2.5 2.5 0 1 0 6 8.5 2.5 2.5 0 1 0 6 3.5z"
      fill-rule="evenodd"
    />
  ),
};

export function Mark({ tone }: { readonly tone: Tone }): JSX.Element {
  return (
    <svg class={`mark ${tone}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {shapes[tone]}
    </svg>
  );
}

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }): JSX.Element {
  return (
    <span class={`badge ${tone}`}>
      <Mark tone={tone} />
      {children}
    </span>
  );
}

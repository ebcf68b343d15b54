import type { ComponentChildren, JSX } from 'preact';

/** A titled part of a page. */
export function Panel({
  id,
  title,
  aside,
  children,
}: {
  /** The id of the heading, for labels that refer to it. */
  readonly id: string;
  readonly title: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

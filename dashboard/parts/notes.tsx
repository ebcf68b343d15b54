import type { ComponentChildren, JSX } from 'preact';
import type { Live } from '../live/use-live.ts';
import { Mark } from './badge.tsx';
import { Ago } from './instant.tsx';

/** A message in place of data that is missing or could not be loaded. */
export function Problem({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <p class="note problem" role="alert">
      <Mark tone="bad" />
      <span>{children}</span>
    </p>
  );
}

/** Says that a view of all instances covers only the first hundred of them. */
export function OtherInstances(): JSX.Element {
  return (
    <p class="note">
      There are more than 100 instances, and only the first 100 by id are covered here. Choose an instance to see
      another one.
    </p>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <p class="note empty">{children}</p>;
}

/**
 * A part of a page that is refreshed. It shows the last response, the error of a failed refresh
 * above it, and a placeholder before the first response.
 */
export function LivePart<T>({
  live,
  lines = 3,
  children,
}: {
  readonly live: Live<T>;
  readonly lines?: number;
  readonly children: (value: T) => ComponentChildren;
}): JSX.Element {
  const { value, problem, cameAtMs } = live;
  return (
    <>
      {problem !== undefined && (
        <Problem>
          {problem}
          {cameAtMs !== undefined && (
            <>
              {' '}
              What is shown came <Ago at={new Date(cameAtMs).toISOString()} />.
            </>
          )}
        </Problem>
      )}
      {value === undefined ? problem === undefined && <Waiting lines={lines} /> : children(value)}
    </>
  );
}

function Waiting({ lines }: { readonly lines: number }): JSX.Element {
  return (
    <div class="waiting" role="status">
      <span class="unseen">Loading</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class="line" aria-hidden="true" />
      ))}
    </div>
  );
}

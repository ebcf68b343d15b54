import type { JSX } from 'preact';
import type { RecoveryResponse } from '../../shared/operations/operator-responses.ts';
import { hashOf } from '../live/route.ts';
import { rowLink } from '../live/use-keys.ts';
import { EventRange } from '../parts/event-range.tsx';

/** What an action was about, as a link when it has a view. The id is in the tooltip. */
export function Target({
  id,
  nameOf,
}: {
  readonly id: string;
  /** The name of a subscription, once it is known. */
  readonly nameOf: (subscriptionId: string) => string | undefined;
}): JSX.Element {
  const [href, name] = id.startsWith('sub_')
    ? [hashOf({ view: 'subscription', id, days: 7 }), nameOf(id) ?? id]
    : id.startsWith('dlv_')
      ? [hashOf({ view: 'deliveries', status: 'any', days: 30, open: id }), 'the delivery']
      : id.startsWith('rec_')
        ? [hashOf({ view: 'recover', id }), 'its progress']
        : [undefined, id];
  if (href === undefined) return <>{name}</>;
  return (
    <a {...rowLink} href={href} title={id}>
      {name}
    </a>
  );
}

/**
 * The body of an action in words, with times in the zone of the page. An unknown one is shown as it
 * is.
 */
export function ActionBody({ body }: { readonly body: string }): JSX.Element {
  const given = parsed(body);
  if (isRange(given)) {
    return (
      <span class="id">
        Events <EventRange {...given} />
      </span>
    );
  }
  if (typeof given['from'] === 'string' && typeof given['to'] === 'string') {
    return (
      <span class="id">
        from {given['from']} to {given['to']}
      </span>
    );
  }
  return <code class="id">{body}</code>;
}

/** A long body is stored without its end, and cannot be parsed. */
function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

type Range = Pick<RecoveryResponse, 'since' | 'until' | 'instanceId' | 'trigger' | 'code'>;

function isRange(body: Readonly<Record<string, unknown>>): body is Readonly<Record<string, unknown>> & Range {
  return typeof body['since'] === 'string';
}

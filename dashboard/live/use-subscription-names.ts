import { useEffect, useRef, useState } from 'preact/hooks';
import type { SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from './operator-context.ts';
import { conditionOf } from './wording.ts';

/** What a list says of the subscription of a row. */
export interface NamedSubscription {
  readonly name: string;
  readonly status: SubscriptionResponse['status'];
}

/**
 * The names of subscriptions, by id. Each is requested once. `null` means that the subscription is
 * no longer stored.
 */
export function useSubscriptionNames(
  subscriptionIds: readonly string[],
): ReadonlyMap<string, NamedSubscription | null> {
  const { api } = useOperator();
  const [names, setNames] = useState<ReadonlyMap<string, NamedSubscription | null>>(new Map());
  const asked = useRef(new Set<string>());
  const ids = [...new Set(subscriptionIds)];
  useEffect(() => {
    for (const id of ids.filter((one) => !asked.current.has(one))) {
      asked.current.add(id);
      void api.get<SubscriptionResponse>(`subscriptions/${id}`).then((answer) => {
        const isGone = answer.kind === 'refused' && answer.status === 404;
        if (answer.kind !== 'answered' && !isGone) return;
        const named = answer.kind === 'answered' ? namedOf(answer.value) : null;
        setNames((before) => new Map(before).set(id, named));
      });
    }
  }, [api, ids.join(' ')]);
  return names;
}

function namedOf(subscription: SubscriptionResponse): NamedSubscription {
  return { name: subscription.label ?? conditionOf(subscription), status: subscription.status };
}

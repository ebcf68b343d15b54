import { useEffect, useRef, useState } from 'preact/hooks';
import type { DeliveryResponse, SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from './operator-context.ts';
import { conditionOf } from './wording.ts';

/**
 * The names of the deliveries' subscriptions, by id. Each is requested once. `null` means that the
 * subscription is no longer stored.
 */
export function useSubscriptionNames(deliveries: readonly DeliveryResponse[]): ReadonlyMap<string, string | null> {
  const { api } = useOperator();
  const [names, setNames] = useState<ReadonlyMap<string, string | null>>(new Map());
  const asked = useRef(new Set<string>());
  const ids = [...new Set(deliveries.map(({ subscriptionId }) => subscriptionId))];
  useEffect(() => {
    for (const id of ids.filter((one) => !asked.current.has(one))) {
      asked.current.add(id);
      void api.get<SubscriptionResponse>(`subscriptions/${id}`).then((answer) => {
        const isGone = answer.kind === 'refused' && answer.status === 404;
        if (answer.kind !== 'answered' && !isGone) return;
        const name = answer.kind === 'answered' ? (answer.value.label ?? conditionOf(answer.value)) : null;
        setNames((before) => new Map(before).set(id, name));
      });
    }
  }, [api, ids.join(' ')]);
  return names;
}

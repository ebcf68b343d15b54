import type { ChangeMarkResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from './operator-context.ts';
import { useLive } from './use-live.ts';

/**
 * What happens is shown within five seconds: the wait for this poll, and the request for what
 * changed.
 */
export const LIVE_MS = 4_000;
/** A change to older records than those of the mark is shown by a refresh this often. */
export const SLOW_MS = 60_000;

/** What a view shows: these instances, one subscription, or with neither all polled instances. */
export interface Watched {
  readonly instanceIds?: readonly string[];
  /** Whether a poll is a change, too. */
  readonly polls?: boolean;
  readonly subscriptionId?: string;
}

/**
 * A text that differs after a change. The server makes at most one storage request for each
 * partition that is shown.
 */
export function useChanges({ instanceIds, polls = false, subscriptionId }: Watched): string | undefined {
  const { api } = useOperator();
  const query = { instanceIds: instanceIds?.join(','), ...(polls && { polls: 'true' }), subscriptionId };
  const { value } = useLive<string>(`changes ${JSON.stringify(query)}`, LIVE_MS, async (signal) => {
    const answer = await api.get<{ value: readonly ChangeMarkResponse[] }>('changes', query, signal);
    if (answer.kind !== 'answered') return answer;
    return { kind: 'answered', value: answer.value.value.map(({ mark }) => mark).join(' ') };
  });
  return value;
}

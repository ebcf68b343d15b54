import type { PageRequest } from './newest-rows.ts';
import type { RecoveryResponse } from './operator-responses.ts';
import { recoveryView, type RecoveryStore } from './recovery.ts';

/** `next` is the number of recoveries on the pages before. */
const NEXT = /^\d{1,4}$/;

/** A page of the recoveries, newest first. Rejects with `RangeError` for a malformed `next`. */
export async function listRecoveries(
  store: Pick<RecoveryStore, 'list'>,
  { limit, next = '0' }: PageRequest,
): Promise<{ recoveries: RecoveryResponse[]; next?: string; more?: true }> {
  if (!NEXT.test(next)) throw new RangeError('next must come from an earlier page');
  const { recoveries, ...more } = await store.list();
  const end = Number(next) + limit;
  return {
    recoveries: recoveries.slice(Number(next), end).map(recoveryView),
    ...(end < recoveries.length && { next: String(end) }),
    ...more,
  };
}

import type { PageRequest } from './newest-rows.ts';
import type { RecoveryResponse } from './operator-responses.ts';
import { recoveryView, type Recovery, type RecoveryStore } from './recovery.ts';

/**
 * `<startedAtMs>.<recoveryId>` of the last recovery on the page before. A number of recoveries
 * would repeat one on the next page whenever a recovery starts in between.
 */
const NEXT = /^(\d{1,16})\.(rec_[A-Za-z0-9_-]{22})$/;

/** A page of the recoveries, newest first. Rejects with `RangeError` for a malformed `next`. */
export async function listRecoveries(
  store: Pick<RecoveryStore, 'list'>,
  { limit, next }: PageRequest,
): Promise<{ recoveries: RecoveryResponse[]; next?: string; more?: true }> {
  const isOnPage = next === undefined ? () => true : isAfter(next);
  const { recoveries, ...more } = await store.list();
  const rest = recoveries.filter(isOnPage);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return {
    recoveries: page.map(recoveryView),
    ...(last !== undefined && rest.length > limit && { next: `${last.startedAtMs}.${last.recoveryId}` }),
    ...more,
  };
}

/**
 * Whether a recovery comes after the one that `next` names, in the order of `RecoveryStore.list`.
 */
function isAfter(next: string): (recovery: Recovery) => boolean {
  const [, startedAt, id] = NEXT.exec(next) ?? [];
  if (startedAt === undefined || id === undefined) throw new RangeError('next must come from an earlier page');
  const lastMs = Number(startedAt);
  return ({ startedAtMs, recoveryId }) => startedAtMs < lastMs || (startedAtMs === lastMs && recoveryId > id);
}

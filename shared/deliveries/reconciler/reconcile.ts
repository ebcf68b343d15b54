import type { Log } from '../../log.ts';
import { isQueueBehind } from '../../storage/is-queue-behind.ts';
import type { Queues } from '../../storage/queues.ts';
import { finishSubscribe } from '../../subscriptions/finish-subscribe.ts';
import type { StoreSubscriptionPorts } from '../../subscriptions/store-subscription.ts';
import { unreachable } from '../../unreachable.ts';
import { WORK_SHARDS, type WorkEntry, type WorkList } from '../../work/work-list.ts';
import { MAX_WRITER_MS } from '../lifetimes.ts';
import { RETRIES_QUEUE } from '../messages.ts';
import { enqueueOverdue, type OverduePorts } from './enqueue-overdue.ts';
import { reconcileSubscription, type ReconcileSubscriptionPorts } from './reconcile-subscription.ts';

export interface ReconcilePorts
  extends Omit<OverduePorts, 'isBehind'>, ReconcileSubscriptionPorts, StoreSubscriptionPorts {
  readonly work: WorkList;
  readonly queues: Queues;
  readonly log: Log;
}

/** A pass ends before the next one may begin, and long before the functions host would end it. */
const PASS_MS = 4 * 60_000;
/** An entry whose look failed is looked at again after this. */
const FAILED_AGAIN_MS = 5 * 60_000;

/**
 * One pass over the work list: finds what is unfinished from rows alone and sends hints for it, or takes it a step further. One bad entry never
 * stops it; what it does not reach in time is the first of the next pass.
 */
export async function reconcile(ports: ReconcilePorts): Promise<void> {
  const startedMs = ports.clock.now();
  const isBehind = once(() => isQueueBehind(ports, RETRIES_QUEUE));
  for (const shard of WORK_SHARDS) {
    for (const entry of await ports.work.due(shard, startedMs)) {
      if (ports.clock.now() - startedMs > PASS_MS) return;
      await lookAt({ ...ports, isBehind }, entry);
    }
  }
}

async function lookAt(ports: ReconcilePorts & OverduePorts, entry: WorkEntry): Promise<void> {
  const nowMs = ports.clock.now();
  try {
    const keptMs = entry.addedForMs + MAX_WRITER_MS;
    // Whoever makes a subscription may still be at it.
    const againMs = entry.item.kind === 'subscribe' && nowMs < keptMs ? undefined : await look(ports, entry);
    if (againMs === undefined && nowMs >= keptMs) await ports.work.remove(entry);
    else await ports.work.postpone(entry, againMs ?? keptMs);
  } catch (error) {
    ports.log.warn('reconcile.failed', {
      work: entry.rowKey,
      reason: error instanceof Error ? error.message : String(error),
    });
    await ports.work.postpone(entry, nowMs + FAILED_AGAIN_MS).catch(() => undefined);
  }
}

/** When there is something to do again; `undefined`: there is nothing. */
async function look(ports: ReconcilePorts & OverduePorts, { item }: WorkEntry): Promise<number | undefined> {
  switch (item.kind) {
    case 'deliveries':
      return enqueueOverdue(ports, item);
    case 'subscription':
      return reconcileSubscription(ports, item.subscriptionId);
    case 'subscribe':
      return (await finishSubscribe(ports, item)) === 'again' ? ports.clock.now() + FAILED_AGAIN_MS : undefined;
    default:
      return unreachable(item);
  }
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}

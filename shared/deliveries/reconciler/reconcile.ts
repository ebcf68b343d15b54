import type { Log } from '../../log.ts';
import { isQueueBehind } from '../../storage/is-queue-behind.ts';
import type { Queues } from '../../storage/queues.ts';
import { finishSubscribe } from '../../subscriptions/finish-subscribe.ts';
import type { StoreSubscriptionPorts } from '../../subscriptions/store-subscription.ts';
import { unreachable } from '../../unreachable.ts';
import { WORK_SHARDS, type WorkEntry, type WorkList } from '../../work/work-list.ts';
import { MAX_WRITER_MS } from '../lifetimes.ts';
import { RETRIES_QUEUE } from '../messages.ts';
import { reportFailing, type ReportFailingPorts } from './report-failing.ts';
import { enqueueOverdue, type OverduePorts } from './enqueue-overdue.ts';
import { reconcileSubscription, type ReconcileSubscriptionPorts } from './reconcile-subscription.ts';

export interface ReconcilePorts
  extends Omit<OverduePorts, 'isBehind'>, ReconcileSubscriptionPorts, StoreSubscriptionPorts, ReportFailingPorts {
  readonly work: WorkList;
  readonly queues: Queues;
  readonly log: Log;
  /**
   * Continues a recovery, which sends the lost deliveries of many subscriptions again at an
   * operator's request. Returns when to continue it again, or `undefined` when it is complete.
   */
  readonly resumeRecovery: (recoveryId: string) => Promise<number | undefined>;
  /**
   * Sends a message for a subscription with an overdue notice: a change of its status that the
   * operator's webhook has not received yet. Returns when to call this function again, or
   * `undefined` when no notice is left.
   */
  readonly enqueueOverdueNotice: (subscriptionId: string) => Promise<number | undefined>;
}

/**
 * How long a pass runs at most. It ends before the next pass starts, and well before the functions
 * host would stop it.
 */
const PASS_MS = 4 * 60_000;
/** Delay before an entry that failed is processed again. */
const FAILED_AGAIN_MS = 5 * 60_000;

/**
 * Makes one pass over the work list, one shard (partition of the table) after another. Finds
 * unfinished work from rows alone, and enqueues it or moves it one step forward. An entry that
 * fails does not stop the pass. Entries that the pass does not reach in time are left for the next
 * pass.
 */
export async function reconcile(ports: ReconcilePorts): Promise<void> {
  const startedMs = ports.clock.now();
  const isBehind = once(() => isQueueBehind(ports, RETRIES_QUEUE));
  for (const shard of WORK_SHARDS) {
    for (const entry of await ports.work.due(shard, startedMs)) {
      if (ports.clock.now() - startedMs > PASS_MS) return;
      await reconcileEntry({ ...ports, isBehind }, entry);
    }
  }
}

async function reconcileEntry(ports: ReconcilePorts & OverduePorts, entry: WorkEntry): Promise<void> {
  const nowMs = ports.clock.now();
  try {
    // An entry is kept for a while, because the function that added it may not have written its
    // rows yet. The subscription of a `failing` entry was written an hour before the entry is due.
    const keptMs = entry.item.kind === 'failing' ? entry.addedForMs : entry.addedForMs + MAX_WRITER_MS;
    // Until then, the subscribe request that added the entry may still be running.
    const againMs = entry.item.kind === 'subscribe' && nowMs < keptMs ? undefined : await step(ports, entry);
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

/**
 * Processes an entry. Returns when to process it again, or `undefined` when nothing is left to do.
 */
async function step(ports: ReconcilePorts & OverduePorts, { item }: WorkEntry): Promise<number | undefined> {
  switch (item.kind) {
    case 'deliveries':
      return enqueueOverdue(ports, item);
    case 'subscription':
      return earliest(
        await reconcileSubscription(ports, item.subscriptionId),
        await ports.enqueueOverdueNotice(item.subscriptionId),
      );
    case 'failing':
      return reportFailing(ports, item.subscriptionId);
    case 'subscribe':
      return (await finishSubscribe(ports, item)) === 'again' ? ports.clock.now() + FAILED_AGAIN_MS : undefined;
    case 'recovery':
      return ports.resumeRecovery(item.recoveryId);
    default:
      return unreachable(item);
  }
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** Calls `ask` the first time only, and returns its result each time. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= ask());
}

import { allDone } from '../../all-done.ts';
import type { OutboxEntry } from '../../events/outbox-entry.ts';
import { ignoreStorageError } from '../../storage/ignore-storage-error.ts';
import { StorageError } from '../../storage/tables.ts';
import type { Span } from '../../telemetry/telemetry.ts';
import { concerns } from '../../subscriptions/subscription.ts';
import type { StoredChunk } from '../records/activity-store.ts';
import { readChunk } from './recipients.ts';
import { chunkCount, type Recipient } from './chunk.ts';
import { claimChunk, deliveriesWithOutcome } from './chunk-claim.ts';
import { chunkOutcomes, type ChunkOutcomes } from './chunk-outcomes.ts';
import type { ChunkPorts } from './chunk-ports.ts';
import { formatDeliveryId } from '../records/delivery-id.ts';
import { eventAttributes, recordStatus } from '../attempt/delivery-telemetry.ts';
import { firstAttempt } from './first-attempt.ts';
import { MAX_CHUNK_MS } from '../lifetimes.ts';
import { DELIVERIES_QUEUE, type ChunkMessage } from '../messages.ts';

/**
 * Delay before outcomes are stored for the first time. The outcomes of slower flows follow in later
 * writes.
 */
const EARLY_WRITE_MS = 2_000;
/**
 * Interval between writes while the process is stopping. The host may end the process within ten
 * seconds, and a POST whose outcome is not stored by then is repeated.
 */
const LAST_WRITES_MS = 500;
/**
 * Successful attempts have spans only in chunks with at most this many recipients. 10,000 spans
 * would cost more than the callbacks.
 */
const MAX_SPANNED = 20;
/** The limit for reading a whole chunk, which may have grown since its boundaries were saved. */
const NO_LIMIT = 100_000;

/** Recipients that were read before the chunk was claimed, and the time when reading began. */
export interface AlreadyRead {
  readonly recipients: readonly Recipient[];
  readonly sinceMs: number;
}

/**
 * Claims one chunk, sends its deliveries and stores their outcomes. Returns `busy` when another
 * worker holds the claim or when deliveries are left for the next claim. Reads the recipients,
 * unless the caller has just read them (`alreadyRead`).
 */
export function processChunk(
  ports: ChunkPorts,
  entry: OutboxEntry,
  chunk: number,
  alreadyRead?: AlreadyRead,
): Promise<'complete' | 'busy'> {
  const attributes = { ...eventAttributes(entry.event), 'triggers.chunk.index': chunk };
  return ports.telemetry.span('deliver chunk', { attributes }, (span) =>
    claimAndDeliver(ports, entry, { chunk, alreadyRead, span }),
  );
}

async function claimAndDeliver(
  ports: ChunkPorts,
  entry: OutboxEntry,
  { chunk, alreadyRead, span }: { chunk: number; alreadyRead: AlreadyRead | undefined; span: Span },
): Promise<'complete' | 'busy'> {
  if (ports.stopping?.aborted) {
    await enqueueChunk(ports, entry.event.eventId, chunk);
    return 'busy';
  }
  const claim = await claimChunk(ports, entry, chunk, alreadyRead?.sinceMs ?? ports.clock.now());
  if (claim.kind !== 'claimed') return claim.kind;
  const done = await deliveriesWithOutcome(ports, entry, claim);
  const { recipients } = claim.isNew && alreadyRead ? alreadyRead : await readChunk(ports, entry, chunk, NO_LIMIT);
  const todo = recipients.filter(
    ({ range, subscription }) =>
      concerns(subscription, entry.sequence) &&
      (done.size === 0 || !done.has(formatDeliveryId(entry.event.eventId, range, subscription.address.rowKey))),
  );
  span.set({ 'triggers.chunk.size': todo.length });
  const result = await deliverAll(ports, entry, chunk, claim.row, todo);
  if (result === 'complete' && chunkCount(entry) === 1) await ports.activity.removeOutboxEntry(entry);
  return result;
}

/**
 * Runs all deliveries concurrently, limited by the attempt permits (the POSTs that one process may
 * have in progress, in total and to one subscription), and stores their outcomes as they arrive.
 */
async function deliverAll(
  ports: ChunkPorts,
  entry: OutboxEntry,
  chunk: number,
  claimed: StoredChunk,
  recipients: readonly Recipient[],
): Promise<'complete' | 'busy'> {
  const outcomes = chunkOutcomes(ports, entry.event, chunk, claimed);
  // Updates of the subscriptions that were called.
  const effects: Promise<void>[] = [];
  // The updates after deliveries with the status `ended`, which may end their subscriptions.
  const deferredEffects: (() => Promise<void>)[] = [];
  const spanned = recipients.length <= MAX_SPANNED ? 'always' : 'unless-delivered';
  const deliveries = recipients.map(async (recipient) => {
    const tried = await tryOne(ports, entry, recipient, { claimedUntilMs: () => outcomes.claimedUntilMs(), spanned });
    if (tried === undefined || tried.outcome.kind === 'not-attempted') return false;
    outcomes.add(tried.outcome);
    recordStatus(ports.telemetry, tried.outcome.kind === 'delivered' ? 'delivered' : tried.outcome.record.status);
    if (tried.outcome.kind === 'recorded' && tried.outcome.record.status === 'ended')
      deferredEffects.push(tried.effect);
    else effects.push(tried.effect());
    return true;
  });
  const isComplete = (await saveWhileRunning(ports, outcomes, allDone(deliveries))).every(Boolean);
  const isStopping = ports.stopping?.aborted === true;
  // A stopping process sets the end of its claim to 1970, so that the claim has expired by the
  // clock of every other worker.
  await outcomes.save({ isComplete, untilMs: isStopping ? 1 : ports.clock.now() });
  const isOurs = outcomes.holdsClaim();
  if (isOurs && !isComplete && isStopping) await enqueueChunk(ports, entry.event.eventId, chunk);
  // A subscription is ended only after the outcome of its delivery is stored. Otherwise, after a
  // crash in between, the next worker would not find the subscription among the recipients, and its
  // delivery would never get an outcome.
  const ended = isOurs ? deferredEffects.map((effect) => effect()) : [];
  await allDone([...effects, ...ended]);
  return isComplete && isOurs ? 'complete' : 'busy';
}

/** Enqueues a chunk for any worker. */
export async function enqueueChunk(
  { queues }: Pick<ChunkPorts, 'queues'>,
  eventId: string,
  chunk: number,
): Promise<void> {
  const message: ChunkMessage = { v: 1, eventId, chunk };
  await queues.send(DELIVERIES_QUEUE, message);
}

/**
 * Makes the first attempt. A storage error on one delivery must not discard the other outcomes, so
 * the delivery stays pending for the worker with the next claim.
 */
async function tryOne(
  ports: ChunkPorts,
  entry: OutboxEntry,
  recipient: Recipient,
  options: Parameters<typeof firstAttempt>[3],
): Promise<Awaited<ReturnType<typeof firstAttempt>> | undefined> {
  try {
    return await firstAttempt(ports, entry, recipient, options);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    ports.log.warn('delivery.unsettled', { eventId: entry.event.eventId, reason: error.message });
    return undefined;
  }
}

/**
 * Stores outcomes once early, then each time the claim is renewed, until `work` is done. While the
 * process is stopping, outcomes are stored more often. The claim is never extended beyond
 * `MAX_CHUNK_MS` from now.
 */
async function saveWhileRunning<T>(ports: ChunkPorts, outcomes: ChunkOutcomes, work: Promise<T>): Promise<T> {
  const alarm = new AbortController();
  const done = work.finally(() => alarm.abort());
  const lastClaimMs = ports.clock.now() + MAX_CHUNK_MS;
  const renewing = (async () => {
    for (let waitMs = EARLY_WRITE_MS; ; waitMs = Math.max(EARLY_WRITE_MS, ports.claimMs / 3)) {
      await sleepUnlessStopping(ports, waitMs, alarm.signal);
      // Outcomes that could not be stored are kept for the next write.
      const untilMs = Math.min(ports.clock.now() + ports.claimMs, lastClaimMs);
      await outcomes.save({ isComplete: false, untilMs }).catch(ignoreStorageError);
    }
  })().catch((error: unknown) => {
    if (!alarm.signal.aborted) throw error;
  });
  const [result] = await Promise.all([done, renewing]);
  return result;
}

async function sleepUnlessStopping({ clock, stopping }: ChunkPorts, ms: number, done: AbortSignal): Promise<void> {
  if (stopping === undefined) return clock.sleep(ms, done);
  if (stopping.aborted) return clock.sleep(LAST_WRITES_MS, done);
  await clock.sleep(ms, AbortSignal.any([done, stopping])).catch((error: unknown) => {
    if (done.aborted || !stopping.aborted) throw error;
  });
}

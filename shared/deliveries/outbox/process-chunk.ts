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

/** What is settled by then is written down; stragglers (a receiver may take up to its deadline) follow with a second write. */
const EARLY_WRITE_MS = 2_000;
/** From the moment the process knows that it is to end, which may be in ten seconds: what is not written by then is delivered again. */
const LAST_WRITES_MS = 500;
/** In a larger chunk an attempt that succeeds at once gets no span: 10,000 alike would cost more than the callbacks themselves. */
const SPANNED = 20;
/** All of a chunk, whatever was born or deleted since it was cut. */
const NO_LIMIT = 100_000;

/** Members of a chunk that were read before it was claimed, and when the reading began. */
export interface AlreadyRead {
  readonly members: readonly Recipient[];
  readonly sinceMs: number;
}

/**
 * Sees one chunk through: claims it, POSTs to everyone concerned, and writes down what became of it. `busy`: somebody else's claim
 * holds, or something was left over for the next claim. The members are read unless the caller just did.
 */
export function processChunk(
  ports: ChunkPorts,
  open: OutboxEntry,
  chunk: number,
  alreadyRead?: AlreadyRead,
): Promise<'settled' | 'busy'> {
  const attributes = { ...eventAttributes(open.event), 'triggers.chunk.index': chunk };
  return ports.telemetry.span('deliver chunk', { attributes }, (span) =>
    claimAndDeliver(ports, open, { chunk, alreadyRead, span }),
  );
}

async function claimAndDeliver(
  ports: ChunkPorts,
  open: OutboxEntry,
  { chunk, alreadyRead, span }: { chunk: number; alreadyRead: AlreadyRead | undefined; span: Span },
): Promise<'settled' | 'busy'> {
  if (ports.stopping?.aborted) {
    await enqueueChunk(ports, open.event.eventId, chunk);
    return 'busy';
  }
  const claim = await claimChunk(ports, open, chunk, alreadyRead?.sinceMs ?? ports.clock.now());
  if (claim.kind !== 'claimed') return claim.kind;
  const done = await deliveriesWithOutcome(ports, open, claim);
  const { members } = claim.isNew && alreadyRead ? alreadyRead : await readChunk(ports, open, chunk, NO_LIMIT);
  const todo = members.filter(
    ({ range, subscription }) =>
      concerns(subscription, open.sequence) &&
      !done.has(formatDeliveryId(open.event.eventId, range, subscription.address.rowKey)),
  );
  span.set({ 'triggers.chunk.size': todo.length });
  const settled = await deliverAll(ports, open, chunk, claim.row, todo);
  if (settled === 'settled' && chunkCount(open) === 1) await ports.activity.removeOutboxEntry(open);
  return settled;
}

/** Runs all deliveries at once (places bound how many are in flight) and writes outcomes when they are in, or early once. */
async function deliverAll(
  ports: ChunkPorts,
  open: OutboxEntry,
  chunk: number,
  claimed: StoredChunk,
  members: readonly Recipient[],
): Promise<'settled' | 'busy'> {
  const ledger = chunkOutcomes(ports, open.event, chunk, claimed);
  const effects: Promise<void>[] = [];
  const endings: (() => Promise<void>)[] = [];
  const spanned = members.length <= SPANNED ? 'always' : 'unless-delivered';
  const deliveries = members.map(async (member) => {
    const tried = await tryOne(ports, open, member, { claimedUntilMs: () => ledger.claimedUntilMs(), spanned });
    if (tried === undefined || tried.outcome.kind === 'unsettled') return false;
    ledger.add(tried.outcome);
    recordStatus(ports.telemetry, tried.outcome.kind === 'delivered' ? 'delivered' : tried.outcome.record.status);
    if (tried.outcome.kind === 'trouble' && tried.outcome.record.status === 'ended') endings.push(tried.effect);
    else effects.push(tried.effect());
    return true;
  });
  const settled = (await saveWhileRunning(ports, ledger, allDone(deliveries))).every(Boolean);
  const isStopping = ports.stopping?.aborted === true;
  // The claim of a process that ends is over by every clock.
  await ledger.save({ settled, untilMs: isStopping ? 1 : ports.clock.now() });
  const isOurs = ledger.claimedUntilMs() > 0;
  if (isOurs && !settled && isStopping) await enqueueChunk(ports, open.event.eventId, chunk);
  // A subscription that has ended is in no audience: whoever takes the chunk over finds only those of its deliveries that are written down.
  const ended = isOurs ? endings.map((end) => end()) : [];
  await allDone([...effects, ...ended]);
  return settled && isOurs ? 'settled' : 'busy';
}

/** Leaves a chunk to whoever gets the message. */
export async function enqueueChunk(
  { queues }: Pick<ChunkPorts, 'queues'>,
  eventId: string,
  chunk: number,
): Promise<void> {
  const message: ChunkMessage = { v: 1, eventId, chunk };
  await queues.send(DELIVERIES_QUEUE, message);
}

/** One delivery that storage fails must not take the outcomes of the others with it: it is left for the next claim. */
async function tryOne(
  ports: ChunkPorts,
  open: OutboxEntry,
  member: Recipient,
  options: Parameters<typeof firstAttempt>[3],
): Promise<Awaited<ReturnType<typeof firstAttempt>> | undefined> {
  try {
    return await firstAttempt(ports, open, member, options);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    ports.log.warn('delivery.unsettled', { eventId: open.event.eventId, reason: error.message });
    return undefined;
  }
}

/**
 * Saves early once, then as often as the claim must be renewed, until the work is done; when the process is to end at once, and often. The claim
 * is renewed for less than the host lets a function run.
 */
async function saveWhileRunning<T>(ports: ChunkPorts, ledger: ChunkOutcomes, work: Promise<T>): Promise<T> {
  const alarm = new AbortController();
  const done = work.finally(() => alarm.abort());
  const leftAtMs = ports.clock.now() + MAX_CHUNK_MS;
  const renewing = (async () => {
    for (let waitMs = EARLY_WRITE_MS; ; waitMs = Math.max(EARLY_WRITE_MS, ports.claimMs / 3)) {
      await sleepUnlessStopping(ports, waitMs, alarm.signal);
      // Outcomes that storage does not take now are kept for the next time.
      const untilMs = Math.min(ports.clock.now() + ports.claimMs, leftAtMs);
      await ledger.save({ settled: false, untilMs }).catch(ignoreStorageError);
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

import { allDone } from '../../all-done.ts';
import type { NewOutboxEntry, OutboxEntry } from '../../events/outbox-entry.ts';
import { isQueueBehind } from '../../storage/is-queue-behind.ts';
import { concerns } from '../../subscriptions/subscription.ts';
import type { Span } from '../../telemetry/telemetry.ts';
import { eventAttributes, recordFanOut } from '../attempt/delivery-telemetry.ts';
import { DELIVERIES_QUEUE, type ChunkMessage } from '../messages.ts';
import { CHUNK_SIZE, chunkCount } from './chunk.ts';
import type { ChunkPorts } from './chunk-ports.ts';
import { enqueueChunk, processChunk } from './process-chunk.ts';
import { boundariesOf, byChunk, MAX_PAGE, readBoundaries, readChunk } from './recipients.ts';

/**
 * Maximum number of chunks that a poll processes itself, over all events that it has just
 * committed. The other chunks are enqueued.
 */
const INLINE_CHUNKS = 16;
/**
 * Maximum number of abandoned chunks that one poll processes itself. The other chunks are enqueued.
 */
const RESUMED_CHUNKS = 8;

/**
 * Fans out events that have just been committed. The poll processes the first chunks itself,
 * because an idle worker may take up to a second to find a message. The rest is enqueued.
 */
export async function fanOut(ports: ChunkPorts, events: readonly OutboxEntry[]): Promise<void> {
  const chunksPerEvent = Math.max(1, Math.floor(INLINE_CHUNKS / events.length));
  await allDone([
    ...events.slice(0, INLINE_CHUNKS).map((entry) => fanOutEvent(ports, entry, chunksPerEvent)),
    enqueueEvents(ports, events.slice(INLINE_CHUNKS)),
  ]);
}

/** Enqueues the first chunk of each event. */
export async function enqueueEvents(
  ports: Pick<ChunkPorts, 'queues'>,
  events: readonly NewOutboxEntry[],
): Promise<void> {
  await allDone(events.map(({ event }) => enqueueChunk(ports, event.eventId, 0)));
}

/**
 * Finds the recipients of one event, divides them into chunks if there are many, processes the
 * first `inlineChunks` and enqueues the others. If there are no recipients, removes the outbox
 * entry and stores nothing.
 */
function fanOutEvent(ports: ChunkPorts, entry: OutboxEntry, inlineChunks: number): Promise<void> {
  return ports.telemetry.span('fan out', { attributes: eventAttributes(entry.event) }, (span) =>
    fanOutUnlessDivided(ports, entry, inlineChunks, span),
  );
}

async function fanOutUnlessDivided(
  ports: ChunkPorts,
  entry: OutboxEntry,
  inlineChunks: number,
  span: Span,
): Promise<void> {
  // Another worker has divided the event into chunks, and processes or enqueues them.
  if (entry.boundaries !== undefined) return;
  const sinceMs = ports.clock.now();
  const read = await readChunk(ports, entry, 0, inlineChunks === 1 ? CHUNK_SIZE : MAX_PAGE);
  if (!read.more && read.recipients.length <= CHUNK_SIZE) {
    const recipients = read.recipients.filter(({ subscription }) => concerns(subscription, entry.sequence));
    if (recipients.length === 0) return ports.activity.removeOutboxEntry(entry);
    recordFanOut(ports.telemetry, entry, recipients.length, span);
    await processChunk(ports, entry, 0, { recipients, sinceMs });
    return;
  }
  const { boundaries, count } = read.more ? await readBoundaries(ports, entry) : boundariesOf(read.recipients);
  const divided = await ports.activity.saveBoundaries(entry, boundaries);
  // Another worker has divided or completed the event since `entry` was read.
  if (divided === undefined) return;
  recordFanOut(ports.telemetry, entry, count, span);
  const chunks = byChunk(divided, read);
  const results = await allDone(
    Array.from({ length: chunkCount(divided) }, async (_, chunk) => {
      const recipients = chunks.get(chunk);
      if (chunk < inlineChunks) return processChunk(ports, divided, chunk, recipients && { recipients, sinceMs });
      await enqueueChunk(ports, entry.event.eventId, chunk);
      return 'enqueued';
    }),
  );
  if (results.every((result) => result === 'complete')) await ports.activity.removeOutboxEntry(divided);
}

/** Processes the chunk that a message names. Does nothing when the event has left the outbox. */
export async function deliverChunk(ports: ChunkPorts, { eventId, chunk }: ChunkMessage): Promise<void> {
  const entry = await ports.activity.outboxEntry(eventId);
  if (entry === undefined || chunk >= chunkCount(entry)) return;
  if (chunk === 0 && entry.boundaries === undefined && (await ports.activity.chunk(eventId, 0)) === undefined) {
    return fanOutEvent(ports, entry, 1);
  }
  await processChunk(ports, entry, chunk);
}

/**
 * Resumes what other workers have left in the outbox: chunks whose claim has expired, chunks whose
 * message was lost, and entries whose chunks are all complete. Entries that are younger than
 * `claimMs` are left to the worker that committed them. Chunks beyond `RESUMED_CHUNKS` are
 * enqueued.
 */
export async function resumeOutbox(ports: ChunkPorts, events: readonly OutboxEntry[]): Promise<void> {
  let budget = RESUMED_CHUNKS;
  const toEnqueue: ChunkMessage[] = [];
  for (const entry of events) {
    const isOld = ports.clock.now() - Date.parse(entry.committedAt) > ports.claimMs;
    if (!isOld && entry.boundaries === undefined) continue;
    const chunks = await ports.activity.chunks(entry.event);
    if (entry.boundaries === undefined && chunks.size === 0) {
      if (budget-- > 0) await fanOutEvent(ports, entry, 1);
      else toEnqueue.push({ v: 1, eventId: entry.event.eventId, chunk: 0 });
      continue;
    }
    let completeCount = 0;
    for (let chunk = 0; chunk < chunkCount(entry); chunk++) {
      const row = chunks.get(chunk);
      if (row?.isComplete) completeCount += 1;
      else if (!isOld || (row !== undefined && row.untilMs > ports.clock.now())) continue;
      else if (budget <= 0) toEnqueue.push({ v: 1, eventId: entry.event.eventId, chunk });
      else {
        budget -= 1;
        ports.log.info('chunk.taken-over', { eventId: entry.event.eventId, chunk });
        if ((await processChunk(ports, entry, chunk)) === 'complete') completeCount += 1;
      }
    }
    if (completeCount === chunkCount(entry)) await ports.activity.removeOutboxEntry(entry);
  }
  if (toEnqueue.length > 0 && !(await isQueueBehind(ports, DELIVERIES_QUEUE))) {
    await allDone(toEnqueue.map(({ eventId, chunk }) => enqueueChunk(ports, eventId, chunk)));
  }
}

import { allDone } from '../../all-done.ts';
import { concerns } from '../../subscriptions/subscription.ts';
import type { OutboxEntry } from '../../events/outbox-entry.ts';
import { isQueueBehind } from '../../storage/is-queue-behind.ts';
import type { Span } from '../../telemetry/telemetry.ts';
import { boundariesOf, byChunk, cutBoundaries, MAX_PAGE, readChunk } from './recipients.ts';
import { CHUNK_SIZE, chunkCount } from './chunk.ts';
import { DELIVERIES_QUEUE, type ChunkMessage } from '../messages.ts';
import type { ChunkPorts } from './chunk-ports.ts';
import { eventAttributes, recordFanOut } from '../attempt/delivery-telemetry.ts';
import { enqueueChunk, processChunk } from './process-chunk.ts';

/** Chunks that a poll works itself, of all events that it opened together; the others are handed on. */
const WORKED_HERE = 16;
/** Chunks that one poll takes over from workers that are gone; for the others it sends messages. */
const TAKEN_OVER = 8;

/**
 * Sees events through that were just opened. What a poll can work itself is worked here and now: a message would lie for up to a second
 * before an idle worker finds it. All else is handed on by message.
 */
export async function fanOut(ports: ChunkPorts, events: readonly OutboxEntry[]): Promise<void> {
  const chunksOfEach = Math.max(1, Math.floor(WORKED_HERE / events.length));
  await allDone([
    ...events.slice(0, WORKED_HERE).map((open) => fanOutEvent(ports, open, chunksOfEach)),
    enqueueEvents(ports, events.slice(WORKED_HERE)),
  ]);
}

/** Leaves open events to the workers. */
export async function enqueueEvents(ports: Pick<ChunkPorts, 'queues'>, events: readonly OutboxEntry[]): Promise<void> {
  await allDone(events.map(({ event }) => enqueueChunk(ports, event.eventId, 0)));
}

/**
 * Works out whom an event concerns, cuts them into chunks when they are many, and delivers the first chunks, `chunksHere` at most; each of
 * the others gets a message. A rise that concerns nobody is no event and leaves nothing behind.
 */
function fanOutEvent(ports: ChunkPorts, open: OutboxEntry, chunksHere: number): Promise<void> {
  return ports.telemetry.span('fan out', { attributes: eventAttributes(open.event) }, (span) =>
    fanOutUnlessCut(ports, open, chunksHere, span),
  );
}

async function fanOutUnlessCut(ports: ChunkPorts, open: OutboxEntry, chunksHere: number, span: Span): Promise<void> {
  if (open.boundaries !== undefined) {
    await processChunk(ports, open, 0);
    return;
  }
  const sinceMs = ports.clock.now();
  const read = await readChunk(ports, open, 0, chunksHere === 1 ? CHUNK_SIZE : MAX_PAGE);
  if (!read.more && read.members.length <= CHUNK_SIZE) {
    const concerned = read.members.filter(({ subscription }) => concerns(subscription, open.sequence));
    if (concerned.length === 0) return ports.activity.removeOutboxEntry(open);
    recordFanOut(ports.telemetry, open, concerned.length, span);
    await processChunk(ports, open, 0, { members: concerned, sinceMs });
    return;
  }
  const { boundaries, count } = read.more ? await cutBoundaries(ports, open) : boundariesOf(read.members);
  const cut = await ports.activity.saveBoundaries(open, boundaries);
  // Somebody else cut it or is through with it, and sees to the chunks.
  if (cut === undefined) return;
  recordFanOut(ports.telemetry, open, count, span);
  const byNumber = byChunk(cut, read);
  const ends = await allDone(
    Array.from({ length: chunkCount(cut) }, async (_, chunk) => {
      const members = byNumber.get(chunk);
      if (chunk < chunksHere) return processChunk(ports, cut, chunk, members && { members, sinceMs });
      await enqueueChunk(ports, open.event.eventId, chunk);
      return 'handed-on';
    }),
  );
  if (ends.every((end) => end === 'settled')) await ports.activity.removeOutboxEntry(cut);
}

/** Works one chunk that a message names. Nothing is left to do for an event that is no longer open. */
export async function deliverChunk(ports: ChunkPorts, { eventId, chunk }: ChunkMessage): Promise<void> {
  const open = await ports.activity.outboxEntry(eventId);
  if (open === undefined || chunk >= chunkCount(open)) return;
  if (chunk === 0 && open.boundaries === undefined && (await ports.activity.chunk(eventId, 0)) === undefined) {
    return fanOutEvent(ports, open, 1);
  }
  await processChunk(ports, open, chunk);
}

/**
 * Goes on with what workers left behind: chunks whose claim has run out, chunks whose message was lost, events that are done but
 * still open. What is younger than a claim is left to whoever opened it. What is too much for one poll is left to the workers, by messages.
 */
export async function resumeOutbox(ports: ChunkPorts, events: readonly OutboxEntry[]): Promise<void> {
  let budget = TAKEN_OVER;
  const left: ChunkMessage[] = [];
  for (const open of events) {
    const isOld = ports.clock.now() - Date.parse(open.committedAt) > ports.claimMs;
    if (!isOld && open.boundaries === undefined) continue;
    const chunks = await ports.activity.chunks(open.event);
    if (open.boundaries === undefined && chunks.size === 0) {
      if (budget-- > 0) await fanOutEvent(ports, open, 1);
      else left.push({ v: 1, eventId: open.event.eventId, chunk: 0 });
      continue;
    }
    let settled = 0;
    for (let chunk = 0; chunk < chunkCount(open); chunk++) {
      const row = chunks.get(chunk);
      if (row?.isComplete) settled += 1;
      else if (!isOld || (row !== undefined && row.untilMs > ports.clock.now())) continue;
      else if (budget <= 0) left.push({ v: 1, eventId: open.event.eventId, chunk });
      else {
        budget -= 1;
        ports.log.info('chunk.taken-over', { eventId: open.event.eventId, chunk });
        if ((await processChunk(ports, open, chunk)) === 'settled') settled += 1;
      }
    }
    if (settled === chunkCount(open)) await ports.activity.removeOutboxEntry(open);
  }
  if (left.length > 0 && !(await isQueueBehind(ports, DELIVERIES_QUEUE))) {
    await allDone(left.map(({ eventId, chunk }) => enqueueChunk(ports, eventId, chunk)));
  }
}

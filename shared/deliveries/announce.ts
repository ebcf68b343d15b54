import { allDone } from '../all-done.ts';
import { concerns } from '../subscriptions/subscription.ts';
import type { OpenEvent } from '../events/open-event.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { cutBoundaries, readChunk } from './audience.ts';
import { CHUNK_SIZE, chunkCount } from './chunk.ts';
import { DELIVERIES_QUEUE, type ChunkMessage } from './messages.ts';
import type { ChunkPorts } from './chunk-ports.ts';
import { eventAttributes, tellFanOut } from './delivery-telemetry.ts';
import { workChunk } from './work-chunk.ts';

/** Events whose first chunk a poll works itself; a replay that opens more hands the others on. */
const WORKED_HERE = 16;
/** Chunks that one poll takes over from workers that are gone. */
const TAKEN_OVER = 8;

/** Sees events through that were just opened: first chunks here and now, all others by message. */
export async function announce(ports: ChunkPorts, events: readonly OpenEvent[]): Promise<void> {
  await allDone([
    ...events.slice(0, WORKED_HERE).map((open) => announceEvent(ports, open)),
    handOn(ports, events.slice(WORKED_HERE)),
  ]);
}

/** Leaves open events to the workers. */
export async function handOn(ports: Pick<ChunkPorts, 'queues'>, events: readonly OpenEvent[]): Promise<void> {
  await allDone(events.map(({ event }) => sendChunk(ports, event.eventId, 0)));
}

/**
 * Works out whom an event concerns and delivers its first chunk. Few enough, and that is all; more, and the others are cut into
 * chunks of which each gets a message. A rise that concerns nobody is no event and leaves nothing behind.
 */
export function announceEvent(ports: ChunkPorts, open: OpenEvent): Promise<void> {
  return ports.telemetry.span('fan out', { attributes: eventAttributes(open.event) }, (span) =>
    fanOut(ports, open, span),
  );
}

async function fanOut(ports: ChunkPorts, open: OpenEvent, span: Span): Promise<void> {
  if (open.boundaries !== undefined) {
    await workChunk(ports, open, 0);
    return;
  }
  const sinceMs = ports.clock.now();
  const { members, more } = await readChunk(ports, open, 0, CHUNK_SIZE);
  if (!more) {
    const concerned = members.filter(({ subscription }) => concerns(subscription, open.sequence));
    if (concerned.length === 0) return ports.activity.close(open);
    tellFanOut(ports.telemetry, open, concerned.length, span);
    await workChunk(ports, open, 0, { members: concerned, sinceMs });
    return;
  }
  const { boundaries, count } = await cutBoundaries(ports, open);
  const cut = await ports.activity.cut(open, boundaries);
  // Somebody else cut it, and sends the messages.
  if (cut === undefined) return;
  tellFanOut(ports.telemetry, open, count, span);
  const chunks = Array.from({ length: chunkCount(cut) - 1 }, (_, index) => index + 1);
  await allDone<unknown>([
    ...chunks.map((chunk) => sendChunk(ports, open.event.eventId, chunk)),
    workChunk(ports, cut, 0),
  ]);
}

/** Works one chunk that a message names. Nothing is left to do for an event that is no longer open. */
export async function deliverChunk(ports: ChunkPorts, { eventId, chunk }: ChunkMessage): Promise<void> {
  const open = await ports.activity.openEvent(eventId);
  if (open === undefined || chunk >= chunkCount(open)) return;
  if (chunk === 0 && open.boundaries === undefined && (await ports.activity.chunk(eventId, 0)) === undefined) {
    return announceEvent(ports, open);
  }
  await workChunk(ports, open, chunk);
}

/**
 * Goes on with what workers left behind: chunks whose claim has run out, chunks whose message was lost, events that are done but
 * still open. What is younger than a claim is left to whoever opened it.
 */
export async function carryOn(ports: ChunkPorts, events: readonly OpenEvent[]): Promise<void> {
  let budget = TAKEN_OVER;
  for (const open of events) {
    const isOld = ports.clock.now() - Date.parse(open.openedAt) > ports.claimMs;
    if (!isOld && open.boundaries === undefined) continue;
    const chunks = await ports.activity.chunks(open.event);
    if (open.boundaries === undefined && chunks.size === 0) {
      if (budget-- > 0) await announceEvent(ports, open);
      continue;
    }
    let settled = 0;
    for (let chunk = 0; chunk < chunkCount(open); chunk++) {
      const row = chunks.get(chunk);
      if (row?.settled) settled += 1;
      else if (isOld && budget > 0 && (row === undefined || row.untilMs <= ports.clock.now())) {
        budget -= 1;
        ports.log.info('chunk.taken-over', { eventId: open.event.eventId, chunk });
        if ((await workChunk(ports, open, chunk)) === 'settled') settled += 1;
      }
    }
    if (settled === chunkCount(open)) await ports.activity.close(open);
  }
}

async function sendChunk(ports: Pick<ChunkPorts, 'queues'>, eventId: string, chunk: number): Promise<void> {
  const message: ChunkMessage = { v: 1, eventId, chunk };
  await ports.queues.send(DELIVERIES_QUEUE, message);
}

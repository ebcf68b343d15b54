import { DELIVERIES_QUEUE, POLLS_QUEUE, RETRIES_QUEUE } from '../../shared/deliveries/messages.ts';
import type { Queues } from '../../shared/storage/queues.ts';
import type { Point } from '../benchmark.ts';
import { pause } from '../stage/bench-stage.ts';
import type { Inspector } from '../stage/live-heap.ts';
import { processUse } from '../stage/process-use.ts';

/**
 * The default delay of a retry. No message is delayed longer while every second attempt succeeds.
 */
const FIRST_RETRY_MS = 5_000;

/** The queues whose oldest due message is watched. */
const QUEUES = [
  { queue: POLLS_QUEUE, heldBackMs: 0 },
  { queue: DELIVERIES_QUEUE, heldBackMs: 0 },
  { queue: RETRIES_QUEUE, heldBackMs: FIRST_RETRY_MS },
] as const;

export type QueueName = (typeof QUEUES)[number]['queue'];

const PROCESS_EVERY_MS = 2_000;
const QUEUES_EVERY_MS = 1_000;
/**
 * Rarely, because a full collection stops the process for about 50 ms and reduces its resident
 * memory.
 */
const HEAP_EVERY_MS = 15_000;

/** The measurements of a host, in bytes, descriptors and seconds. */
export interface Watched {
  readonly resident: readonly Point[];
  readonly liveHeap: readonly Point[];
  readonly handles: readonly Point[];
  /** For each queue, how long its oldest message has been due. */
  readonly queueAges: Readonly<Record<QueueName, readonly Point[]>>;
}

/** Watches a host for the given time. Rejects when the host ends before. */
export async function watch(
  host: { pid: number; inspector: Inspector; queues: Queues },
  forMs: number,
): Promise<Watched> {
  const startedMs = performance.now();
  const minute = (): number => (performance.now() - startedMs) / 60_000;
  const resident: Point[] = [];
  const liveHeap: Point[] = [];
  const handles: Point[] = [];
  const queueAges: Record<QueueName, Point[]> = { polls: [], deliveries: [], retries: [] };
  const every = async (ms: number, look: () => Promise<void>): Promise<void> => {
    for (let atMs = 0; atMs < forMs; atMs += ms) {
      await pause(Math.max(0, startedMs + atMs - performance.now()));
      await look();
    }
  };
  await Promise.all([
    every(PROCESS_EVERY_MS, async () => {
      const use = await processUse(host.pid);
      resident.push({ minute: minute(), value: use.residentBytes });
      handles.push({ minute: minute(), value: use.handles });
    }),
    every(HEAP_EVERY_MS, async () => {
      liveHeap.push({ minute: minute(), value: await host.inspector.liveHeapBytes() });
    }),
    ...QUEUES.map(({ queue, heldBackMs }) =>
      every(QUEUES_EVERY_MS, async () => {
        const sentAtMs = await host.queues.oldestSentAt(queue);
        const dueForMs = sentAtMs === undefined ? 0 : Math.max(0, Date.now() - sentAtMs - heldBackMs);
        queueAges[queue].push({ minute: minute(), value: dueForMs / 1_000 });
      }),
    ),
  ]);
  return { resident, liveHeap, handles, queueAges };
}

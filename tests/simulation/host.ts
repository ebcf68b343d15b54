import type { ChunkMessage, PollMessage, RetriesMessage } from '../../shared/deliveries/messages.ts';
import type { MemoryQueues } from '../../shared/storage/memory-queues.ts';
import { MAX_DELAY_MS } from '../../shared/storage/queues.ts';
import type { Backend } from '../../shared/backend.ts';
import type { Stage } from './stage.ts';

/**
 * Simulates timers and queues: which worker receives which message, when and how often, and what
 * happens to the message.
 */
export interface Host {
  noticeSent(queue: string, delayMs: number): void;
  schedulePolls(): void;
  reconcile(): void;
  sweep(): void;
}

/** The visibility timeout of a message that a function processes. */
const LEASE_MS = 10 * 60 * 1000;
/**
 * As in host.json: when a failed message becomes visible again, and how often until it goes to its
 * poison queue.
 */
const SHOWN_AGAIN_MS = 30 * 1000;
const MAX_DEQUEUE_COUNT = 5;
/**
 * Limits duplicates. Every receiver of a waiting message sends it again, so duplicates would double
 * without end.
 */
const MAX_DUPLICATES = 40;

/**
 * `watch` sees each message before it is processed. The function that it returns is called after
 * that.
 */
export function createHost(
  stage: Stage,
  queues: MemoryQueues,
  watch: (message: object) => Promise<() => Promise<void>>,
): Host {
  const { dice, timeline, plan } = stage;
  let duplicates = 0;

  const noticeSent = (queue: string, delayMs: number): void => {
    const hiddenMs = Math.ceil(Math.min(Math.max(delayMs, 0), MAX_DELAY_MS) / 1000) * 1000;
    const lateMs = stage.isCalm() ? 0 : dice.between(0, plan.lateMs);
    if (lateMs > 0) stage.count('message comes late');
    timeline.at(timeline.now() + hiddenMs + lateMs, () => receive(queue));
  };

  const receive = (queue: string): boolean => {
    const backAtMs = stage.backAtMs('app') ?? stage.backAtMs('storage');
    if (backAtMs !== undefined) {
      timeline.at(backAtMs + 1, () => receive(queue));
      return false;
    }
    const received = queues.receive(queue, timeline.now(), LEASE_MS);
    if (received === undefined) return false;
    timeline.at(timeline.now() + LEASE_MS, () => receive(queue));
    const what = `${queue} message ${received.id}`;
    const work = async (backend: Backend): Promise<void> => {
      const watched = await watch(received.message as object);
      await handle(backend, queue, received.message);
      await watched();
    };
    const poison = (): true => {
      stage.count('message ends in its poison queue');
      stage.trace.add(
        timeline.now(),
        '-',
        () => `${what} ends in its poison queue: ${JSON.stringify(received.message)}`,
      );
      queues.delete(queue, received);
      void queues.send(`${queue}-poison`, received.message as object);
      return true;
    };
    if (!stage.isCalm() && dice.chance(plan.poisons)) return poison();
    // The worker that received it last has crashed.
    if (received.dequeueCount > MAX_DEQUEUE_COUNT) return poison();
    // A batch is received together and processed in any order.
    timeline.at(timeline.now() + stage.latencyMs(), () => {
      stage.start(what, work, ({ kind }, { faults }) => {
        if (kind === 'crashed') return;
        const deleteFails =
          stage.backAtMs('storage') !== undefined || (!stage.isCalm() && dice.chance(plan.storage.failsBefore));
        if (kind === 'done' && deleteFails) {
          stage.count('message is done but not deleted');
          return;
        }
        if (kind === 'done') {
          queues.delete(queue, received);
          return;
        }
        if (stage.isCalm() && faults.size === 0) stage.violate(`${what} failed although all is calm`);
        if (received.dequeueCount >= MAX_DEQUEUE_COUNT) {
          poison();
          return;
        }
        if (!queues.showAgain(queue, received, timeline.now(), SHOWN_AGAIN_MS)) return;
        timeline.at(timeline.now() + SHOWN_AGAIN_MS, () => receive(queue));
      });
      return true;
    });
    if (!stage.isCalm() && duplicates < MAX_DUPLICATES && dice.chance(plan.duplicates)) {
      duplicates += 1;
      stage.count('message comes twice');
      timeline.at(timeline.now() + stage.latencyMs() * dice.pick([1, 1, 1000]), () => {
        stage.start(`${what} again`, work, () => undefined);
        return true;
      });
    }
    return true;
  };

  const timer = (what: string, work: (backend: Backend) => Promise<void>): void => {
    if (stage.backAtMs('app') === undefined) stage.start(what, work, () => undefined);
  };

  return {
    noticeSent,
    schedulePolls: () => timer('schedule-polls', (backend) => backend.schedulePolls()),
    reconcile: () => timer('reconcile', (backend) => backend.reconcile()),
    sweep: () => timer('sweep', (backend) => backend.sweep()),
  };
}

function handle(backend: Backend, queue: string, message: unknown): Promise<void> {
  switch (queue) {
    case 'polls':
      return backend.pollInstance(message as PollMessage);
    case 'deliveries':
      return backend.deliverChunk(message as ChunkMessage);
    default:
      return backend.handleRetriesMessage(message as RetriesMessage);
  }
}

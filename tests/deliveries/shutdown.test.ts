import { expect, test } from '@jest/globals';
import { stopSignal } from '../../functions/stop-signal.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { manualClock, flushPromises, type ManualClock } from '../helpers/manual-clock.ts';
import {
  accepted,
  answered,
  callbackUrl,
  INSTANCE,
  memoryBackend,
  type MemoryBackend,
} from '../helpers/memory-backend.ts';

/** As many as a process calls at once. */
const IN_FLIGHT = 256;
const CLAIM_MS = 120_000;

interface Stage {
  readonly fixture: MemoryBackend;
  /** Polls, which finds an event for all flows, without handling any message. */
  readonly poll: () => Promise<void>;
  /** Asks the process to end. */
  readonly stop: () => void;
  /** Has these flows answer, or all of them. */
  readonly answer: (...names: string[]) => void;
  /** One more process on the same storage. */
  readonly other: (clock?: ManualClock) => MemoryBackend;
}

/** A process with so many flows that answer on request. */
async function waitingFlows(count: number): Promise<Stage> {
  const stopping = new AbortController();
  const [tables, clock] = [createMemoryTables(), manualClock()];
  const fixture = memoryBackend({ tables, clock, stopping: stopping.signal });
  const waiting = new Map<string, () => void>();
  fixture.data.segments = [segment('vip', evaluated(10, 1))];
  for (let index = 0; index < count; index++) {
    const name = `flow-${index}`;
    const input = { segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl(name) };
    await fixture.subscribe('segment-threshold-crossed', input);
    fixture.answers.set(callbackUrl(name), async () => {
      await new Promise<void>((resolve) => waiting.set(name, resolve));
      return accepted;
    });
  }
  fixture.data.segments = [segment('vip', evaluated(200, 2))];
  return {
    fixture,
    poll: () => fixture.backend.pollInstance({ v: 1, instanceId: INSTANCE }),
    stop: () => stopping.abort(),
    answer: (...names) => {
      for (const name of names.length > 0 ? names : [...waiting.keys()]) waiting.get(name)?.();
    },
    other: (ownClock = clock) => memoryBackend({ tables, clock: ownClock, queues: fixture.queues }),
  };
}

const urls = (...backends: readonly MemoryBackend[]): string[] =>
  backends.flatMap(({ calls }) => calls.map(({ url }) => url));

test('a process that is to end begins no POST; another makes the others at once, without waiting for a claim', async () => {
  const { fixture, poll, stop, answer, other } = await waitingFlows(600);
  const polling = poll();
  await flushPromises();
  expect(fixture.calls).toHaveLength(IN_FLIGHT);
  stop();
  await flushPromises();
  // Of the third chunk nothing was begun: it does not wait for what is in flight of the others.
  expect(fixture.queues.waiting('deliveries')).toMatchObject([{ message: { chunk: 2 } }]);
  answer();
  await polling;
  expect(fixture.calls).toHaveLength(IN_FLIGHT);
  const next = other();
  await next.drain();
  expect(urls(fixture, next)).toHaveLength(600);
  expect(new Set(urls(fixture, next)).size).toBe(600);
});

test('an event that is found by a process that is to end is left to another', async () => {
  const { fixture, poll, stop, other } = await waitingFlows(3);
  fixture.insights.beforeCall = stop;
  await poll();
  expect(fixture.calls).toEqual([]);
  const next = other();
  await next.drain();
  expect(next.calls).toHaveLength(3);
});

test('what has arrived is written down at once: a process that is killed then leaves only what was in flight to be made again', async () => {
  const { fixture, poll, stop, answer, other } = await waitingFlows(3);
  void poll();
  await fixture.clock.advance(3_000);
  answer('flow-0');
  await fixture.clock.advance(1_000);
  stop();
  await flushPromises();
  answer('flow-1');
  await fixture.clock.advance(500);
  // Here it is killed: its clock stands still.
  const next = other(manualClock(fixture.clock.now() + CLAIM_MS + 1));
  await next.backend.pollInstance({ v: 1, instanceId: INSTANCE });
  expect(urls(next)).toEqual([callbackUrl('flow-2')]);
});

test('a retry that comes to a process that is to end is put off, and made by another', async () => {
  const { fixture, poll, stop, other } = await waitingFlows(1);
  fixture.answers.set(callbackUrl('flow-0'), () => answered(503));
  await poll();
  stop();
  await fixture.clock.advance(6_000);
  await fixture.drain();
  expect(fixture.calls).toHaveLength(1);
  await fixture.clock.advance(2_000);
  const next = other();
  await next.drain();
  expect(next.calls).toHaveLength(1);
});

test('instances whose poll was not begun are polled by another', async () => {
  const { fixture, stop } = await waitingFlows(0);
  stop();
  await fixture.backend.pollInstance({ v: 1, instanceId: 'one', others: ['two'] });
  expect(fixture.queues.waiting('polls')).toMatchObject([{ message: { v: 1, instanceId: 'one', others: ['two'] } }]);
});

test('the app knows by the word of the host, and by a signal where that does not end the process', () => {
  const registered: (() => void)[] = [];
  const listening: string[] = [];
  const hooks = { appTerminate: (hook: () => void) => void registered.push(hook) };
  const signals = {
    listenerCount: (signal: string) => (signal === 'SIGTERM' ? 1 : 0),
    on: (signal: string) => void listening.push(signal),
  };
  const stopping = stopSignal(hooks as never, signals as never);
  expect(listening).toEqual(['SIGTERM']);
  expect(stopping.aborted).toBe(false);
  registered[0]?.();
  expect(stopping.aborted).toBe(true);
});

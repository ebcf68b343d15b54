import { describe, expect, test } from '@jest/globals';
import { CustomerInsightsError } from '../../shared/insights/customer-insights.ts';
import { silentLog } from '../../shared/log.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { flushPromises } from '../helpers/manual-clock.ts';
import { accepted, callbackUrl, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const idOf = (index: number): string => `${String(index).padStart(8, '0')}-2222-3333-4444-555555555555`;

interface Stage {
  readonly fixture: MemoryBackend;
  readonly instances: readonly string[];
  /** Polls all of them by one message. */
  readonly poll: () => Promise<void>;
  /** Whose flows were called. */
  readonly called: () => unknown[];
}

/**
 * So many instances, each with a flow that waits for a segment, which has just crossed its
 * threshold.
 */
async function crossed(count: number, options: Parameters<typeof memoryBackend>[0] = {}): Promise<Stage> {
  const fixture = memoryBackend(options);
  const instances = Array.from({ length: count }, (_, index) => idOf(index));
  for (const instanceId of instances) {
    const data = fixture.insights.hold({ instance: { instanceId, name: instanceId, instanceType: 'production' } });
    data.segments = [segment('vip', evaluated(10, 1))];
    const input = { instanceId, segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl(instanceId) };
    await fixture.subscribe('segment-threshold-crossed', input);
    data.segments = [segment('vip', evaluated(200, 2))];
  }
  const [instanceId = '', ...others] = instances;
  return {
    fixture,
    instances,
    poll: () => fixture.backend.pollInstance({ v: 1, instanceId, others }),
    called: () => fixture.calls.map(({ body }) => body['instanceId']),
  };
}

describe('the instances of one message', () => {
  test('are all polled', async () => {
    const { instances, poll, called } = await crossed(16);
    await poll();
    expect(called().sort()).toEqual(instances);
  });

  test('do not wait for one whose Customer Insights gives no answer', async () => {
    const { fixture, instances, poll, called } = await crossed(3);
    const [first = '', ...others] = instances;
    const hanging = Promise.withResolvers<undefined>();
    fixture.insights.beforeCall = (call) => (call.instanceId === first ? hanging.promise : undefined);
    const polling = poll();
    await flushPromises();
    expect(called().sort()).toEqual(others);
    hanging.reject(new CustomerInsightsError('unavailable', 'segments', 'timeout'));
    await polling;
    fixture.insights.beforeCall = () => undefined;
    await poll();
    expect(called().sort()).toEqual(instances);
  });

  test('do not wait for a flow of one of them that never answers', async () => {
    const { fixture, instances, poll, called } = await crossed(3);
    const hanging = Promise.withResolvers<typeof accepted>();
    fixture.answers.set(callbackUrl(idOf(0)), () => hanging.promise);
    const polling = poll();
    await flushPromises();
    expect(called().sort()).toEqual(instances);
    hanging.resolve(accepted);
    await polling;
  });

  test('are polled when storage fails one of them, which is polled again by a message of its own', async () => {
    const lines: unknown[] = [];
    const log = { ...silentLog, error: (event: string, fields: unknown) => void lines.push([event, fields]) };
    const memory = createMemoryTables();
    let isWell = true;
    const tables: Tables = {
      ...memory,
      query: (table, query) =>
        !isWell && table === 'state' && query.partition === idOf(1)
          ? Promise.reject(new StorageError('tables', 'switched off by the test'))
          : memory.query(table, query),
    };
    const { fixture, poll, called } = await crossed(3, { tables, log });
    isWell = false;
    await poll();
    expect(called().sort()).toEqual([idOf(0), idOf(2)]);
    expect(lines).toMatchObject([['poll.failed', { instanceId: idOf(1) }]]);
    expect(fixture.queues.waiting('polls')).toMatchObject([
      { message: { v: 1, instanceId: idOf(1) }, expiresAt: fixture.clock.now() + 45_000 },
    ]);
    // Alone in its message, it fails that: the host shows it again.
    await expect(fixture.backend.pollInstance({ v: 1, instanceId: idOf(1) })).rejects.toThrow(StorageError);
    isWell = true;
    await fixture.drain();
    expect(called().sort()).toEqual([idOf(0), idOf(1), idOf(2)]);
  });
});

describe('the poll slots of a process', () => {
  test('are 32, and one instance has two of them, so one that hangs leaves room for the others', async () => {
    const { fixture, instances, poll, called } = await crossed(40);
    const waiting: (() => void)[] = [];
    let inProgress = 0;
    fixture.insights.beforeCall = () => {
      inProgress += 1;
      return new Promise((resolve) => waiting.push(() => resolve(undefined)));
    };
    const polling = [poll(), poll(), poll()];
    await flushPromises();
    expect(inProgress).toBe(32);
    while (waiting.length > 0) {
      for (const answer of waiting.splice(0)) answer();
      await flushPromises();
    }
    await Promise.all(polling);
    expect(new Set(called())).toEqual(new Set(instances));

    fixture.insights.beforeCall = (call) => (call.instanceId === idOf(0) ? new Promise(() => undefined) : undefined);
    for (let minute = 0; minute < 40; minute++) void fixture.backend.pollInstance({ v: 1, instanceId: idOf(0) });
    await flushPromises();
    fixture.insights.calls.length = 0;
    await fixture.backend.pollInstance({ v: 1, instanceId: idOf(1), others: instances.slice(2) });
    expect(fixture.insights.calls.map(({ instanceId }) => instanceId)).toEqual(instances.slice(1));
  });

  test('are not waited for longer than a message is kept: the next firing finds what was left out', async () => {
    const { fixture, instances, called } = await crossed(33);
    const hanging = Promise.withResolvers<undefined>();
    fixture.insights.beforeCall = () => hanging.promise;
    const [first = '', ...others] = instances;
    const polling = fixture.backend.pollInstance({ v: 1, instanceId: first, others });
    await fixture.clock.advance(45_001);
    hanging.resolve(undefined);
    await polling;
    expect(called()).toHaveLength(32);
    await fixture.backend.pollInstance({ v: 1, instanceId: first, others });
    expect(called().sort()).toEqual(instances);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PollMessage } from '../../shared/deliveries/messages.ts';
import {
  instancesPerMessage,
  pollGroups,
  pollTiming,
  schedulePolls,
  type SchedulePorts,
} from '../../shared/detection/schedule-polls.ts';
import { silentLog } from '../../shared/log.ts';
import { memoryBackend } from '../helpers/memory-backend.ts';
import { flushPromises } from '../helpers/manual-clock.ts';

const NOW = Date.parse('2026-11-23T10:00:00.000Z');
const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `instance-${index}`);

test('each instance is in one message of a firing, whatever their number', () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.nat(1e9), (count, firing) => {
      const groups = pollGroups(ids(count), firing);
      expect(groups.flat().sort()).toEqual(ids(count).sort());
      for (const group of groups) expect(group.length).toBeLessThanOrEqual(16);
    }),
    { numRuns: 50 },
  );
});

test.each([
  [1, 1],
  [64, 1],
  [65, 2],
  [640, 10],
  [1_024, 16],
  [50_000, 16],
])('of %s instances a message carries %s: few are spread over several processes', (count, expected) => {
  expect(instancesPerMessage(count)).toBe(expected);
});

test('a backlog starves nobody: when a third of the messages is worked, everybody has a turn within six firings', () => {
  const all = ids(999);
  const begin = NOW / 60_000;
  for (let first = begin; first < begin + 200; first++) {
    const seen = new Set<string>();
    for (let firing = first; firing < first + 6; firing++) {
      for (const group of pollGroups(all, firing).slice(0, 21)) for (const id of group) seen.add(id);
    }
    expect(seen.size).toBe(all.length);
  }
});

describe('a message is kept for less time than the schedule has between two firings', () => {
  test.each([
    ['0 * * * * *', 60, 45],
    ['*/30 * * * * *', 30, 22.5],
    ['*/7 * * * * *', 4, 5],
    ['0 0 8-18 * * *', 3_600, 2_700],
    ['0 0 0 * * MON', 7 * 86_400, 453_600],
    ['not a schedule', 60, 45],
  ])('%s: %s s, so %s s', (schedule, periodSeconds, seconds) => {
    expect(pollTiming(schedule, NOW)).toEqual({ periodMs: periodSeconds * 1000, messageTtlMs: seconds * 1000 });
  });

  test('as it is sent, by the timer and by a poll that had too few calls', async () => {
    const fixture = memoryBackend({ config: { pollSchedule: '*/20 * * * * *' } });
    for (const id of ids(3)) await register(fixture, id);
    await fixture.backend.schedulePolls();
    const timesToLive = fixture.queues
      .waiting('polls')
      .map(({ expiresAt }) => (expiresAt ?? NaN) - fixture.clock.now());
    expect(timesToLive).toEqual([15_000, 15_000, 15_000]);
  });
});

async function register({ tables }: ReturnType<typeof memoryBackend>, rowKey: string): Promise<void> {
  await tables.write('instances', [{ kind: 'upsert', row: { partitionKey: 'instances', rowKey, v: 1 } }]);
}

test('messages carry several instances once there are many, in a form whose first one an older version polls', async () => {
  const fixture = memoryBackend();
  for (const id of ids(200)) await register(fixture, id);
  await fixture.backend.schedulePolls();
  const messages = fixture.queues.waiting('polls').map(({ message }) => message as PollMessage);
  expect(messages).toHaveLength(50);
  expect(messages.flatMap(({ instanceId, others = [] }) => [instanceId, ...others]).sort()).toEqual(ids(200).sort());
  expect(Object.keys(messages[0] ?? {})).toEqual(['v', 'instanceId', 'others']);
});

describe('sending', () => {
  /** Storage that answers a send on request. */
  function stage(count: number, timing = pollTiming('0 * * * * *', NOW)) {
    let nowMs = NOW;
    const waiting: { readonly take: () => void; readonly fail: () => void }[] = [];
    const timesToLive: number[] = [];
    const warned: unknown[] = [];
    const ports: SchedulePorts = {
      clock: { now: () => nowMs },
      log: { ...silentLog, warn: (event, fields) => void warned.push([event, fields]) },
      timing,
      instanceIds: () => Promise.resolve(ids(count)),
      send: (_, timeToLiveMs) => {
        timesToLive.push(timeToLiveMs);
        return new Promise((take, fail) => waiting.push({ take, fail: () => fail(new Error('storage is down')) }));
      },
    };
    const sent = schedulePolls(ports);
    sent.catch(() => undefined);
    return { sent, waiting, timesToLive, warned, pass: (ms: number) => void (nowMs += ms) };
  }

  test('runs over a bounded number of connections', async () => {
    const { sent, waiting, timesToLive, warned } = stage(16 * 100);
    for (let answered = 0; answered < 100; answered++) {
      await flushPromises();
      expect(timesToLive.length).toBe(Math.min(100, 32 + answered));
      waiting.shift()?.take();
    }
    await sent;
    expect(warned).toEqual([]);
  });

  test('goes on when storage does not take one, and says so at the end', async () => {
    const { sent, waiting, timesToLive } = stage(16 * 100);
    await flushPromises();
    waiting.shift()?.fail();
    while (timesToLive.length < 100) {
      waiting.shift()?.take();
      await flushPromises();
    }
    for (const { take } of waiting) take();
    await expect(sent).rejects.toThrow('storage is down');
  });

  test('gives up on storage that takes none', async () => {
    const { sent, waiting, timesToLive } = stage(16 * 100);
    await flushPromises();
    for (const { fail } of waiting) fail();
    await expect(sent).rejects.toThrow('storage is down');
    expect(timesToLive).toHaveLength(32);
  });

  test('makes all messages of a firing expire together, and leaves what comes later to the next firing', async () => {
    const { sent, waiting, timesToLive, warned, pass } = stage(16 * 64);
    await flushPromises();
    pass(40_000);
    waiting.shift()?.take();
    await flushPromises();
    expect(timesToLive.at(-1)).toBe(5_000);
    pass(5_000);
    for (const { take } of waiting) take();
    await sent;
    expect(timesToLive).toHaveLength(33);
    expect(warned).toEqual([['polls.unsent', { instances: 31 * 16 }]]);
  });
});

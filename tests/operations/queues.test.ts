import { beforeEach, describe, expect, test } from '@jest/globals';
import type { LogFields } from '../../shared/log.ts';
import { silentLog } from '../../shared/log.ts';
import { segmentFixture, type SegmentFixture } from './segment-fixture.ts';

let fixture: SegmentFixture;
let warnings: [string, LogFields | undefined][];
beforeEach(() => {
  warnings = [];
  fixture = segmentFixture({ log: { ...silentLog, warn: (event, fields) => void warnings.push([event, fields]) } });
});

test('queues are shown with their lengths', async () => {
  await fixture.queues.send('retries', {}, { delayMs: 1e9 });
  await fixture.queues.send('retries-poison', {});
  await fixture.queues.send('retries-poison', {});
  expect(await fixture.backend.operator.queues()).toEqual([
    { queue: 'polls', length: 0, poisonLength: 0 },
    { queue: 'deliveries', length: 0, poisonLength: 0 },
    { queue: 'retries', length: 1, poisonLength: 2, poisonOldestSentAt: '2026-11-23T10:00:00.000Z' },
  ]);
});

describe('a redrive', () => {
  test('puts the messages back where they failed, and leaves nothing to the next one', async () => {
    for (let n = 0; n < 100; n++) await fixture.queues.send('polls-poison', { n });
    await fixture.queues.send('retries-poison', { other: true });
    expect(await fixture.backend.operator.redrive('polls')).toEqual({ kind: 'redriven', redriven: 100 });
    const back = fixture.queues.waiting('polls').map(({ message }) => (message as { n: number }).n);
    expect(back.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(fixture.queues.waiting('polls-poison')).toEqual([]);
    expect(fixture.queues.waiting('retries-poison')).toHaveLength(1);
    expect(await fixture.backend.operator.redrive('polls')).toEqual({ kind: 'redriven', redriven: 0 });
  });

  test('takes 1,024 messages a call at most', async () => {
    for (let n = 0; n < 1_030; n++) await fixture.queues.send('deliveries-poison', { n });
    expect(await fixture.backend.operator.redrive('deliveries')).toMatchObject({ redriven: 1_024 });
    expect(await fixture.backend.operator.redrive('deliveries')).toMatchObject({ redriven: 6 });
  });

  test('leaves what is no message', async () => {
    await fixture.queues.send('polls-poison', ['not', 'an', 'object']);
    expect(await fixture.backend.operator.redrive('polls')).toMatchObject({ redriven: 0 });
    expect(await fixture.queues.length('polls-poison')).toBe(1);
  });

  test.each(['', 'poll', 'polls-poison', '../polls'])('of the unknown queue "%s" is refused', async (queue) => {
    expect(await fixture.backend.operator.redrive(queue)).toMatchObject({ code: 'queue-unknown' });
  });
});

test('the sweep reports poison queues that are not empty, and of no others', async () => {
  await fixture.backend.sweep();
  expect(warnings).toEqual([]);
  await fixture.queues.send('deliveries-poison', {});
  await fixture.backend.sweep();
  expect(warnings).toEqual([['queue.poisoned', { queue: 'deliveries', messages: 1 }]]);
});

import { expect, test } from '@jest/globals';
import type { Point } from '../../bench/benchmark.ts';
import { flatnessTargets, growthOf } from '../../bench/soak/flatness.ts';
import type { Watched } from '../../bench/soak/watch.ts';

/** Six minutes, every two seconds. */
function series(valueAt: (minute: number, index: number) => number): Point[] {
  return Array.from({ length: 180 }, (_, index) => ({ minute: index / 30, value: valueAt(index / 30, index) }));
}

/** The same every time, and never twice the same in a row. */
const noise = (index: number): number => Math.sin(index * 12.9898);

const flat: Watched = {
  // Rises while it warms up; then by a tenth and back, as garbage comes and goes.
  resident: series((minute, index) => (minute < 1 ? 100e6 + minute * 50e6 : 150e6 + (index % 8) * 2e6)),
  liveHeap: series((minute, index) => (minute < 1 ? 30e6 + minute * 15e6 : 45e6 + noise(index) * 5e5)),
  handles: series((minute, index) => (minute < 0.2 ? 40 : 420 + Math.round(noise(index) * 20))),
  queueAges: {
    polls: series((_, index) => index % 2),
    deliveries: series(() => 0),
    retries: series((_, index) => 1 + noise(index)),
  },
};

const run = { countedFromMinute: 1, pollSeconds: 5, instances: 4 };
const missed = (watched: Watched): string[] =>
  flatnessTargets(watched, run).flatMap(({ what, met }) => (met ? [] : [what]));

test('a host that warms up and is noisy then is flat', () => {
  expect(missed(flat)).toEqual([]);
});

test('a heap that keeps 200 bytes of each delivery is not', () => {
  const deliveriesPerMinute = 2_450;
  const liveHeap = series((minute, index) => 45e6 + noise(index) * 5e5 + minute * deliveriesPerMinute * 200);
  expect(missed({ ...flat, liveHeap })).toEqual(['growth of the heap in use']);
});

test('resident memory that rises by 4 MB a minute below its noise is not', () => {
  const resident = flat.resident.map(({ minute, value }) => ({ minute, value: value + minute * 4e6 }));
  expect(missed({ ...flat, resident })).toEqual(['growth of resident memory']);
});

test('handles of which every third poll loses one are not', () => {
  const handles = flat.handles.map(({ minute, value }) => ({ minute, value: value + Math.round(minute * 16) }));
  expect(missed({ ...flat, handles })).toEqual(['handles, most in the last minute less most in the first']);
});

test.each(['polls', 'deliveries', 'retries'] as const)(
  'one message of %s that waits longer than a poll is seen',
  (queue) => {
    const ages = flat.queueAges[queue].map((point, index) => (index === 100 ? { ...point, value: 5.1 } : point));
    const queueAges = { ...flat.queueAges, [queue]: ages };
    expect(missed({ ...flat, queueAges })).toEqual(['longest that a message was due, in s']);
  },
);

test('growth is that of the straight line, in either direction', () => {
  expect(growthOf(series((minute) => 100 + minute * 10))).toBeCloseTo(179 / 300);
  expect(growthOf(series((minute) => 100 - minute * 10))).toBeCloseTo(-179 / 300);
  expect(growthOf(series(() => 7))).toBe(0);
});

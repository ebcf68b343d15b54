import { describe, expect, test } from '@jest/globals';
import { evaluated, measure, output, segment } from '../helpers/insights-data.ts';
import { callbackUrl, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const DAY = 24 * 60;
const DAY_MS = DAY * 60_000;

async function watching(): Promise<MemoryBackend> {
  const world = memoryBackend();
  world.data.segments = [segment('vip', evaluated(90, -1)), segment('other', evaluated(0, -1))];
  world.data.measures = [measure('revenue', output(90, -1))];
  const more = { threshold: 100, callbackUrl: callbackUrl('one') };
  await world.subscribe('segment-threshold-crossed', { segmentName: 'vip', ...more });
  await world.subscribe('measure-threshold-crossed', { measureName: 'revenue', ...more });
  await world.poll();
  return world;
}

/** What goes up above the threshold and down again in a day of minute `at`. */
function upAndDown(world: MemoryBackend, at: number): void {
  world.data.segments = [segment('vip', evaluated(90, -1), evaluated(120, at), evaluated(80, at + DAY))];
  world.data.measures = [measure('revenue', output(90, -1), output(120, at), output(80, at + DAY))];
}

describe('what went up and down while nobody looked', () => {
  test.each([1, 5, 14, 26])('is told when polls come back %i days after it', async (days) => {
    const world = await watching();
    upAndDown(world, 2 * DAY);
    await world.clock.advance((days + 2) * DAY_MS);
    await world.poll();
    expect(world.calls.map(({ body }) => body['trigger'])).toEqual([
      'segment-threshold-crossed',
      'measure-threshold-crossed',
    ]);
  });

  test('is told when it is listed a day late', async () => {
    const world = await watching();
    await world.clock.advance(2 * DAY_MS);
    await world.poll();
    upAndDown(world, 1 * DAY + 1);
    await world.poll();
    expect(world.calls).toHaveLength(2);
  });
});

test('the history is asked for as far back as the last look lies, and a day more, of thirty days at most', async () => {
  const world = await watching();
  const asked: unknown[] = [];
  const segments = world.insights.segments.bind(world.insights);
  world.insights.segments = (id, options) => {
    asked.push(options?.historyDays);
    return segments(id, options);
  };
  for (const days of [0, 1, 1.5, 6, 100]) {
    await world.clock.advance(days * DAY_MS);
    await world.poll();
  }
  expect(asked).toEqual([2, 2, 3, 7, 30]);
  asked.length = 0;
  // One that nobody looked at before may have its last value long ago.
  await world.subscribe('segment-threshold-crossed', {
    segmentName: 'other',
    threshold: 1,
    callbackUrl: callbackUrl('two'),
  });
  await world.poll();
  expect(asked).toContain(30);
});

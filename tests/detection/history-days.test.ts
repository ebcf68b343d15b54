import { describe, expect, test } from '@jest/globals';
import { evaluated, measure, output, segment } from '../helpers/insights-data.ts';
import { callbackUrl, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const DAY = 24 * 60;
const DAY_MS = DAY * 60_000;

async function watching(): Promise<MemoryBackend> {
  const fixture = memoryBackend();
  fixture.data.segments = [segment('vip', evaluated(90, -1)), segment('other', evaluated(0, -1))];
  fixture.data.measures = [measure('revenue', output(90, -1))];
  const more = { threshold: 100, callbackUrl: callbackUrl('one') };
  await fixture.subscribe('segment-threshold-crossed', { segmentName: 'vip', ...more });
  await fixture.subscribe('measure-threshold-crossed', { measureName: 'revenue', ...more });
  await fixture.poll();
  return fixture;
}

/** What goes up above the threshold and down again in a day of minute `at`. */
function upAndDown(fixture: MemoryBackend, at: number): void {
  fixture.data.segments = [segment('vip', evaluated(90, -1), evaluated(120, at), evaluated(80, at + DAY))];
  fixture.data.measures = [measure('revenue', output(90, -1), output(120, at), output(80, at + DAY))];
}

describe('what went up and down between two polls', () => {
  test.each([1, 5, 14, 26])('is reported when polls come back %i days after it', async (days) => {
    const fixture = await watching();
    upAndDown(fixture, 2 * DAY);
    await fixture.clock.advance((days + 2) * DAY_MS);
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => body['trigger'])).toEqual([
      'segment-threshold-crossed',
      'measure-threshold-crossed',
    ]);
  });

  test('is reported when it is listed a day late', async () => {
    const fixture = await watching();
    await fixture.clock.advance(2 * DAY_MS);
    await fixture.poll();
    upAndDown(fixture, 1 * DAY + 1);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(2);
  });
});

test('the history is asked for as far back as the last poll, and a day more, of thirty days at most', async () => {
  const fixture = await watching();
  const asked: unknown[] = [];
  const segments = fixture.insights.segments.bind(fixture.insights);
  fixture.insights.segments = (id, options) => {
    asked.push(options?.historyDays);
    return segments(id, options);
  };
  for (const days of [0, 1, 1.5, 6, 100]) {
    await fixture.clock.advance(days * DAY_MS);
    await fixture.poll();
  }
  expect(asked).toEqual([2, 2, 3, 7, 30]);
  asked.length = 0;
  // One that was not read before may have its last value long ago.
  await fixture.subscribe('segment-threshold-crossed', {
    segmentName: 'other',
    threshold: 1,
    callbackUrl: callbackUrl('two'),
  });
  await fixture.poll();
  expect(asked).toContain(30);
});

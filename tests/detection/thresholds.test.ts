import { describe, expect, test } from '@jest/globals';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import { silentLog } from '../../shared/log.ts';
import { at, evaluated, measure, output, segment } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

async function watching(threshold: number, ...before: [number, number][]): Promise<MemoryBackend> {
  const fixture = memoryBackend();
  fixture.data.segments = [segment('vip', ...before.map(([value, minute]) => evaluated(value, minute)))];
  await fixture.subscribe('segment-threshold-crossed', {
    segmentName: 'vip',
    threshold,
    callbackUrl: callbackUrl('one'),
  });
  return fixture;
}

function now(fixture: MemoryBackend, ...evaluations: [number, number][]): void {
  fixture.data.segments = [segment('vip', ...evaluations.map(([value, minute]) => evaluated(value, minute)))];
}

test('two that read a measure for the first time at the same moment lose nothing that was between their reads', async () => {
  const fixture = memoryBackend();
  const subscribe = (name: string): Promise<unknown> =>
    fixture.subscribe('measure-threshold-crossed', {
      measureName: 'revenue',
      threshold: 100,
      callbackUrl: callbackUrl(name),
    });
  fixture.data.measures = [measure('revenue', output(10, 1))];
  // The slower one has read what is remembered, nothing, and only then the faster one comes, and
  // values.
  fixture.insights.beforeCall = async () => {
    fixture.insights.beforeCall = () => undefined;
    await subscribe('faster');
    fixture.data.measures = [measure('revenue', output(10, 1), output(120, 2), output(20, 3))];
  };
  await subscribe('slower');
  await fixture.poll();
  expect(fixture.calls.map(({ url }) => url)).toEqual([callbackUrl('faster')]);
});

describe('a segment crosses a threshold', () => {
  test('the flow is called once, with what happened', async () => {
    const fixture = await watching(100, [90, 1]);
    now(fixture, [90, 1], [120, 2]);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
    expect(fixture.calls[0]?.url).toBe(callbackUrl('one'));
    expect(fixture.calls[0]?.body).toEqual({
      eventId: expect.stringMatching(/^evt_[A-Za-z0-9_-]{57}$/),
      deliveryId: expect.stringMatching(/^dlv_[A-Za-z0-9_-]{90}$/),
      subscriptionId: expect.stringMatching(/^sub_/),
      trigger: 'segment-threshold-crossed',
      instanceId: INSTANCE,
      occurredAt: at(2),
      segmentName: 'vip',
      displayName: 'The vip',
      threshold: 100,
      previousValue: 90,
      value: 120,
      evaluatedAt: at(2),
    });
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
  });

  test('a value equal to the threshold is not above it', async () => {
    const fixture = await watching(100, [90, 1]);
    now(fixture, [90, 1], [100, 2]);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(0);
    now(fixture, [90, 1], [100, 2], [101, 3]);
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => [body['previousValue'], body['value']])).toEqual([[100, 101]]);
  });

  test('staying above does not fire again, falling re-arms', async () => {
    const fixture = await watching(100, [90, 1]);
    now(fixture, [120, 2]);
    await fixture.poll();
    now(fixture, [130, 3]);
    await fixture.poll();
    now(fixture, [80, 4]);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
    now(fixture, [130, 5]);
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => body['evaluatedAt'])).toEqual([at(2), at(5)]);
  });

  test('an up-and-down between two polls is replayed from the history', async () => {
    const fixture = await watching(100, [90, 1]);
    now(fixture, [90, 1], [120, 2], [80, 3], [140, 4], [70, 5]);
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => body['value']).sort()).toEqual([120, 140]);
  });

  test('a subscription made above its threshold waits for the next edge', async () => {
    const fixture = await watching(100, [150, 1]);
    now(fixture, [160, 2]);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(0);
    now(fixture, [90, 3], [110, 4]);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
  });

  test('a change right after the subscribe fires although no poll has run yet', async () => {
    const fixture = await watching(100, [90, 1]);
    now(fixture, [90, 1], [120, 2]);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
  });

  test('nothing older than the subscription fires, though the poll sees it for the first time', async () => {
    const fixture = memoryBackend();
    fixture.data.segments = [segment('vip', evaluated(90, 1), evaluated(120, 2), evaluated(80, 3))];
    await fixture.subscribe('segment-threshold-crossed', {
      segmentName: 'vip',
      threshold: 100,
      callbackUrl: callbackUrl('one'),
    });
    await fixture.poll();
    expect(fixture.calls).toHaveLength(0);
  });

  test('a second subscriber causes events for the first, and becomes active after them', async () => {
    const fixture = await watching(100, [90, 1]);
    now(fixture, [90, 1], [120, 2]);
    await fixture.subscribe('segment-threshold-crossed', {
      segmentName: 'vip',
      threshold: 110,
      callbackUrl: callbackUrl('two'),
    });
    await fixture.drain();
    expect(fixture.calls.map(({ url }) => url)).toEqual([callbackUrl('one')]);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
  });

  test('failed, cancelled and running evaluations are no observation', async () => {
    const fixture = await watching(100, [90, 1]);
    fixture.data.segments = [
      segment(
        'vip',
        evaluated(500, 2, 'completedfailure'),
        evaluated(500, 3, 'cancelled'),
        evaluated(500, 4, 'running'),
      ),
    ];
    await fixture.poll();
    expect(fixture.calls).toHaveLength(0);
    now(fixture, [95, 5], [101, 6]);
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => body['previousValue'])).toEqual([95]);
  });

  test('a segment that was never evaluated takes its first evaluation as a baseline', async () => {
    const fixture = await watching(100);
    now(fixture, [120, 1]);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(0);
    now(fixture, [90, 2], [120, 3]);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
  });

  test('a segment that was never evaluated loses none of the evaluations of days in which nobody polled', async () => {
    const fixture = await watching(100);
    const minutesOfThreeDays = 3 * 24 * 60;
    await fixture.clock.advance(minutesOfThreeDays * 60_000);
    now(fixture, [90, 1], [120, minutesOfThreeDays - 1]);
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => [body['previousValue'], body['value']])).toEqual([[90, 120]]);
  });

  test('a segment whose evaluations have failed for days begins with its last success, whenever another was polled', async () => {
    const fixture = memoryBackend();
    const subscribe = (segmentName: string): Promise<unknown> =>
      fixture.subscribe('segment-threshold-crossed', { segmentName, threshold: 100, callbackUrl: callbackUrl('one') });
    fixture.data.segments = [segment('other')];
    await subscribe('other');
    const minutesOfFiveDays = 5 * 24 * 60;
    await fixture.clock.advance(minutesOfFiveDays * 60_000);
    await fixture.poll();
    const failed = evaluated(0, minutesOfFiveDays - 60, 'completedfailure');
    fixture.data.segments = [segment('vip', evaluated(90, 1), failed)];
    await subscribe('vip');
    fixture.data.segments = [segment('vip', evaluated(90, 1), failed, evaluated(120, minutesOfFiveDays + 1))];
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => [body['previousValue'], body['value']])).toEqual([[90, 120]]);
  });

  test('the same instant in another spelling is the same evaluation', async () => {
    const fixture = await watching(100, [90, 1]);
    now(fixture, [90, 1], [120, 2]);
    await fixture.poll();
    fixture.data.segments = [segment('vip', { ...evaluated(120, 2), evaluatedAt: '2026-11-23T12:02:00.000+02:00' })];
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
  });

  test('only the thresholds between the two values are crossed', async () => {
    const fixture = await watching(90, [90, 1]);
    for (const threshold of [-5, 89.5, 100, 119.99, 120, 121]) {
      await fixture.subscribe('segment-threshold-crossed', {
        segmentName: 'vip',
        threshold,
        callbackUrl: callbackUrl(`t${String(threshold).replace(/[.-]/g, 'x')}`),
      });
    }
    now(fixture, [120, 2]);
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => body['threshold']).sort((a, b) => Number(a) - Number(b))).toEqual([
      90, 100, 119.99,
    ]);
  });
});

describe('a measure crosses a threshold', () => {
  test('what happened between two polls is read from the history of the measure alone that changed', async () => {
    const fixture = memoryBackend();
    fixture.data.measures = [measure('revenue', output(10.5, 1)), measure('quiet', output(1, 1))];
    await fixture.subscribe('measure-threshold-crossed', {
      measureName: 'revenue',
      threshold: 20,
      callbackUrl: callbackUrl('one'),
    });
    await fixture.subscribe('measure-threshold-crossed', {
      measureName: 'quiet',
      threshold: 20,
      callbackUrl: callbackUrl('two'),
    });
    fixture.data.measures = [
      measure('revenue', output(10.5, 1), output(20.25, 2), output(15, 3)),
      measure('quiet', output(1, 1)),
    ];
    fixture.insights.calls.length = 0;
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => [body['measureName'], body['previousValue'], body['value']])).toEqual([
      ['revenue', 10.5, 20.25],
    ]);
    expect(fixture.insights.calls.filter(({ method }) => method === 'measure')).toHaveLength(1);
  });

  test.each(['refused', 'unavailable'] as const)('although the history of another is %s', async (kind) => {
    const fixture = memoryBackend();
    const both = (...outputs: ReturnType<typeof output>[]) => [
      measure('broken', ...outputs),
      measure('revenue', ...outputs),
    ];
    fixture.data.measures = both(output(10, 1));
    for (const measureName of ['broken', 'revenue'])
      await fixture.subscribe('measure-threshold-crossed', {
        measureName,
        threshold: 20,
        callbackUrl: callbackUrl(measureName),
      });
    fixture.insights.beforeCall = (call) => {
      if (call.subject === 'broken') failing(kind)(call);
    };
    fixture.data.measures = both(output(10, 1), output(30, 2), output(15, 3));
    await fixture.poll();
    const called = (): unknown[] => fixture.calls.map(({ body }) => [body['measureName'], body['value']]);
    expect(called()).toEqual([['revenue', 30]]);
    fixture.insights.beforeCall = () => undefined;
    await fixture.poll();
    expect(called()).toEqual([
      ['revenue', 30],
      ['broken', 30],
    ]);
  });

  test('an output that is not one number is no observation', async () => {
    const fixture = memoryBackend();
    fixture.data.measures = [measure('revenue', output(10, 1))];
    await fixture.subscribe('measure-threshold-crossed', {
      measureName: 'revenue',
      threshold: 20,
      callbackUrl: callbackUrl('one'),
    });
    fixture.data.measures = [measure('revenue', output(10, 1), output(undefined, 2), output(30, 3))];
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => [body['previousValue'], body['value']])).toEqual([[10, 30]]);
  });
});

test('every event that is opened is one line of the log', async () => {
  const lines: Record<string, unknown>[] = [];
  const log = { ...silentLog, info: (event: string, fields = {}) => void lines.push({ event, ...fields }) };
  const fixture = memoryBackend({ log });
  now(fixture, [90, 1]);
  await fixture.subscribe('segment-threshold-crossed', {
    segmentName: 'vip',
    threshold: 100,
    callbackUrl: callbackUrl('one'),
  });
  now(fixture, [90, 1], [120, 2], [90, 3], [130, 4]);
  await fixture.poll();
  await fixture.poll();
  expect(lines.filter(({ event }) => event === 'event.opened')).toEqual(
    [2, 4].map((minute) => ({
      event: 'event.opened',
      instanceId: INSTANCE,
      trigger: 'segment-threshold-crossed',
      eventId: expect.stringMatching(/^evt_/),
      occurredAt: at(minute),
      openedAt: new Date(fixture.clock.now()).toISOString(),
    })),
  );
});

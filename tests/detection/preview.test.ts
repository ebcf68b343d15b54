import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { previewThreshold } from '../../shared/detection/preview.ts';
import { at, evaluated, measure, output, segment } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const DAY_MS = 24 * 3600 * 1000;
/** A few values, so that histories reach, cross and stay at thresholds often. */
const value = fc.integer({ min: -3, max: 3 });
const evaluation = fc.record({ value, failed: fc.boolean() });
/** What happens between two polls. */
const history = fc.array(fc.array(evaluation, { maxLength: 5 }), { minLength: 1, maxLength: 8 });

const kinds = {
  'segment-threshold-crossed': {
    name: 'segmentName',
    hold: (fixture: MemoryBackend, known: readonly Known[]) => {
      const entries = known.map((one, minute) =>
        evaluated(one.value, minute, one.failed ? 'completedfailure' : 'completedsuccess'),
      );
      fixture.data.segments = [segment('vip', ...entries)];
    },
  },
  'measure-threshold-crossed': {
    name: 'measureName',
    hold: (fixture: MemoryBackend, known: readonly Known[]) => {
      const entries = known.flatMap((one, minute) => (one.failed ? [] : [output(one.value, minute)]));
      fixture.data.measures = [measure('vip', ...entries)];
    },
  },
} as const;

interface Known {
  readonly value: number;
  readonly failed: boolean;
}

const listed = (rises: readonly { evaluatedAt: unknown; previousValue: unknown; value: unknown }[]): unknown[] =>
  rises.map(({ evaluatedAt, previousValue, value: reached }) => [evaluatedAt, previousValue, reached]);

describe.each(Object.entries(kinds))('%s', (trigger, { name, hold }) => {
  const kind = trigger as keyof typeof kinds;

  test('a preview lists the calls that a subscription from the first value on was made', async () => {
    const any = fc.tuple(value, history, value);
    await fc.assert(
      fc.asyncProperty(any, async ([first, polls, threshold]) => {
        const fixture = memoryBackend();
        const known: Known[] = [{ value: first, failed: false }];
        hold(fixture, known);
        const input = { [name]: 'vip', threshold };
        await fixture.subscribe(kind, { ...input, callbackUrl: callbackUrl('one') });
        for (const between of polls) {
          known.push(...between);
          hold(fixture, known);
          await fixture.poll();
        }
        const ports = { insights: fixture.insights, clock: fixture.clock, allowedInstances: new Set<string>() };
        const preview = await previewThreshold(ports, kind, { instanceId: INSTANCE, ...input });
        if (preview.kind !== 'previewed') throw new Error(preview.detail);
        const calls = fixture.calls.map(({ body }) => body as never);
        expect(listed(preview.crossings.toReversed())).toEqual(listed(calls));
        expect(preview.evaluations).toBe(known.filter(({ failed }) => !failed).length);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a preview', () => {
  const previewOf = (fixture: MemoryBackend, body: object) =>
    fixture.backend.previewThreshold('segment-threshold-crossed', {
      instanceId: INSTANCE,
      segmentName: 'vip',
      ...body,
    });

  test('is of the days asked for, and knows the value before them', async () => {
    const fixture = memoryBackend();
    fixture.data.segments = [
      segment('vip', evaluated(90, 0), evaluated(120, 10), evaluated(80, 20), evaluated(130, 30)),
    ];
    await fixture.clock.advance(Date.parse(at(5)) + DAY_MS - fixture.clock.now());
    expect(await previewOf(fixture, { threshold: 100, days: 1 })).toEqual({
      kind: 'previewed',
      instanceId: INSTANCE,
      trigger: 'segment-threshold-crossed',
      name: 'vip',
      displayName: 'The vip',
      threshold: 100,
      since: at(5),
      evaluations: 3,
      crossings: [
        { evaluatedAt: at(30), previousValue: 80, value: 130 },
        { evaluatedAt: at(10), previousValue: 90, value: 120 },
      ],
    });
    expect(fixture.insights.calls).toEqual([{ method: 'segments', instanceId: INSTANCE }]);
  });

  test('refuses what a subscribe refuses, in the same words', async () => {
    const fixture = memoryBackend({ config: { allowedInstances: new Set([INSTANCE]) } });
    fixture.data.measures = [{ ...measure('byCountry', output(1, 1)), withoutDimension: false }];
    const elsewhere = { instanceId: '99999999-2222-3333-4444-555555555555', threshold: 1 };
    expect(await previewOf(fixture, { threshold: 1 })).toMatchObject({ code: 'segment-unknown' });
    expect(await previewOf(fixture, elsewhere)).toMatchObject({ code: 'instance-not-allowed' });
    expect(await previewOf(fixture, { threshold: 1, days: 31 })).toMatchObject({
      code: 'body-invalid',
      errors: [{ pointer: '/days' }],
    });
    const ofMeasure = (measureName: string) =>
      fixture.backend.previewThreshold('measure-threshold-crossed', {
        instanceId: INSTANCE,
        measureName,
        threshold: 1,
      });
    expect(await ofMeasure('byCountry')).toMatchObject({
      code: 'measure-has-dimension',
      detail: expect.stringContaining('has a dimension'),
    });
    fixture.data.measures = [{ ...measure('ofEach'), withoutDimension: false, isOfCustomers: true }];
    expect(await ofMeasure('ofEach')).toMatchObject({
      code: 'measure-has-dimension',
      detail: expect.stringMatching(/^This is a customer measure\./),
    });
    expect(await ofMeasure('nobody')).toMatchObject({ code: 'measure-unknown' });
  });

  test('names the other action for a measure in the place of a segment, and the reverse', async () => {
    const fixture = memoryBackend();
    fixture.data.segments = [{ ...segment('vip', evaluated(90, 0)), displayName: 'Very important' }];
    fixture.data.measures = [measure('Revenue', output(1, 1))];
    expect(await previewOf(fixture, { threshold: 1, segmentName: 'revenue' })).toMatchObject({
      code: 'segment-unknown',
      detail:
        'Revenue is a measure, not a segment. Choose Segment from the list, or use the action Preview a threshold of a measure.',
    });
    const body = { instanceId: INSTANCE, measureName: 'Very important', threshold: 1 };
    expect(await fixture.backend.previewThreshold('measure-threshold-crossed', body)).toMatchObject({
      code: 'measure-unknown',
      detail:
        'vip is a segment, not a measure. Choose Measure from the list, or use the action Preview a threshold of a segment.',
    });
  });

  test('knows similar names, and takes blanks around one for a slip', async () => {
    const fixture = memoryBackend();
    fixture.data.segments = [segment('vip', evaluated(90, 0))];
    fixture.data.measures = [measure('Revenue', output(1, 1))];
    expect(await previewOf(fixture, { threshold: 1, segmentName: 'vips' })).toMatchObject({
      detail: expect.stringContaining('Did you mean vip (in the list: The vip)?'),
    });
    expect(await previewOf(fixture, { threshold: 1, segmentName: ' vip' })).toMatchObject({ name: 'vip' });
    const body = { instanceId: INSTANCE, measureName: 'revenues', threshold: 1 };
    expect(await fixture.backend.previewThreshold('measure-threshold-crossed', body)).toMatchObject({
      detail: expect.stringContaining('Did you mean Revenue (in the list: The Revenue)?'),
    });
  });
});

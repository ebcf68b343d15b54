import { beforeEach, describe, expect, test } from '@jest/globals';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import { at, evaluated, job, measure, output, segment } from '../helpers/insights-data.ts';
import { callbackUrl } from '../helpers/memory-backend.ts';
import { MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

let fixture: SegmentFixture;
beforeEach(() => {
  fixture = segmentFixture();
});

/** Oldest first, as the sentences are read. */
async function explained(id: string, days = 7): Promise<(readonly [sentence: string, fires: boolean])[]> {
  const found = await fixture.backend.operator.observations(id, days);
  if (found.kind === 'refused') throw new Error(found.detail);
  return found.value.map(({ sentence, fires }) => [sentence, fires] as const).toReversed();
}

/** The segment has these evaluations, one each minute after the other, and is polled. */
async function evaluate(...counts: readonly (number | 'failed')[]): Promise<void> {
  const evaluations = counts.map((count, index) =>
    count === 'failed' ? evaluated(0, index + 1, 'completedfailure') : evaluated(count, index + 1),
  );
  fixture.data.segments = [segment('vip', ...evaluations)];
  await fixture.poll();
}

describe('the observations of a subscription', () => {
  test('say of each evaluation why it fired or not, newest first', async () => {
    const { id } = await fixture.flow('one');
    await evaluate(90, 120, 150, 'failed', 150, 90, 95, 130);
    expect(await explained(id)).toEqual([
      ['90: the first value, nothing before it to compare with', false],
      ['90 → 120: crossed 100', true],
      ['120 → 150: stayed above 100', false],
      ['evaluation failed, kept 150', false],
      ['150 stayed above 100', false],
      ['150 → 90: fell, re-armed', false],
      ['90 → 95: rose, not above 100', false],
      ['95 → 130: crossed 100', true],
    ]);
    const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 10 });
    const found = await fixture.backend.operator.observations(id, 7);
    expect(found).toMatchObject({
      threshold: 100,
      displayName: 'The vip',
      value: [{ evaluatedAt: at(8), value: 130 }, {}, {}, {}, {}, {}, {}, {}],
    });
    expect(deliveries.map(({ occurredAt }) => occurredAt)).toEqual([at(8), at(2)]);
  });

  test('do not fire for what was taken before it was made, nor after a new save replaced it', async () => {
    await fixture.flow('earlier');
    await evaluate(90, 120, 90);
    const flow = { workflowId: 'a-flow', operationName: 'When' };
    const { id } = await fixture.flow('one', {}, flow);
    await evaluate(90, 120, 90, 121, 90);
    await fixture.flow('two', {}, flow);
    await evaluate(90, 120, 90, 121, 90, 122);
    expect((await explained(id)).filter(([sentence]) => sentence.includes('crossed'))).toEqual([
      ['90 → 120: crossed 100, before this subscription was made', false],
      ['90 → 121: crossed 100', true],
      ['90 → 122: crossed 100, after the flow was saved again', false],
    ]);
  });

  test('do not fire before the next poll has seen them', async () => {
    const { id } = await fixture.flow('one');
    fixture.data.segments = [segment('vip', evaluated(90, 1), evaluated(120, 2))];
    expect((await explained(id)).at(-1)).toEqual([
      '90 → 120: crossed 100; not polled yet, the next poll decides',
      false,
    ]);
    await fixture.poll();
    expect((await explained(id)).at(-1)).toEqual(['90 → 120: crossed 100', true]);
  });

  test('of a measure are explained too', async () => {
    fixture.data.measures = [measure('revenue', output(5, 1))];
    const input = { measureName: 'revenue', threshold: 7, callbackUrl: callbackUrl('m') };
    const { id } = await fixture.subscribe('measure-threshold-crossed', input);
    const failures = [
      { evaluatedAt: at(3), error: 'The store is closed.' },
      { evaluatedAt: undefined, error: 'When?' },
    ];
    fixture.data.measures = [{ ...measure('revenue', output(5, 1), output(8, 2)), failures }];
    await fixture.poll();
    expect((await explained(id)).slice(1)).toEqual([
      ['5 → 8: crossed 7', true],
      ['evaluation failed, kept 8 (The store is closed.)', false],
    ]);
  });

  test('reach back as many days as are asked for', async () => {
    const { id } = await fixture.flow('one');
    await evaluate(90, 120);
    await fixture.pass(2 * 24 * 60 * MINUTE);
    expect(await explained(id, 3)).toHaveLength(2);
    // The value that holds is always among them, and compared with the one before it.
    expect(await explained(id, 1)).toEqual([['90 → 120: crossed 100', true]]);
  });

  test('are the last one remembered while Customer Insights gives no answer', async () => {
    const { id } = await fixture.flow('one');
    await evaluate(90, 120);
    fixture.insights.beforeCall = failing('unavailable');
    expect(await fixture.backend.operator.observations(id, 7)).toMatchObject({
      // Not that it was the first, nor that nothing was crossed: a delivery may prove the contrary.
      value: [
        {
          evaluatedAt: at(2),
          value: 120,
          outcome: 'unknown',
          sentence: '120: the last known value. The evaluations before it cannot be read now',
        },
      ],
      historyMissing: expect.stringContaining('set to fail'),
    });
    fixture.insights.beforeCall = () => undefined;
    fixture.data.segments = [];
    expect(await fixture.backend.operator.observations(id, 7)).toMatchObject({
      value: [{ value: 120 }],
      historyMissing: expect.stringContaining('no segment or measure of this name'),
    });
  });

  test('cost one call to Customer Insights', async () => {
    const { id } = await fixture.flow('one');
    const jobs = await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('two') });
    fixture.insights.calls.length = 0;
    await fixture.backend.operator.observations(id, 7);
    expect(fixture.insights.calls.map(({ method }) => method)).toEqual(['segments']);
    expect(await fixture.backend.operator.observations(jobs.id, 7)).toEqual({ kind: 'observed', value: [] });
    expect(fixture.insights.calls.map(({ method }) => method)).toEqual(['segments', 'jobs']);
  });

  test('of refreshes are read from the newest 100 jobs', async () => {
    const { id } = await fixture.subscribe('full-refresh-completed', {
      callbackUrl: callbackUrl('full'),
      startedBy: 'user',
    });
    const scheduled = { operationType: 'all', submissionKind: 'scheduled' };
    const toldBehind = async (newer: number): Promise<number> => {
      const others = Array.from({ length: newer }, () => job({ operationType: 'segmentation', submittedAt: at(5) }));
      fixture.data.jobs = [...others, job(scheduled)];
      return (await explained(id)).length;
    };
    expect(await toldBehind(99)).toBe(1);
    expect(await toldBehind(100)).toBe(0);
  });

  test.each(['', 'sub_1'])('of "%s" are unknown', async (id) => {
    expect(await fixture.backend.operator.observations(id, 7)).toMatchObject({ code: 'subscription-unknown' });
  });
});

import { describe, expect, test } from '@jest/globals';

import {
  failing,
  memoryCustomerInsights,
  type MemoryCustomerInsights,
} from '../../shared/insights/memory-customer-insights.ts';
import { jumpingClock } from './jumping-clock.ts';

const instance = { instanceId: 'i1', name: 'Contoso', instanceType: 'production' };
const segment = { name: 'VIP', displayName: 'VIP', state: 'active', latest: undefined, history: [] };
const node = {
  operationType: 'ingestion',
  identifier: 'd1',
  friendlyName: 'CRM',
  jobIds: ['j1'],
  status: 'successful',
  endedAt: undefined,
};

function open(): MemoryCustomerInsights {
  const insights = memoryCustomerInsights({ clock: jumpingClock(1) });
  insights.hold({ instance, segments: [segment], nodes: [node] });
  return insights;
}

describe('Customer Insights in memory', () => {
  test('shows a change of its data in the next reading, and leaves earlier readings alone', async () => {
    const insights = open();
    const before = await insights.nodes('i1');
    insights.held.get('i1')?.nodes.push({ ...node, identifier: 'd2' });
    expect(before).toEqual([node]);
    expect(await insights.nodes('i1')).toHaveLength(2);
  });

  test('is not changed through its readings', async () => {
    const insights = open();
    (await insights.nodes('i1')).pop();
    expect(await insights.nodes('i1')).toEqual([node]);
  });

  test('counts the calls, failed ones too', async () => {
    const insights = open();
    await insights.instances();
    await insights.measure('i1', 'Revenue', { historyDays: 1 });
    await insights.jobs('i2', { top: 1 }).catch(() => undefined);
    expect(insights.calls).toEqual([
      { method: 'instances' },
      { method: 'measure', instanceId: 'i1', subject: 'Revenue' },
      { method: 'jobs', instanceId: 'i2' },
    ]);
  });

  test('fails as configured, until configured otherwise', async () => {
    const insights = open();
    insights.beforeCall = failing('throttled', { retryAfterMs: 2000 });
    await expect(insights.instances()).rejects.toMatchObject({ kind: 'throttled', retryAfterMs: 2000 });
    insights.beforeCall = () => undefined;
    expect(await insights.instances()).toEqual([instance]);
  });

  test('can fail some methods alone', async () => {
    const insights = open();
    insights.beforeCall = failing('unavailable', { methods: ['jobs', 'segments'] });
    await expect(insights.segments('i1')).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await insights.instance('i1')).toEqual(instance);
  });

  test('reads after the configured delay', async () => {
    const insights = open();
    let proceed = (): void => undefined;
    insights.beforeCall = () => new Promise((resolve) => (proceed = resolve));
    const reading = insights.segments('i1');
    insights.held.get('i1')?.segments.pop();
    proceed();
    expect(await reading).toEqual([]);
  });
});

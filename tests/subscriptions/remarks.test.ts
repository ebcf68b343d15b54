import { beforeEach, expect, test } from '@jest/globals';
import type { SubscriptionView } from '../../shared/subscriptions/subscription-view.ts';
import { evaluated, measure, output, segment } from '../helpers/insights-data.ts';
import { answered, callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const trigger = 'segment-threshold-crossed';
let fixture: MemoryBackend;
beforeEach(() => {
  fixture = memoryBackend();
  fixture.data.segments = [{ ...segment('vip', evaluated(90, 1)), state: 'inactive' }];
});

const subscribe = (more: Record<string, unknown> = {}): Promise<SubscriptionView> =>
  fixture.subscribe(trigger, { segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl('one'), ...more });

/** The subscription wherever it is shown. */
async function shown({ id }: SubscriptionView): Promise<SubscriptionView[]> {
  const own = await fixture.backend.getOwn('connection-a', trigger, id);
  const { views } = await fixture.backend.listOwn('connection-a', trigger, { limit: 10 });
  const managed = await fixture.backend.operator.getSubscription(id);
  if (own.kind === 'refused' || managed.kind === 'refused') throw new Error('not found');
  return [own.view, ...views, managed.subscription];
}

test('the same subscribe with another label stores it; without one the label stays', async () => {
  const first = await subscribe({ label: 'old' });
  expect((await subscribe({ label: 'new' })).label).toBe('new');
  await subscribe();
  await subscribe({ label: '' });
  for (const view of await shown(first)) expect(view).toMatchObject({ id: first.id, label: 'new' });
});

test('a label is stored too by the subscribe that resumes', async () => {
  const first = await subscribe({ label: 'old' });
  fixture.answers.set(callbackUrl('one'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  fixture.data.segments = [segment('vip', evaluated(90, 1), evaluated(120, 2))];
  await fixture.poll();
  expect((await shown(first))[0]).toMatchObject({ status: 'paused', label: 'old' });
  await subscribe({ label: 'new' });
  expect((await shown(first))[0]).toMatchObject({ status: 'active', label: 'new' });
});

test('a warning is shown wherever the subscription is, until a subscribe has no reason for it', async () => {
  const first = await subscribe();
  expect(first.warnings).toEqual([expect.stringContaining('inactive')]);
  for (const view of await shown(first)) expect(view.warnings).toEqual(first.warnings);
  fixture.data.segments = [segment('vip', evaluated(90, 1))];
  await subscribe();
  for (const view of await shown(first)) expect(view).not.toHaveProperty('warnings');
});

test('the same subscribe again writes nothing', async () => {
  const first = await subscribe({ label: 'same' });
  const row = (): ReturnType<typeof fixture.tables.query> =>
    fixture.tables.query('subscriptions', { partition: { from: '0', to: '~' } });
  const before = await row();
  await subscribe({ label: 'same' });
  expect(await row()).toEqual(before);
  expect(first.label).toBe('same');
});

const trySubscribing = (trigger: Parameters<typeof fixture.subscribe>[0], input: object): Promise<SubscriptionView> =>
  fixture.subscribe(trigger, { callbackUrl: callbackUrl('one'), ...input });

test('a value above the threshold already is warned of, wherever the subscription is shown', async () => {
  fixture.data.segments = [segment('vip', evaluated(57, 1))];
  const first = await subscribe({ threshold: 40 });
  expect(first.warnings).toEqual([
    expect.stringMatching(/^The segment has 57 members .+ already above 40: the flow starts only after/),
  ]);
  for (const view of await shown(first)) expect(view.warnings).toEqual(first.warnings);
});

test('a negative threshold of a count is warned of, of a segment and of a measure that counts', async () => {
  fixture.data.measures = [{ ...measure('Orders', output(3, 1)), isCount: true }, measure('Balance', output(-3, 1))];
  expect(await subscribe({ threshold: -1 })).toMatchObject({
    warnings: [expect.anything(), expect.stringContaining('never below 0')],
  });
  const ofMeasure = (measureName: string) =>
    trySubscribing('measure-threshold-crossed', { measureName, threshold: -1 });
  expect(await ofMeasure('Orders')).toMatchObject({ warnings: [expect.stringContaining('never below 0')] });
  expect(await ofMeasure('Balance')).not.toHaveProperty('warnings');
});

test('a measure whose value is no number is warned of', async () => {
  fixture.data.measures = [measure('Best', { ...output(undefined, 1), nonNumber: 'a text' })];
  const made = await trySubscribing('measure-threshold-crossed', { measureName: 'Best', threshold: 1 });
  expect(made.warnings).toEqual([expect.stringContaining('The value of this measure is a text, not one number')]);
});

test('an inactive data source is warned of', async () => {
  const dataSourceId = 'aaaaaaaa-2222-3333-4444-555555555555';
  const source = { dataSourceId, name: 'crm', displayName: 'CRM', refreshState: undefined, lastRefreshAt: undefined };
  fixture.data.dataSources = [{ ...source, active: false }];
  const made = await trySubscribing('data-source-refresh-failed', { dataSourceId });
  expect(made).toMatchObject({
    title: expect.stringMatching(/^CRM fails · /),
    warnings: [expect.stringContaining('inactive')],
  });
});

test('a title has the name that people see, also after it was changed there', async () => {
  const first = await subscribe({ label: 'VIPs' });
  expect(first.title).toBe('The vip above 100 · VIPs');
  fixture.data.segments = [{ ...segment('vip', evaluated(90, 1)), displayName: 'Very important' }];
  await subscribe();
  for (const view of await shown(first)) expect(view.title).toBe('Very important above 100 · VIPs');
});

test('blanks around a name or an id do not count', async () => {
  const first = await subscribe({ segmentName: '  vip ', label: 'VIPs', instanceId: ` ${INSTANCE} ` });
  expect(first).toMatchObject({ segmentName: 'vip', label: 'VIPs', instanceId: INSTANCE });
  expect(await subscribe({ label: '   ' })).toMatchObject({ id: first.id, label: 'VIPs' });
});

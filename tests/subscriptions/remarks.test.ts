import { beforeEach, expect, test } from '@jest/globals';
import type { SubscriptionView } from '../../shared/subscriptions/subscription-view.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { answered, callbackUrl, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const trigger = 'segment-threshold-crossed';
let world: MemoryBackend;
beforeEach(() => {
  world = memoryBackend();
  world.data.segments = [{ ...segment('vip', evaluated(90, 1)), state: 'inactive' }];
});

const subscribe = (more: Record<string, unknown> = {}): Promise<SubscriptionView> =>
  world.subscribe(trigger, { segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl('one'), ...more });

/** The subscription wherever it is shown. */
async function shown({ id }: SubscriptionView): Promise<SubscriptionView[]> {
  const own = await world.backend.getOwn('connection-a', trigger, id);
  const { views } = await world.backend.listOwn('connection-a', trigger, { limit: 10 });
  const managed = await world.backend.operator.getSubscription(id);
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
  world.answers.set(callbackUrl('one'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  world.data.segments = [segment('vip', evaluated(90, 1), evaluated(120, 2))];
  await world.poll();
  expect((await shown(first))[0]).toMatchObject({ status: 'paused', label: 'old' });
  await subscribe({ label: 'new' });
  expect((await shown(first))[0]).toMatchObject({ status: 'active', label: 'new' });
});

test('a warning is shown wherever the subscription is, until a subscribe has no reason for it', async () => {
  const first = await subscribe();
  expect(first.warnings).toEqual([expect.stringContaining('inactive')]);
  for (const view of await shown(first)) expect(view.warnings).toEqual(first.warnings);
  world.data.segments = [segment('vip', evaluated(90, 1))];
  await subscribe();
  for (const view of await shown(first)) expect(view).not.toHaveProperty('warnings');
});

test('the same subscribe again writes nothing', async () => {
  const first = await subscribe({ label: 'same' });
  const row = (): ReturnType<typeof world.tables.query> =>
    world.tables.query('subscriptions', { partition: { from: '0', to: '~' } });
  const before = await row();
  await subscribe({ label: 'same' });
  expect(await row()).toEqual(before);
  expect(first.label).toBe('same');
});

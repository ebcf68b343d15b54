import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Subscriber } from '../../shared/subscriptions/subscription-draft.ts';
import type { SubscriptionView } from '../../shared/subscriptions/subscription-view.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { answered, callbackUrl, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const MINUTE = 60_000;
const flow: Partial<Subscriber> = { workflowId: 'f0f0', operationName: 'When_it_crosses' };
let fixture: MemoryBackend;
let minute: number;

beforeEach(() => {
  fixture = memoryBackend();
  minute = 1;
  fixture.data.segments = [segment('vip', evaluated(90, minute)), segment('other', evaluated(90, minute))];
});

const save = (name: string, more: Record<string, unknown> = {}, who = flow): Promise<SubscriptionView> =>
  fixture.subscribe(
    'segment-threshold-crossed',
    { segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl(name), ...more },
    who,
  );

const remove = ({ id }: SubscriptionView): Promise<void> =>
  fixture.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);

async function rise(): Promise<void> {
  fixture.data.segments = ['vip', 'other'].map((name) =>
    segment(name, evaluated(120, minute + 1), evaluated(90, minute + 2)),
  );
  minute += 2;
  await fixture.poll();
}

const pass = (ms: number): Promise<void> => fixture.pass(ms);

const urls = (): string[] => fixture.calls.map(({ url }) => new URL(url).hostname.split('.')[0] ?? '');
const stale = (name: string): void =>
  void fixture.answers.set(callbackUrl(name), () => answered(404, 'WorkflowTriggerVersionNotFound'));

describe('a flow that is saved again', () => {
  test('subscribe first: the old version gets nothing more, the new one everything once', async () => {
    const old = await save('v1');
    const next = await save('v2');
    expect(next.id).not.toBe(old.id);
    await rise();
    expect(urls()).toEqual(['v2']);
    await remove(old);
    await rise();
    expect(urls()).toEqual(['v2', 'v2']);
  });

  test('unsubscribe first: an event in between goes to the new version, once', async () => {
    const old = await save('v1');
    await remove(old);
    await rise();
    expect(urls()).toEqual([]);
    await pass(MINUTE);
    await save('v2');
    await pass(MINUTE);
    expect(urls()).toEqual(['v2']);
    await rise();
    expect(urls()).toEqual(['v2', 'v2']);
    await pass(24 * 60 * MINUTE);
    expect(urls()).toEqual(['v2', 'v2']);
  });

  test('unsubscribe alone: what came after is dropped when the grace is over, and the row is gone', async () => {
    const old = await save('v1');
    await remove(old);
    await rise();
    await pass(17 * MINUTE);
    await save('v2');
    await pass(MINUTE);
    expect(urls()).toEqual([]);
    const rows = await fixture.tables.query('subscriptions', { partition: { from: '0', to: '~' } });
    expect(rows.rows).toHaveLength(1);
  });

  test('a delivery that waits because the old version is gone goes to the new version at once, under its own id', async () => {
    await save('v1');
    stale('v1');
    await rise();
    expect(urls()).toEqual(['v1']);
    await save('v2');
    await pass(1_000);
    expect(urls()).toEqual(['v1', 'v2']);
    const ids = fixture.calls.map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
    await pass(24 * 60 * MINUTE);
    expect(fixture.calls).toHaveLength(2);
  });

  test('with another segment: what the old one was owed ends, and nothing of it reaches the new one', async () => {
    const old = await save('v1');
    stale('v1');
    await rise();
    await save('v2', { segmentName: 'other' });
    await pass(24 * 60 * MINUTE);
    expect(urls()).toEqual(['v1']);
    await rise();
    expect(urls()).toEqual(['v1', 'v2']);
    await remove(old);
    await rise();
    expect(urls()).toEqual(['v1', 'v2', 'v2']);
  });

  test('a DELETE of the old version that is repeated late takes no waiting delivery from the new one', async () => {
    const old = await save('v1');
    await remove(old);
    await rise();
    await pass(10 * MINUTE);
    stale('v2');
    await save('v2');
    await pass(10 * MINUTE);
    expect(urls()).toEqual(['v2']);
    fixture.answers.clear();
    await remove(old);
    await pass(10 * MINUTE);
    expect(urls()).toEqual(['v2', 'v2']);
    // Nothing needs the redirect when the months are dropped in which a delivery may be.
    await pass(8 * 24 * 60 * MINUTE);
    expect((await fixture.tables.query('subscriptions', { partition: { from: '0', to: '~' } })).rows).toHaveLength(2);
    await pass(123 * 24 * 60 * MINUTE);
    const rows = await fixture.tables.query('subscriptions', { partition: { from: '0', to: '~' } });
    expect(rows.rows).toHaveLength(1);
  });

  test('many times: deliveries follow to the last version', async () => {
    await save('v1');
    stale('v1');
    await rise();
    for (const name of ['v2', 'v3', 'v4']) await save(name);
    await pass(1_000);
    expect(urls()).toEqual(['v1', 'v4']);
    await rise();
    expect(urls()).toEqual(['v1', 'v4', 'v4']);
  });

  test('twice while the backend still knows the first version: both old addresses say so, and the event reaches the last', async () => {
    await save('v1');
    stale('v1');
    stale('v2');
    await rise();
    await save('v2');
    await pass(1_000);
    expect(urls()).toEqual(['v1', 'v2']);
    await save('v3');
    await pass(1_000);
    expect(urls()).toEqual(['v1', 'v2', 'v3']);
    await pass(24 * 60 * MINUTE);
    expect(fixture.calls).toHaveLength(3);
  });

  test('twice, unsubscribing first each time, before what it was owed is out: the last version gets it at once', async () => {
    await remove(await save('v1'));
    await rise();
    await remove(await save('v2'));
    await pass(4_000);
    await save('v3');
    await pass(1_000);
    expect(urls()).toEqual(['v3']);
  });

  test('twice while it is turned off: what waits goes to the last version at once', async () => {
    for (const name of ['v1', 'v2'])
      fixture.answers.set(callbackUrl(name), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await save('v1');
    await rise();
    await save('v2');
    await pass(1_000);
    await save('v3');
    await pass(1_000);
    expect(urls()).toEqual(['v1', 'v2', 'v3']);
  });

  test('twice while its receivers fail: what waits goes to the last version at once', async () => {
    for (const name of ['v1', 'v2']) fixture.answers.set(callbackUrl(name), () => answered(500));
    await save('v1');
    await rise();
    await save('v2');
    await pass(1_000);
    await save('v3');
    await pass(1_000);
    expect(urls()).toEqual(['v1', 'v2', 'v3']);
  });

  test('while its first attempt is under way: the delivery does not wait for the row that was not there yet', async () => {
    await save('v1');
    let answer: (stale: ReturnType<typeof answered>) => void = () => undefined;
    fixture.answers.set(callbackUrl('v1'), () => new Promise((resolve) => (answer = resolve)));
    const rising = rise();
    await fixture.clock.advance(10);
    await save('v2');
    await fixture.drain();
    answer(answered(404, 'WorkflowTriggerVersionNotFound'));
    await rising;
    await pass(1_000);
    expect(urls()).toEqual(['v1', 'v2']);
  });

  test('after it was turned off: what waited goes to the new version', async () => {
    await save('v1');
    fixture.answers.set(callbackUrl('v1'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await rise();
    await rise();
    await save('v2');
    await pass(MINUTE);
    expect(urls()).toEqual(['v1', 'v2', 'v2']);
  });

  test('twenty times at once: one of them is alive, and each event reaches it alone', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => save(`w${index}`)));
    await rise();
    expect(fixture.calls).toHaveLength(1);
    await fixture.pass(131 * 24 * 60 * MINUTE);
    const rows = await fixture.tables.query('subscriptions', { partition: { from: '0', to: '~' } });
    expect(rows.rows).toHaveLength(1);
    const entries = await fixture.tables.query('connections', { partition: 'connection-a' });
    expect(entries.rows.filter(({ rowKey }) => rowKey.startsWith('k:'))).toHaveLength(1);
    expect(entries.rows.find(({ rowKey }) => rowKey === 'n')?.values).toMatchObject({ count: 1 });
  });

  test('another flow, or the same flow of another connection, is none of its business', async () => {
    await save('v1');
    await save('x1', {}, { workflowId: 'another' });
    await save('y1', {}, { ...flow, connection: 'connection-b' });
    await rise();
    expect(urls().sort()).toEqual(['v1', 'x1', 'y1']);
  });
});

describe('the same subscribe', () => {
  test('at once and again gives one subscription, called once', async () => {
    const views = await Promise.all(Array.from({ length: 20 }, () => save('v1')));
    expect(new Set(views.map(({ id }) => id)).size).toBe(1);
    await rise();
    expect(urls()).toEqual(['v1']);
  });

  test('after a delete makes another id, and a late delete of the old one touches nothing', async () => {
    const old = await save('v1', {}, {});
    await remove(old);
    const next = await save('v1', {}, {});
    expect(next.id).not.toBe(old.id);
    await remove(old);
    await rise();
    expect(urls()).toEqual(['v1']);
  });
});

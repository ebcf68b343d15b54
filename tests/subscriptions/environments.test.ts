import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Subscriber } from '../../shared/subscriptions/subscription-draft.ts';
import type { SubscriptionView } from '../../shared/subscriptions/subscription-view.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { callbackUrl, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const flow = { workflowId: 'f0f0', operationName: 'When_it_crosses' };
const one = { ...flow, environmentId: 'Default-One' };
const two = { ...flow, environmentId: 'Default-Two' };
let fixture: MemoryBackend;
let minute: number;

beforeEach(() => {
  fixture = memoryBackend();
  minute = 1;
  fixture.data.segments = [segment('vip', evaluated(90, minute))];
});

const save = (name: string, who: Partial<Subscriber>): Promise<SubscriptionView> =>
  fixture.subscribe(
    'segment-threshold-crossed',
    { segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl(name) },
    who,
  );

/** Who is called by the next event. */
async function called(): Promise<string[]> {
  fixture.calls.length = 0;
  fixture.data.segments = [segment('vip', evaluated(120, minute + 1), evaluated(90, minute + 2))];
  minute += 2;
  await fixture.poll();
  await fixture.pass(60_000);
  return fixture.calls.map(({ url }) => new URL(url).hostname.split('.')[0] ?? '').sort();
}

/** A save by a version that knew the environment, but not as a part of who the flow is. */
async function savedBefore(name: string, environmentId: string): Promise<SubscriptionView> {
  const view = await save(name, flow);
  const { rows } = await fixture.tables.query('subscriptions', { partition: { from: '0', to: '~' } });
  for (const { partitionKey, rowKey, values, etag } of rows) {
    if (!view.id.endsWith(rowKey)) continue;
    const row = { ...values, partitionKey, rowKey, environmentId };
    await fixture.tables.write('subscriptions', [{ kind: 'replace', row, etag }]);
  }
  return view;
}

describe('flows with the same ids in two environments', () => {
  test('are two flows: each is called, and each save replaces its own', async () => {
    await save('one-v1', one);
    await save('two-v1', two);
    expect(await called()).toEqual(['one-v1', 'two-v1']);
    await save('one-v2', one);
    expect(await called()).toEqual(['one-v2', 'two-v1']);
  });

  test('an environment is the same in any case', async () => {
    await save('v1', one);
    await save('v2', { ...flow, environmentId: one.environmentId.toUpperCase() });
    expect(await called()).toEqual(['v2']);
  });
});

describe('a subscription that was made before the environment was part of a flow', () => {
  test('is superseded by a save in the same environment', async () => {
    await savedBefore('v1', one.environmentId.toLowerCase());
    await save('v2', one);
    expect(await called()).toEqual(['v2']);
    await save('v3', one);
    expect(await called()).toEqual(['v3']);
  });

  test('is left alone by a save in another environment, and is replaced by a later one of its own', async () => {
    await savedBefore('one-v1', one.environmentId);
    await save('two-v1', two);
    await save('two-v2', two);
    expect(await called()).toEqual(['one-v1', 'two-v2']);
    await save('one-v2', one);
    expect(await called()).toEqual(['one-v2', 'two-v2']);
  });

  test('is superseded by the first save that names an environment when it names none itself', async () => {
    await save('v1', flow);
    await save('one-v1', one);
    await save('two-v1', two);
    expect(await called()).toEqual(['one-v1', 'two-v1']);
  });

  test('no longer counts for its connection', async () => {
    await savedBefore('v1', one.environmentId);
    await save('v2', one);
    const entries = await fixture.tables.query('connections', { partition: 'connection-a' });
    expect(entries.rows.filter(({ rowKey }) => rowKey.startsWith('k:'))).toHaveLength(1);
    expect(entries.rows.find(({ rowKey }) => rowKey === 'n')?.values).toMatchObject({ count: 1 });
  });

  test('saves at once leave one, whoever adopts it', async () => {
    await savedBefore('v1', one.environmentId);
    await Promise.all(Array.from({ length: 10 }, (_, index) => save(`w${index}`, one)));
    expect(await called()).toHaveLength(1);
  });
});

test('a save whose row is older than the environment, and that comes late, finds the later one', async () => {
  // The claim of a save by an older host, which has not stored its row yet.
  await savedBefore('v1', one.environmentId);
  const { rows } = await fixture.tables.query('connections', { partition: 'connection-a' });
  const before = rows.find(({ rowKey }) => rowKey.startsWith('w:'));
  await save('v2', one);
  const after = await fixture.tables.get('connections', 'connection-a', before?.rowKey ?? '');
  expect(after?.values['subscriptionId']).not.toBe(before?.values['subscriptionId']);
  expect(after?.values['previous']).toBe(before?.values['subscriptionId']);
});

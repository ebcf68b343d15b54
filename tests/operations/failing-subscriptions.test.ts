import { beforeEach, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { HOUR, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

let fixture: SegmentFixture;
beforeEach(() => {
  fixture = segmentFixture({ tables: createMemoryTables() });
});

const failing = async (): Promise<(string | undefined)[]> => {
  const { subscriptions } = await fixture.backend.operator.listSubscriptions({ failing: true }, { limit: 100 });
  return subscriptions.map(({ label }) => label);
};

test('those that fail now are listed, from their first failure to their next success', async () => {
  for (const name of ['fine', 'broken', 'off']) await fixture.flow(name, { label: name });
  fixture.answers.set(callbackUrl('broken'), () => answered(503));
  fixture.answers.set(callbackUrl('off'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  expect(await failing()).toEqual([]);
  await fixture.rise();
  expect(await failing()).toEqual(['broken']);
  fixture.answers.clear();
  await fixture.pass(HOUR);
  expect(await failing()).toEqual([]);
});

test('with a status that is not called they are none', async () => {
  await fixture.flow('broken', { label: 'broken' });
  fixture.answers.set(callbackUrl('broken'), () => answered(503));
  await fixture.failForDays();
  const { subscriptions } = await fixture.backend.operator.listSubscriptions({ status: 'disabled' }, { limit: 100 });
  expect(subscriptions).toHaveLength(1);
  expect(await failing()).toEqual([]);
});

test('those that an operator paused or ended are told from those that their flows did', async () => {
  const [broken, paused, ended] = [
    await fixture.flow('broken', { label: 'broken' }),
    await fixture.flow('paused', { label: 'paused' }),
    await fixture.flow('ended', { label: 'ended' }),
  ];
  fixture.answers.set(callbackUrl('broken'), () => answered(503));
  await fixture.failForDays();
  const { operator } = fixture.backend;
  await operator.pauseSubscription(paused.id);
  await operator.endSubscription(ended.id);
  const listed = async (filter: object): Promise<string[]> => {
    const { subscriptions } = await operator.listSubscriptions(filter, { limit: 100 });
    return subscriptions.map(({ id }) => id).sort();
  };
  expect(await listed({ status: 'disabled', byOperator: true })).toEqual([paused.id]);
  expect(await listed({ status: 'disabled', byOperator: false })).toEqual([broken.id]);
  expect(await listed({ status: 'gone', byOperator: false })).toEqual([]);
  expect(await listed({ byOperator: true })).toEqual([paused.id, ended.id].sort());
});

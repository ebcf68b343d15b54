import { expect, test } from '@jest/globals';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { accepted, callbackUrl } from '../helpers/memory-backend.ts';
import { settle } from '../helpers/manual-clock.ts';
import { drain } from '../helpers/rows.ts';
import { DAY, HOUR, MINUTE, vipWorld } from '../operations/vip-world.ts';

const saver = { workflowId: 'a-flow', operationName: 'When_a_segment_crosses' };
const everything = { partition: { from: ' ', to: '~' } } as const;

test('a superseded subscription stays in the range of its subject while an event of its time is open, and redirects after that', async () => {
  const world = vipWorld();
  const old = await world.flow('one', {}, saver);
  /** The row keys of those that have ended begin with `z`. */
  const endedRows = async (): Promise<boolean[]> =>
    (await drain(world.tables, 'subscriptions', everything)).map(({ rowKey }) => rowKey.startsWith('z'));
  let answer: () => void = () => undefined;
  world.answers.set(callbackUrl('one'), () => new Promise((resolve) => (answer = () => resolve(accepted))));
  // Its last observation before the save.
  world.data.segments = [segment('vip', evaluated(120, 2))];
  const rising = world.poll();
  await settle();
  expect(world.calls).toHaveLength(1);
  await world.flow('two', {}, saver);
  for (let pass = 0; pass < 5; pass++) {
    await world.clock.advance(MINUTE);
    await world.backend.reconcile();
    expect(await endedRows()).toEqual([false, false]);
  }
  answer();
  await rising;
  await world.pass(HOUR);
  expect((await endedRows()).toSorted()).toEqual([false, true]);
  const stored = async (): Promise<unknown> => (await world.backend.operator.getSubscription(old.id)).kind;
  // Of the end of November, kept for three months more.
  await world.pass(97 * DAY);
  expect(await stored()).toBe('found');
  await world.pass(DAY);
  expect(await stored()).not.toBe('found');
});

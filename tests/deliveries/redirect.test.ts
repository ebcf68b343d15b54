import { expect, test } from '@jest/globals';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { accepted, callbackUrl } from '../helpers/memory-backend.ts';
import { flushPromises } from '../helpers/manual-clock.ts';
import { drain } from '../helpers/rows.ts';
import { DAY, HOUR, MINUTE, segmentFixture } from '../operations/segment-fixture.ts';

const saver = { workflowId: 'a-flow', operationName: 'When_a_segment_crosses' };
const everything = { partition: { from: ' ', to: '~' } } as const;

test('a superseded subscription stays in the range of its subject while an event of its time is open, and redirects after that', async () => {
  const fixture = segmentFixture();
  const old = await fixture.flow('one', {}, saver);
  /** The row keys of those that have ended begin with `z`. */
  const endedRows = async (): Promise<boolean[]> =>
    (await drain(fixture.tables, 'subscriptions', everything)).map(({ rowKey }) => rowKey.startsWith('z'));
  let answer: () => void = () => undefined;
  fixture.answers.set(callbackUrl('one'), () => new Promise((resolve) => (answer = () => resolve(accepted))));
  // Its last observation before the save.
  fixture.data.segments = [segment('vip', evaluated(120, 2))];
  const rising = fixture.poll();
  await flushPromises();
  expect(fixture.calls).toHaveLength(1);
  await fixture.flow('two', {}, saver);
  for (let pass = 0; pass < 5; pass++) {
    await fixture.clock.advance(MINUTE);
    await fixture.backend.reconcile();
    expect(await endedRows()).toEqual([false, false]);
  }
  answer();
  await rising;
  await fixture.pass(HOUR);
  expect((await endedRows()).toSorted()).toEqual([false, true]);
  const stored = async (): Promise<unknown> => (await fixture.backend.operator.getSubscription(old.id)).kind;
  // Of the end of November, kept for three months more.
  await fixture.pass(97 * DAY);
  expect(await stored()).toBe('found');
  await fixture.pass(DAY);
  expect(await stored()).not.toBe('found');
});

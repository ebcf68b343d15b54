import { beforeEach, expect, test } from '@jest/globals';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { HOUR, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

let fixture: SegmentFixture;
let id: string;
beforeEach(async () => {
  fixture = segmentFixture();
  ({ id } = await fixture.flow('one', { label: 'One' }));
  await fixture.poll();
});

const instanceMark = async (): Promise<string | undefined> => (await fixture.backend.operator.changes()).marks[0]?.mark;
const subscriptionMark = async (): Promise<unknown> => fixture.backend.operator.subscriptionChange(id);

test('without a change the marks stay, however often they are read', async () => {
  expect(await instanceMark()).toBe(await instanceMark());
  expect(await subscriptionMark()).toEqual(await subscriptionMark());
});

test('an event, and then the outcome of a retry, change the mark of the instance', async () => {
  const marks = [await instanceMark()];
  fixture.answers.set(callbackUrl('one'), () => answered(503));
  await fixture.rise();
  marks.push(await instanceMark());
  fixture.answers.clear();
  await fixture.pass(HOUR);
  marks.push(await instanceMark());
  expect(new Set(marks).size).toBe(3);
});

test('a poll changes the mark of the instance only where polls count', async () => {
  const read = async (withPolls: boolean): Promise<unknown> => fixture.backend.operator.changes({ withPolls });
  const before = [await read(false), await read(true)];
  await fixture.pass(HOUR);
  await fixture.poll();
  expect(await read(false)).toEqual(before[0]);
  expect(await read(true)).not.toEqual(before[1]);
});

test('an operator and a poll change the mark of a subscription', async () => {
  const marks = [await subscriptionMark()];
  await fixture.backend.operator.pauseSubscription(id);
  marks.push(await subscriptionMark());
  await fixture.pass(HOUR);
  await fixture.poll();
  marks.push(await subscriptionMark());
  expect(new Set(marks.map((mark) => JSON.stringify(mark))).size).toBe(3);
});

test('only the named instances have marks', async () => {
  const other = '00000000-0000-4000-8000-000000000000';
  expect((await fixture.backend.operator.changes()).marks.map(({ instanceId }) => instanceId)).toEqual([INSTANCE]);
  expect(
    (await fixture.backend.operator.changes({ instanceIds: [other] })).marks.map(({ instanceId }) => instanceId),
  ).toEqual([other]);
});

test('a text that is no id of a subscription is refused', async () => {
  expect(await fixture.backend.operator.subscriptionChange('x')).toMatchObject({ code: 'subscription-unknown' });
});

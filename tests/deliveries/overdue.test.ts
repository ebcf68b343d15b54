import { beforeEach, describe, expect, test } from '@jest/globals';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { DAY, MINUTE, segmentFixture, type SegmentFixture } from '../operations/segment-fixture.ts';

const URL = callbackUrl('one');
let fixture: SegmentFixture;
let id: string;
beforeEach(async () => {
  fixture = segmentFixture();
  id = (await fixture.flow('one')).id;
});

/** All messages that wait for later are gone. */
function loseMessages(): void {
  for (const { visibleAt } of fixture.queues.waiting('retries')) {
    const received = fixture.queues.receive('retries', visibleAt);
    if (received) fixture.queues.delete('retries', received);
  }
  expect(fixture.queues.waiting('retries')).toEqual([]);
}

describe('a delivery whose message was lost', () => {
  beforeEach(async () => {
    fixture.answers.set(URL, () => answered(503));
    await fixture.rise();
    loseMessages();
    fixture.answers.delete(URL);
  });

  test('goes on within minutes, and once', async () => {
    await fixture.clock.advance(5_000);
    expect(fixture.calls).toHaveLength(1);
    await fixture.pass(10 * MINUTE);
    expect(fixture.calls).toHaveLength(2);
    await fixture.pass(DAY);
    expect(fixture.calls).toHaveLength(2);
  });

  test('whose hints are lost again and again, goes on when one arrives', async () => {
    for (let minute = 0; minute < 60; minute++) {
      await fixture.clock.advance(MINUTE);
      await fixture.backend.reconcile();
      loseMessages();
    }
    expect(fixture.calls).toHaveLength(1);
    await fixture.pass(10 * MINUTE);
    expect(fixture.calls).toHaveLength(2);
  });

  test('and whose hint is lost too, goes on although the next delivery is due much later', async () => {
    await fixture.flow('later');
    const later = { kind: 'answered', status: 429, durationMs: 5, retryAfterMs: 12 * 3_600_000 } as const;
    fixture.answers.set(callbackUrl('later'), () => later);
    fixture.answers.set(URL, () => answered(503));
    await fixture.rise();
    loseMessages();
    fixture.answers.clear();
    await fixture.clock.advance(9 * MINUTE);
    await fixture.backend.reconcile();
    loseMessages();
    await fixture.pass(10 * MINUTE);
    expect(fixture.calls.filter(({ url }) => url === URL)).toHaveLength(4);
  });

  test('ends, when its subscription was the last of its instance', async () => {
    await fixture.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);
    await fixture.pass(10 * MINUTE);
    const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 1 });
    expect(deliveries.map(({ status }) => status)).toEqual(['ended']);
    expect(fixture.calls).toHaveLength(1);
  });

  test('goes on although months have changed', async () => {
    await fixture.clock.advance(8 * DAY);
    await fixture.pass(10 * MINUTE);
    expect(fixture.calls).toHaveLength(2);
  });

  test('is not sent a second message while the queue is behind', async () => {
    await fixture.queues.send('retries', { v: 1, kind: 'release', subscriptionId: id });
    await fixture.clock.advance(15 * MINUTE);
    await fixture.backend.reconcile();
    expect(fixture.queues.waiting('retries')).toHaveLength(1);
    await fixture.drain();
    await fixture.pass(10 * MINUTE);
    expect(fixture.calls).toHaveLength(2);
  });
});

test('a parked delivery owns no message, and its flow is asked all the same', async () => {
  fixture.answers.set(URL, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  await fixture.rise();
  loseMessages();
  await fixture.pass(29 * MINUTE);
  expect(fixture.calls).toHaveLength(1);
  await fixture.pass(6 * MINUTE);
  expect(fixture.calls).toHaveLength(2);
});

test('a redelivery whose message was lost is made after all', async () => {
  await fixture.rise();
  const { deliveries } = await fixture.backend.operator.listDeliveries({}, { limit: 1 });
  await fixture.backend.operator.redeliver(deliveries[0]?.deliveryId ?? '');
  loseMessages();
  await fixture.pass(10 * MINUTE);
  expect(fixture.calls).toHaveLength(2);
});

test('what is merely waiting keeps its message, and gets no second one', async () => {
  fixture.answers.set(URL, () => answered(503));
  await fixture.rise();
  await fixture.pass(MINUTE);
  const before = fixture.queues.waiting('retries');
  expect(before).toHaveLength(1);
  await fixture.backend.reconcile();
  expect(fixture.queues.waiting('retries')).toEqual(before);
});

test('one entry of the work list that cannot be read does not stop the others', async () => {
  fixture.answers.set(URL, () => answered(503));
  await fixture.rise();
  loseMessages();
  fixture.answers.delete(URL);
  await fixture.tables.write('work', [
    { kind: 'insert', row: { partitionKey: '0', rowKey: '000000001!a??? of no instance'.replaceAll('?', '~'), v: 1 } },
    { kind: 'insert', row: { partitionKey: '0', rowKey: '000000002!~a kind of a later version', v: 1 } },
  ]);
  await fixture.pass(10 * MINUTE);
  expect(fixture.calls).toHaveLength(2);
});

import { createSecretKey } from 'node:crypto';
import { beforeEach, expect, test } from '@jest/globals';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { HOUR, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const flow = {
  workflowId: '0123456789abcdef0123456789abcdef',
  workflowName: '5d2c7f0a-91b4-4f0e-8c8e-000000000001',
  operationName: 'When',
  environmentId: 'Default-1',
};
let fixture: SegmentFixture;
beforeEach(() => {
  fixture = segmentFixture();
});

async function detail(): Promise<Record<string, unknown>> {
  const [delivery] = (await fixture.backend.operator.listDeliveries({}, { limit: 1 })).deliveries;
  const found = await fixture.backend.operator.getDelivery(delivery?.deliveryId ?? '');
  if (found.kind === 'refused') throw new Error(found.detail);
  return { ...found.delivery };
}

test('a delivery has the bytes that were sent, and its headers, without the address', async () => {
  await fixture.flow('one', { label: 'One' });
  await fixture.rise();
  const { request, label } = (await detail()) as { request: { body: string; headers: object }; label: string };
  const [call] = fixture.calls;
  expect(JSON.parse(request.body)).toEqual(call?.body);
  expect(request.headers).toEqual(call?.headers);
  expect(label).toBe('One');
  expect(JSON.stringify(await detail())).not.toContain('secret-one');
});

test('the body is that which was sent also when the subscription is no longer kept', async () => {
  const { id } = await fixture.flow('one');
  await fixture.rise();
  const sent = fixture.calls[0]?.body;
  await fixture.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);
  await fixture.pass(HOUR);
  const { request } = (await detail()) as { request: { body: string } };
  expect(JSON.parse(request.body)).toEqual(sent);
});

test('a signature is named, not shown', async () => {
  fixture = segmentFixture({ config: { signingSecrets: [createSecretKey(Buffer.alloc(32, 3))] } });
  await fixture.flow('one');
  await fixture.rise();
  const { request } = (await detail()) as { request: { headers: Record<string, string> } };
  expect(request.headers['webhook-signature']).toBe('v1,… (not shown)');
});

test('the answer to the last attempt that failed is kept, and stays when a later one succeeds', async () => {
  await fixture.flow('one');
  const excerpt = { headers: { 'x-request-id': 'r-1' }, body: 'no room' };
  fixture.answers.set(callbackUrl('one'), () => ({ ...answered(503), excerpt }));
  await fixture.rise();
  expect(await detail()).toMatchObject({ status: 'retrying', answer: { attempt: 1, status: 503, ...excerpt } });
  fixture.answers.set(callbackUrl('one'), () => ({ ...answered(500), excerpt: { headers: {}, body: 'worse' } }));
  await fixture.pass(6_000);
  expect(await detail()).toMatchObject({ answer: { attempt: 2, status: 500, body: 'worse' } });
  fixture.answers.clear();
  await fixture.pass(HOUR);
  expect(await detail()).toMatchObject({ status: 'delivered', answer: { attempt: 2, body: 'worse' } });
});

test('a record of before has no answer, and reads as it did', async () => {
  await fixture.flow('one');
  fixture.answers.set(callbackUrl('one'), () => answered(400));
  await fixture.rise();
  const found = await detail();
  expect(found).toMatchObject({ status: 'dead' });
  expect(found).not.toHaveProperty('answer');
  const table = (await fixture.tables.tableNames('activity'))[0] ?? '';
  const { rows } = await fixture.tables.query(table, { partition: INSTANCE, where: { kind: 'trouble' } });
  expect(rows[0]?.values).not.toHaveProperty('answer');
});

test('an attempt leads to the run that it started', async () => {
  await fixture.flow('one', {}, flow);
  fixture.answers.set(callbackUrl('one'), () => ({ ...answered(202), runId: '08584' }));
  await fixture.rise();
  const url = `https://make.powerautomate.com/environments/Default-1/flows/${flow.workflowName}`;
  expect(await detail()).toMatchObject({ flowUrl: `${url}/details`, attempts: [{ runUrl: `${url}/runs/08584` }] });
});

test('what waits for a disabled subscription has no next attempt, whatever an earlier version wrote', async () => {
  const { id } = await fixture.flow('one');
  fixture.answers.set(callbackUrl('one'), () => answered(503));
  await fixture.failForDays();
  await fixture.rise();
  const parked = await fixture.backend.operator.listDeliveries({ status: 'parked' }, { limit: 1 });
  expect(parked.deliveries[0]).toMatchObject({ subscriptionId: id, code: 'disabled' });
  const table = (await fixture.tables.tableNames('activity'))[0] ?? '';
  const { rows } = await fixture.tables.query(table, {
    partition: INSTANCE,
    where: { kind: 'trouble', status: 'parked' },
  });
  for (const { rowKey, partitionKey, values } of rows) {
    const row = { partitionKey, rowKey, ...values, dueAtMs: fixture.clock.now() + 6 * 24 * HOUR };
    await fixture.tables.write(table, [{ kind: 'upsert', row }]);
  }
  expect(await detail()).toMatchObject({ status: 'parked', subscriptionStatus: 'disabled' });
  expect(await detail()).not.toHaveProperty('nextAttemptAt');
});

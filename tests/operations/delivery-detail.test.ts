import { beforeEach, expect, test } from '@jest/globals';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { HOUR, vipWorld, type VipWorld } from './vip-world.ts';

const flow = {
  workflowId: '0123456789abcdef0123456789abcdef',
  workflowName: '5d2c7f0a-91b4-4f0e-8c8e-000000000001',
  operationName: 'When',
  environmentId: 'Default-1',
};
let world: VipWorld;
beforeEach(() => {
  world = vipWorld();
});

async function detail(): Promise<Record<string, unknown>> {
  const [delivery] = (await world.backend.operator.listDeliveries({}, { limit: 1 })).deliveries;
  const found = await world.backend.operator.getDelivery(delivery?.deliveryId ?? '');
  if (found.kind === 'refused') throw new Error(found.detail);
  return { ...found.delivery };
}

test('a delivery has the bytes that were sent, and its headers, without the address', async () => {
  await world.flow('one', { label: 'One' });
  await world.rise();
  const { request, label } = (await detail()) as { request: { body: string; headers: object }; label: string };
  const [call] = world.calls;
  expect(JSON.parse(request.body)).toEqual(call?.body);
  expect(request.headers).toEqual(call?.headers);
  expect(label).toBe('One');
  expect(JSON.stringify(await detail())).not.toContain('secret-one');
});

test('the body is that which was sent also when the subscription is no longer kept', async () => {
  const { id } = await world.flow('one');
  await world.rise();
  const sent = world.calls[0]?.body;
  await world.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);
  await world.pass(HOUR);
  const { request } = (await detail()) as { request: { body: string } };
  expect(JSON.parse(request.body)).toEqual(sent);
});

test('a signature is named, not shown', async () => {
  world = vipWorld({ config: { signingSecrets: [Buffer.alloc(32, 3)] } });
  await world.flow('one');
  await world.rise();
  const { request } = (await detail()) as { request: { headers: Record<string, string> } };
  expect(request.headers['webhook-signature']).toBe('v1,… (not shown)');
});

test('the answer to the last attempt that failed is kept, and stays when a later one succeeds', async () => {
  await world.flow('one');
  const excerpt = { headers: { 'x-request-id': 'r-1' }, body: 'no room' };
  world.answers.set(callbackUrl('one'), () => ({ ...answered(503), excerpt }));
  await world.rise();
  expect(await detail()).toMatchObject({ status: 'retrying', answer: { attempt: 1, status: 503, ...excerpt } });
  world.answers.set(callbackUrl('one'), () => ({ ...answered(500), excerpt: { headers: {}, body: 'worse' } }));
  await world.pass(6_000);
  expect(await detail()).toMatchObject({ answer: { attempt: 2, status: 500, body: 'worse' } });
  world.answers.clear();
  await world.pass(HOUR);
  expect(await detail()).toMatchObject({ status: 'delivered', answer: { attempt: 2, body: 'worse' } });
});

test('a record of before has no answer, and reads as it did', async () => {
  await world.flow('one');
  world.answers.set(callbackUrl('one'), () => answered(400));
  await world.rise();
  const found = await detail();
  expect(found).toMatchObject({ status: 'dead' });
  expect(found).not.toHaveProperty('answer');
  const table = (await world.tables.tableNames('activity'))[0] ?? '';
  const { rows } = await world.tables.query(table, { partition: INSTANCE, where: { kind: 'trouble' } });
  expect(rows[0]?.values).not.toHaveProperty('answer');
});

test('an attempt leads to the run that it started', async () => {
  await world.flow('one', {}, flow);
  world.answers.set(callbackUrl('one'), () => ({ ...answered(202), runId: '08584' }));
  await world.rise();
  const url = `https://make.powerautomate.com/environments/Default-1/flows/${flow.workflowName}`;
  expect(await detail()).toMatchObject({ flowUrl: `${url}/details`, attempts: [{ runUrl: `${url}/runs/08584` }] });
});

test('what waits for a disabled subscription has no next attempt, whatever an earlier version wrote', async () => {
  const { id } = await world.flow('one');
  world.answers.set(callbackUrl('one'), () => answered(503));
  await world.failForDays();
  await world.rise();
  const parked = await world.backend.operator.listDeliveries({ status: 'parked' }, { limit: 1 });
  expect(parked.deliveries[0]).toMatchObject({ subscriptionId: id, code: 'disabled' });
  const table = (await world.tables.tableNames('activity'))[0] ?? '';
  const { rows } = await world.tables.query(table, {
    partition: INSTANCE,
    where: { kind: 'trouble', status: 'parked' },
  });
  for (const { rowKey, partitionKey, values } of rows) {
    const row = { partitionKey, rowKey, ...values, dueAtMs: world.clock.now() + 6 * 24 * HOUR };
    await world.tables.write(table, [{ kind: 'upsert', row }]);
  }
  expect(await detail()).toMatchObject({ status: 'parked' });
  expect(await detail()).not.toHaveProperty('nextAttemptAt');
});

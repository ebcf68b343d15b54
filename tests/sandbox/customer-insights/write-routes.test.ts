import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import { deviations } from './documented-schemas.ts';
import { call, dayMs, minuteMs, openSandbox } from './open-sandbox.ts';
import type { OpenSandbox } from './open-sandbox.ts';

type Rows = Record<string, unknown>[];

let sandbox: OpenSandbox;
let customerId: string;
beforeEach(async () => {
  sandbox = await openSandbox();
  customerId = String((await rows('Customer?$top=1'))[0]?.['CustomerId']);
});
afterEach(() => sandbox.stop());

async function rows(path: string): Promise<Rows> {
  return ((await sandbox.get(`/data/${path}`)).body as { value: Rows }).value;
}

const cityOf = async (): Promise<unknown> =>
  (await rows(`Customer?$filter=CustomerId eq '${customerId}'`))[0]?.['City'];
const activity = { ActivityId: 'a-1', ActivityType: 'Purchase', ActivityTime: '2026-11-23T10:00:00Z' };
const created = (): Promise<Rows> => rows("UnifiedActivity?$filter=ActivityId eq 'a-1'");

test('a changed profile is read at once and holds for four hours', async () => {
  const before = await cityOf();
  const { status, body } = await sandbox.send('PATCH', `/data/Customer/${customerId}`, { City: 'Ravenna' });
  expect({ status, body }).toEqual({ status: 204, body: undefined });
  expect(await cityOf()).toBe('Ravenna');
  sandbox.clock.advance(4 * 60 * minuteMs - 1);
  expect(await cityOf()).toBe('Ravenna');
  sandbox.clock.advance(1);
  expect(await cityOf()).toBe(before);
});

test('a change holds until validUntil, and the later change wins', async () => {
  const until = '?validUntil=2026-11-24T10:00:00Z&caller=tests';
  await sandbox.send('PATCH', `/data/Customer/${customerId}`, { City: 'Ravenna' });
  await sandbox.send('PATCH', `/data/Customer/${customerId}${until}`, { City: 'Modena' });
  expect(await cityOf()).toBe('Modena');
  sandbox.clock.advance(dayMs - 1);
  expect(await cityOf()).toBe('Modena');
});

test('a unified activity is created at once and holds for 30 days', async () => {
  const body = { ...activity, CustomerId: customerId };
  const answer = await sandbox.send('POST', '/data/UnifiedActivity', body);
  expect(answer).toMatchObject({ status: 201, body: { statusCode: 201, value: body } });
  expect(await created()).toMatchObject([{ ...body, Title: null }]);
  sandbox.clock.advance(30 * dayMs);
  expect(await created()).toEqual([]);
});

test('a row of an activity table of a source is accepted for later', async () => {
  const body = { PurchaseId: 'P-1', Amount: 9.5 };
  expect(await sandbox.send('POST', '/data/OnlineStore_Purchases', body)).toMatchObject({
    status: 202,
    body: { statusCode: 202 },
  });
});

test('an activity that is there already is a conflict, and stays as it is', async () => {
  await sandbox.send('POST', '/data/UnifiedActivity', activity);
  const { status, body } = await sandbox.send('POST', '/data/UnifiedActivity', { ...activity, ActivityType: 'Other' });
  expect({ status, deviations: deviations('ODataError', body) }).toEqual({ status: 409, deviations: [] });
  expect(await created()).toMatchObject([{ ActivityType: 'Purchase' }]);
});

test.each([
  ['POST', '/data/Customer', { CustomerId: 'x' }, 400],
  ['POST', '/data/ContosoCRM_Contacts', { ContactId: 'x' }, 400],
  ['POST', '/data/UnifiedActivity', { ActivityType: 'Purchase' }, 400],
  ['POST', '/data/UnifiedActivity', { ...activity, Colour: 'red' }, 400],
  ['POST', '/data/UnifiedActivity', { ...activity, ActivityTime: 'soon' }, 400],
  ['POST', '/data/UnifiedActivity', { ...activity, ActivityType: 5 }, 400],
  ['POST', '/data/UnifiedActivity', [activity], 400],
  ['POST', '/data/UnifiedActivity', undefined, 400],
  ['POST', '/data/UnifiedActivity?validUntil=2026-11-23T09:00:00Z', activity, 400],
  ['POST', '/data/UnifiedActivity?validUntil=2026-12-24T10:00:00Z', activity, 400],
  ['POST', '/data/UnifiedActivity?validUntil=soon', activity, 400],
  ['POST', '/data/None', activity, 404],
  ['PATCH', '/data/UnifiedActivity/a-1', { Title: 'x' }, 400],
  ['PATCH', '/data/Customer/none', { City: 'x' }, 404],
] as [string, string, unknown, number][])('%s %s with %j is refused with %d', async (method, path, body, expected) => {
  const { status, body: answer } = await sandbox.send(method, path, body);
  expect({ status, deviations: deviations('ODataError', answer) }).toEqual({ status: expected, deviations: [] });
  expect(await created()).toEqual([]);
});

test.each([{ CustomerId: 'another' }, { LoyaltyPoints: 1.5 }, { NewsletterSubscribed: 'yes' }, { Nothing: 1 }])(
  'a profile is not changed by %j',
  async (change) => {
    const before = await rows(`Customer?$filter=CustomerId eq '${customerId}'`);
    const { status } = await sandbox.send('PATCH', `/data/Customer/${customerId}`, change);
    expect(status).toBe(400);
    expect(await rows(`Customer?$filter=CustomerId eq '${customerId}'`)).toEqual(before);
  },
);

test('a body that is not JSON is refused', async () => {
  const answer = await call(`${sandbox.url}/instances/${instanceId}/data/UnifiedActivity`, {
    method: 'POST',
    body: '{',
  });
  expect(answer.status).toBe(400);
  expect(deviations('ODataError', answer.body)).toEqual([]);
});

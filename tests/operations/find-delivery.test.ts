import { expect, test } from '@jest/globals';
import { formatDeliveryId } from '../../shared/deliveries/records/delivery-id.ts';
import { parseSubscriptionId } from '../../shared/subscriptions/subscription-id.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { SubscriptionView } from '../../shared/subscriptions/subscription-view.ts';
import { at, job, task } from '../helpers/insights-data.ts';
import { insertSubscriptions } from '../helpers/many-subscriptions.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const CRM = 'aaaaaaaa-0000-0000-0000-000000000001';

/**
 * The status of a subscription's delivery, found by its id; `undefined` when there is no such
 * delivery.
 */
async function statusOf(
  { backend }: SegmentFixture,
  eventId: string,
  range: number,
  { id }: SubscriptionView,
): Promise<string | undefined> {
  const rowKey = parseSubscriptionId(id)?.rowKey ?? '';
  const found = await backend.operator.getDelivery(formatDeliveryId(eventId, range, rowKey));
  return found.kind === 'found' ? found.delivery.status : undefined;
}

/**
 * Runs `check` while the flow `slow` has not responded yet, so that the event is not fully
 * delivered.
 */
async function whileDelivering(
  fixture: SegmentFixture,
  poll: () => Promise<unknown>,
  check: (eventId: string) => Promise<void>,
): Promise<void> {
  const response = Promise.withResolvers<ReturnType<typeof answered>>();
  fixture.answers.set(callbackUrl('slow'), () => response.promise);
  const polling = poll();
  await fixture.clock.advance(1_000);
  const [event] = (await fixture.backend.operator.listEvents({}, { limit: 1 })).events;
  await check(event?.eventId ?? '');
  response.resolve(answered(202));
  await polling;
}

test('of a crossing that is being delivered, only the thresholds that it crossed have a delivery', async () => {
  const fixture = segmentFixture();
  const above = (threshold: number, name = `above-${threshold}`) => fixture.flow(name, { threshold });
  const [tooLow, lowest, slow, highest, tooHigh] = [
    await above(89),
    await above(90),
    await above(100, 'slow'),
    await above(119),
    await above(120),
  ];
  await whileDelivering(
    fixture,
    () => fixture.rise(),
    async (eventId) => {
      const status = (subscription: SubscriptionView, range = 0) => statusOf(fixture, eventId, range, subscription);
      expect(await status(slow)).toBe('pending');
      expect(await status(lowest)).toMatch(/pending|delivered/);
      expect(await status(highest)).toMatch(/pending|delivered/);
      expect(await status(tooLow)).toBeUndefined();
      expect(await status(tooHigh)).toBeUndefined();
      expect(await status(slow, 1)).toBeUndefined();
      // It would be a recipient if it had been subscribed before the crossing.
      expect(await status(await above(101, 'late'))).toBeUndefined();
    },
  );
});

test('of a crossing that was delivered, a delivery is found in its own range only', async () => {
  const fixture = segmentFixture();
  const flow = await fixture.flow('one');
  const eventId = await fixture.rise();
  expect(await statusOf(fixture, eventId, 0, flow)).toBe('delivered');
  expect(await statusOf(fixture, eventId, 1, flow)).toBeUndefined();
});

test('of a crossing with several chunks, deliveries of each chunk are found before they are attempted', async () => {
  const tables = createMemoryTables();
  const fixture = segmentFixture({ tables });
  await insertSubscriptions(tables, {
    instanceId: INSTANCE,
    trigger: 'segment-threshold-crossed',
    name: 'vip',
    thresholds: Array<number>(300).fill(99),
    callbackUrl: () => callbackUrl('slow'),
    encryptionKey: Buffer.alloc(32, 7),
  });
  // The last recipient of the last chunk.
  const slow = await fixture.flow('slow');
  await whileDelivering(
    fixture,
    () => fixture.rise(),
    async (eventId) => {
      expect(await statusOf(fixture, eventId, 0, slow)).toBe('pending');
    },
  );
});

test('of a refresh that is being delivered, each subscription has one delivery, in the range of its subject', async () => {
  const fixture = segmentFixture();
  const [name, displayName] = ['crm', 'CRM'];
  fixture.data.dataSources = [
    { dataSourceId: CRM, name, displayName, active: true, refreshState: 'updated', lastRefreshAt: undefined },
  ];
  const subscribe = (flow: string, more = {}): Promise<SubscriptionView> =>
    fixture.subscribe('data-source-refresh-succeeded', { callbackUrl: callbackUrl(flow), ...more });
  const [ofAny, ofOne] = [await subscribe('slow'), await subscribe('one', { dataSourceId: CRM })];
  fixture.data.jobs = [job({ idList: [CRM], tasks: [task({ endedAt: at(3) })] })];
  await whileDelivering(
    fixture,
    () => fixture.poll(),
    async (eventId) => {
      expect(await statusOf(fixture, eventId, 0, ofOne)).toMatch(/pending|delivered/);
      expect(await statusOf(fixture, eventId, 1, ofAny)).toBe('pending');
      expect(await statusOf(fixture, eventId, 0, ofAny)).toBeUndefined();
      expect(await statusOf(fixture, eventId, 1, ofOne)).toBeUndefined();
    },
  );
});

import { beforeEach, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { countedTables, type StorageCalls } from '../helpers/counted-storage.ts';
import { insertSubscriptions } from '../helpers/many-subscriptions.ts';
import { callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const ENGINE_ID = '0123456789abcdef0123456789abcdef';
const NAME = '5d2c7f0a-91b4-4f0e-8c8e-000000000001';
const calls: StorageCalls = [];
let fixture: SegmentFixture;
let id: string;

beforeEach(async () => {
  fixture = segmentFixture({ tables: countedTables(createMemoryTables(), calls) });
  const flow = { workflowId: ENGINE_ID, workflowName: NAME, operationName: 'When', environmentId: 'Default-1' };
  id = (await fixture.flow('one', { label: 'Churn alarm' }, flow)).id;
  await fixture.flow('two', { label: 'Other' }, { connection: 'connection-b' });
});

const labels = async (text: string): Promise<(string | undefined)[]> =>
  (await fixture.backend.operator.search(text)).subscriptions.map(({ label }) => label).sort();

test.each([
  ['churn', ['Churn alarm']],
  ['VIP', ['Churn alarm', 'Other']],
  ['connection-b', ['Other']],
  ['default-1', ['Churn alarm']],
  [ENGINE_ID.toUpperCase(), ['Churn alarm']],
  [NAME, ['Churn alarm']],
  [NAME.replaceAll('-', ''), ['Churn alarm']],
  [`{${NAME}}`, ['Churn alarm']],
  [`https://make.powerautomate.com/environments/Default-1/flows/${NAME}/details?v3=true`, ['Churn alarm']],
  [`https://make.powerautomate.com/manage/environments/Default-1/flows/${NAME}/runs/08584`, ['Churn alarm']],
  [`https://make.powerautomate.com/environments/Default-2/flows/${NAME}/details`, []],
  ['nobody', []],
])('"%s" finds %j', async (text, expected) => {
  expect(await labels(text)).toEqual(expected);
});

test('a data source is found by its name', async () => {
  fixture.data.dataSources = [
    {
      dataSourceId: 'crm-1',
      name: 'CRM',
      displayName: 'Sales CRM',
      active: true,
      refreshState: 'updated',
      lastRefreshAt: undefined,
    },
  ];
  const input = { dataSourceId: 'crm-1', callbackUrl: callbackUrl('crm'), label: 'Refreshes' };
  await fixture.subscribe('data-source-refresh-failed', input);
  expect(await labels('sales crm')).toEqual(['Refreshes']);
});

test('an id of ours is found wherever it stands', async () => {
  const eventId = await fixture.rise();
  const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 1 });
  const [delivery] = deliveries;
  const found = await fixture.backend.operator.search(`log: ${id} ${eventId} "${delivery?.deliveryId}"`);
  expect(found).toMatchObject({
    subscriptions: [{ id }],
    events: [{ eventId, about: 'The vip rose from 90 to 120' }],
    deliveries: [{ deliveryId: delivery?.deliveryId, subscriptionId: id }],
    more: false,
  });
});

test('among many it stops after ten storage requests, and says so', async () => {
  await insertSubscriptions(fixture.tables, {
    instanceId: INSTANCE,
    trigger: 'segment-threshold-crossed',
    name: 'vip',
    thresholds: Array.from({ length: 10_500 }, (_, index) => 200 + index),
    callbackUrl: (index) => callbackUrl(`many-${index}`),
    encryptionKey: Buffer.alloc(32, 7),
  });
  calls.length = 0;
  const found = await fixture.backend.operator.search('nobody');
  expect(found).toMatchObject({ subscriptions: [], more: true });
  expect(calls).toHaveLength(10);
});

import { expect, test } from '@jest/globals';
import { activityStore } from '../../shared/deliveries/records/activity-store.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { segmentFixture } from '../operations/segment-fixture.ts';

test('a delivery that gets its outcome after the index is read and before its record is read no longer waits', async () => {
  const tables = createMemoryTables();
  const fixture = segmentFixture({ tables });
  const { id } = await fixture.flow('one');
  fixture.answers.set(callbackUrl('one'), () => answered(503));
  await fixture.rise();
  const store = activityStore(tables);
  const [deliveryId = ''] = fixture.calls.map(({ body }) => String(body['deliveryId']));
  const query = tables.query.bind(tables);
  tables.query = async (table, search) => {
    const page = await query(table, search);
    if (search.from?.startsWith('~s') !== true) return page;
    const record = await store.record(deliveryId);
    if (record) await store.replaceRecord(record, { ...record, status: 'delivered', dueAtMs: undefined });
    return page;
  };
  const pages = [];
  for await (const page of store.waitingFor({ instanceId: INSTANCE, id }, '202611', 10)) pages.push(page);
  expect(pages).toEqual([[]]);
});

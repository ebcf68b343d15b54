import { expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError } from '../../shared/storage/tables.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { flushPromises } from '../helpers/manual-clock.ts';
import { HOUR, MINUTE, segmentFixture } from '../operations/segment-fixture.ts';

const URL = callbackUrl('one');

test('a probe whose success was not stored in its subscription: the next parked delivery is the probe', async () => {
  const tables = createMemoryTables();
  const fixture = segmentFixture({ tables });
  await fixture.flow('one');
  fixture.answers.set(URL, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  await fixture.rise();
  await fixture.rise();
  expect(fixture.calls).toHaveLength(1);
  fixture.answers.clear();
  const write = tables.write.bind(tables);
  tables.write = (table, writes) =>
    writes.some(({ row }) => table === 'subscriptions' && (row as Record<string, unknown>)['status'] === 'active')
      ? Promise.reject(new StorageError('write', 'unreached'))
      : write(table, writes);
  await fixture.pass(35 * MINUTE);
  tables.write = write;
  expect(fixture.calls).toHaveLength(2);
  await fixture.pass(13 * HOUR);
  expect(fixture.calls).toHaveLength(3);
});

test('a flow that a frozen worker finds turned off after another one delivered: the next event is parked, and is the probe', async () => {
  const tables = createMemoryTables();
  const fixture = segmentFixture({ tables });
  const { id } = await fixture.flow('one');
  let thaw: () => void = () => undefined;
  fixture.answers.set(URL, () => {
    return new Promise((resolve) => (thaw = () => resolve(answered(400, 'WorkflowTriggerIsNotEnabled'))));
  });
  const frozen = fixture.rise();
  await flushPromises();
  // A worker that is frozen renews no claim.
  const write = tables.write.bind(tables);
  tables.write = () => Promise.reject(new StorageError('write', 'unreached'));
  await fixture.clock.advance(3 * MINUTE);
  tables.write = write;
  fixture.answers.clear();
  await fixture.poll();
  expect(fixture.calls).toHaveLength(2);
  thaw();
  await frozen;
  expect(await fixture.backend.operator.getSubscription(id)).toMatchObject({ subscription: { status: 'paused' } });
  await fixture.rise();
  expect(fixture.calls).toHaveLength(2);
  await fixture.pass(13 * HOUR);
  expect(fixture.calls).toHaveLength(3);
  expect(await fixture.backend.operator.getSubscription(id)).toMatchObject({ subscription: { status: 'active' } });
});

import { expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError } from '../../shared/storage/tables.ts';
import { accepted, answered, callbackUrl } from '../helpers/memory-backend.ts';
import { flushPromises } from '../helpers/manual-clock.ts';
import { MINUTE, segmentFixture } from '../operations/segment-fixture.ts';

test('who takes a chunk over calls nobody whose failure or success is written down', async () => {
  const tables = createMemoryTables();
  const fixture = segmentFixture({ tables });
  for (const name of ['dead', 'reached', 'slow']) await fixture.flow(name);
  fixture.answers.set(callbackUrl('dead'), () => answered(422));
  let thaw: () => void = () => undefined;
  fixture.answers.set(callbackUrl('slow'), () => new Promise((resolve) => (thaw = () => resolve(accepted))));
  const frozen = fixture.rise();
  await flushPromises();
  expect(fixture.calls).toHaveLength(3);
  // What has come so far is written before the worker is frozen, which renews no claim then.
  await fixture.clock.advance(30_000);
  const write = tables.write.bind(tables);
  tables.write = () => Promise.reject(new StorageError('write', 'unreached'));
  await fixture.clock.advance(3 * MINUTE);
  tables.write = write;
  fixture.answers.set(callbackUrl('slow'), () => accepted);
  await fixture.poll();
  expect(fixture.calls.slice(3).map(({ url }) => url)).toEqual([callbackUrl('slow')]);
  thaw();
  await frozen;
  await fixture.pass(10 * MINUTE);
  expect(fixture.calls).toHaveLength(4);
});

test('all that waits goes out when a flow is on again, however few rows storage answers at a time', async () => {
  const fixture = segmentFixture({ tables: createMemoryTables({ rowsPerScan: 2 }) });
  await fixture.flow('one');
  fixture.answers.set(callbackUrl('one'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  for (let events = 0; events < 7; events++) await fixture.rise();
  fixture.answers.clear();
  await fixture.pass(45 * MINUTE);
  const { deliveries } = await fixture.backend.operator.listDeliveries({}, { limit: 100 });
  expect(deliveries.map(({ status }) => status)).toEqual(Array(7).fill('delivered'));
});

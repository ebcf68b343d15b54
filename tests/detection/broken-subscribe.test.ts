import { expect, test } from '@jest/globals';
import { createMemoryQueues } from '../../shared/storage/memory-queues.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Queues } from '../../shared/storage/queues.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';
import { at, job } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend } from '../helpers/memory-backend.ts';
import { manualClock } from '../helpers/manual-clock.ts';

test('an event that a subscribe request found is finished although no subscribe to the instance succeeded', async () => {
  const clock = manualClock();
  const tables = createMemoryTables();
  const queues = createMemoryQueues({ clock });
  let fails: 'connections' | 'deliveries' | undefined = 'connections';
  const write: Tables['write'] = (table, writes) => {
    if (table === fails) throw new StorageError('tables', 'switched off by the test');
    return tables.write(table, writes);
  };
  const send: Queues['send'] = (queue, ...rest) => {
    if (queue === fails) throw new StorageError('queues', 'switched off by the test');
    return queues.send(queue, ...rest);
  };
  const fixture = memoryBackend({ clock, tables: { ...tables, write }, queues: { ...queues, send } });
  const subscribe = (): Promise<unknown> =>
    fixture.subscribe('unification-refresh-completed', { callbackUrl: callbackUrl('flow') });
  const outbox = async (): Promise<readonly unknown[]> =>
    (await tables.query('state', { partition: INSTANCE, from: 'o:', to: 'o;' })).rows;

  // The first request stores the baseline and breaks off.
  await expect(subscribe()).rejects.toThrow('switched off');
  fixture.data.jobs = [job({ operationType: 'all', tasks: [], endedAt: at(3) })];
  fails = 'deliveries';
  await expect(subscribe()).rejects.toThrow('switched off');
  expect(await outbox()).toHaveLength(1);

  fails = undefined;
  // Polls leave a young entry to the worker that committed it.
  await fixture.pass(3 * 60_000);
  await fixture.backend.schedulePolls();
  await fixture.pass(60_000);
  expect(await outbox()).toEqual([]);
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { DAY, MINUTE, segmentFixture, type SegmentFixture } from '../operations/segment-fixture.ts';

const FLOW = { workflowId: 'flow', operationName: 'When' };
const [OLD, NEW] = [callbackUrl('old'), callbackUrl('new')];
let tables: Tables;
let fixture: SegmentFixture;
let id: string;

beforeEach(async () => {
  tables = createMemoryTables();
  fixture = segmentFixture({ tables });
  id = (await fixture.flow('old', {}, FLOW)).id;
});

const unsubscribe = (): Promise<void> => fixture.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);
const toNew = (): unknown[] => fixture.calls.filter(({ url }) => url === NEW);

/**
 * Whoever reads subscriptions by this call next is frozen when they have, for as long as
 * `meanwhile` takes.
 */
function freezeAfter(call: 'get' | 'query', meanwhile: () => Promise<unknown>): void {
  const read = tables[call].bind(tables) as (table: string, ...where: unknown[]) => Promise<unknown>;
  const frozen = async (table: string, ...where: unknown[]): Promise<unknown> => {
    const seen = await read(table, ...where);
    if (table !== 'subscriptions') return seen;
    Object.assign(tables, { [call]: read });
    await meanwhile();
    return seen;
  };
  Object.assign(tables, { [call]: frozen });
}

describe('what a worker saw before it was frozen until the grace of a deleted subscription was over', () => {
  test('ends no waiting delivery, for its flow was saved again in time', async () => {
    fixture.answers.set(OLD, () => answered(500));
    await fixture.rise();
    await unsubscribe();
    freezeAfter('get', async () => {
      await fixture.clock.advance(14 * MINUTE);
      await fixture.flow('new', {}, FLOW);
      await fixture.clock.advance(2 * MINUTE);
    });
    await fixture.pass(MINUTE);
    await fixture.pass(5 * MINUTE);
    expect(toNew()).toHaveLength(1);
  });

  test('ends no new delivery either', async () => {
    await unsubscribe();
    await fixture.clock.advance(14 * MINUTE);
    freezeAfter('query', async () => {
      await fixture.flow('new', {}, FLOW);
      await fixture.clock.advance(1.5 * MINUTE);
    });
    await fixture.rise();
    await fixture.pass(5 * MINUTE);
    expect(toNew()).toHaveLength(1);
  });
});

test('a flow that is resumed at the moment at which it would be given up is called', async () => {
  fixture.answers.set(OLD, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  await fixture.rise();
  await fixture.pass(6 * DAY);
  const write = tables.write.bind(tables);
  tables.write = async (table, writes) => {
    if (table === 'subscriptions' && writes.some(({ row }) => 'status' in row && row['status'] === 'gone')) {
      tables.write = write;
      fixture.answers.clear();
      fixture.calls.length = 0;
      await fixture.backend.operator.resumeSubscription(id);
    }
    return write(table, writes);
  };
  await fixture.pass(2 * DAY);
  expect(fixture.calls).toHaveLength(1);
});

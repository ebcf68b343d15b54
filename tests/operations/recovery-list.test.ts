import { beforeEach, describe, expect, test } from '@jest/globals';
import { recoveryStore } from '../../shared/operations/recovery.ts';
import { DAY, MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

let fixture: SegmentFixture;
beforeEach(() => {
  fixture = segmentFixture();
});

/** Starts a recovery and returns its id. */
const start = async (body: object = {}): Promise<string> => {
  const since = new Date(fixture.clock.now() - DAY).toISOString();
  const result = await fixture.backend.operator.startRecovery({ since, ...body });
  if (result.kind !== 'started') throw new Error(`not started: ${JSON.stringify(result)}`);
  return result.recoveryId;
};

describe('the list of recoveries', () => {
  const listed = async (limit: number, next?: string): Promise<{ ids: string[]; next?: string; more?: true }> => {
    const page = { limit, ...(next !== undefined && { next }) };
    const { recoveries, ...rest } = await fixture.backend.operator.listRecoveries(page);
    return { ids: recoveries.map(({ recoveryId }) => recoveryId), ...rest };
  };

  test('is sorted newest first, in pages, and has the progress of each', async () => {
    const ids: string[] = [];
    for (const code of ['http-500', 'http-502', 'http-503']) {
      ids.push(await start({ code }));
      await fixture.pass(MINUTE);
    }
    const newestFirst = ids.toReversed();
    const { next, ...first } = await listed(2);
    expect(first).toEqual({ ids: newestFirst.slice(0, 2) });
    expect(await listed(2, next)).toEqual({ ids: newestFirst.slice(2) });
    const { recoveries } = await fixture.backend.operator.listRecoveries({ limit: 1 });
    const newest = await fixture.backend.operator.getRecovery(newestFirst[0] ?? '');
    expect(newest).toEqual({ kind: 'found', recovery: recoveries[0] });
    for (const malformed of ['x', '2', `${next ?? ''}x`])
      await expect(listed(2, malformed)).rejects.toThrow(RangeError);
  });

  test('repeats none when a recovery starts between two pages, and skips none of the same time', async () => {
    const ids: string[] = [];
    for (const code of ['http-500', 'http-501', 'http-502', 'http-503']) ids.push(await start({ code }));
    const first = await listed(2);
    await fixture.pass(MINUTE);
    const added = await start({ code: 'http-504' });
    const second = await listed(2, first.next);
    expect([...first.ids, ...second.ids]).toEqual(ids.toSorted());
    expect(second.next).toBeUndefined();
    expect((await listed(1)).ids).toEqual([added]);
  });

  test('reads five thousand at most, and says that there are others', async () => {
    const store = recoveryStore(fixture.tables);
    const stored = await store.read(await start());
    if (stored === undefined) throw new Error('not stored');
    const { etag: _, ...recovery } = stored;
    for (let index = 0; index < 5_000; index++) {
      const recoveryId = `rec_${String(index).padStart(22, '0')}`;
      await store.save({ ...recovery, recoveryId, startedAtMs: recovery.startedAtMs - index });
    }
    const { recoveries, more } = await store.list();
    expect(recoveries).toHaveLength(5_000);
    expect(more).toBe(true);
    expect(await listed(1)).toMatchObject({ more: true, next: expect.any(String) });
  });
});

import { beforeEach, expect, test } from '@jest/globals';
import { unreachableInstances } from '../../shared/detection/unreachable-instances.ts';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import { INSTANCE } from '../helpers/memory-backend.ts';
import { failingTables } from '../operations/failing-tables.ts';
import { DAY, MINUTE, segmentFixture, type SegmentFixture } from '../operations/segment-fixture.ts';

const tables = failingTables();
let fixture: SegmentFixture;
let id: string;
beforeEach(async () => {
  tables.reset();
  fixture = segmentFixture({ tables });
  ({ id } = await fixture.flow('one'));
  await fixture.poll();
});
const since = (): Promise<string | undefined> => unreachableInstances(tables).since();
const now = (): string => new Date(fixture.clock.now()).toISOString();
const goDown = (): void => {
  fixture.insights.beforeCall = failing('unavailable');
};
const comeBack = (): void => {
  fixture.insights.beforeCall = () => undefined;
};

test('an instance is unreachable from the first poll that cannot read it until the first that can', async () => {
  expect(await since()).toBeUndefined();
  goDown();
  const wentDownAt = now();
  await fixture.poll();
  await fixture.clock.advance(5 * MINUTE);
  await fixture.poll();
  expect(await since()).toBe(wentDownAt);
  comeBack();
  await fixture.poll();
  expect(await since()).toBeUndefined();
});

test.each(['goes down', 'comes back'] as const)(
  'a crash at any call of a poll that %s is mended by the next',
  async (what) => {
    for (let points = 0; points < 12; points++) {
      comeBack();
      await fixture.poll();
      if (what === 'comes back') {
        goDown();
        await fixture.poll();
        comeBack();
      } else goDown();
      tables.failAfter(points);
      await fixture.backend.pollInstance({ v: 1, instanceId: INSTANCE }).catch(() => undefined);
      tables.failAfter(Infinity);
      await fixture.poll();
      expect({ points, isDown: (await since()) !== undefined }).toEqual({ points, isDown: what === 'goes down' });
    }
  },
);

test('an instance that is not polled any more is forgotten', async () => {
  goDown();
  await fixture.poll();
  await fixture.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);
  await fixture.pass(DAY);
  await fixture.backend.sweep();
  expect(await since()).toBeUndefined();
});

import { expect, test } from '@jest/globals';
import { drain } from '../helpers/rows.ts';
import { segmentFixture } from '../operations/segment-fixture.ts';

test('a subscription that is deleted forgets its callback URL at once, while its row is kept for a save in the making', async () => {
  const fixture = segmentFixture();
  const { id } = await fixture.flow('one');
  const columns = async (): Promise<string[][]> =>
    (await drain(fixture.tables, 'subscriptions', { partition: { from: ' ', to: '~' } })).map(({ values }) =>
      Object.keys(values).filter((name) => name.startsWith('callback') && values[name] !== undefined),
    );
  expect((await columns())[0]).not.toEqual([]);
  await fixture.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);
  expect(await columns()).toEqual([[]]);
});

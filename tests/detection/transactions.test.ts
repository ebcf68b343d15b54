import { expect, test } from '@jest/globals';
import { transactionsOf } from '../../shared/detection/commit.ts';
import type { Change } from '../../shared/detection/state-store.ts';

/** A change of so many rows. */
const change = (rows: number): Change =>
  ({ state: { kind: 'value' }, events: Array<object>(rows - 1).fill({}) }) as unknown as Change;

test.each([
  [[], []],
  [Array<number>(250).fill(1), [100, 100, 50]],
  [
    [60, 40, 1, 99, 2],
    [100, 100, 2],
  ],
  [
    [50, 60, 30],
    [50, 90],
  ],
])('changes of %j rows are transactions of %j rows', (rows, expected) => {
  const sizes = transactionsOf(rows.map(change)).map((batch) =>
    batch.reduce((sum, { events }) => sum + 1 + events.length, 0),
  );
  expect(sizes).toEqual(expected);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { forkedLane, ownLane } from './lane.ts';
import { addTally, emptyTally, summaryOf } from './tally.ts';
import { buildVariant } from './variant.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

test('simulations have the same result in a process of their own, and add up', async () => {
  const bundle = await buildVariant([]);
  folders.push(path.dirname(bundle));
  const lane = forkedLane(bundle);
  const [first, second] = [
    await lane.run({ from: 1, count: 2, keepGoing: true }),
    await lane.run({ from: 3, count: 1, keepGoing: true }),
  ];
  lane.close();
  const sum = emptyTally();
  for (const { tally } of [first, second]) addTally(sum, tally);
  const { tally: same } = await ownLane.run({ from: 1, count: 3, keepGoing: true });
  expect(sum).toEqual(same);
  expect(sum.seeds).toBe(3);
  expect(Math.min(sum.steps, sum.storageCalls, ...Object.values(sum.counts))).toBeGreaterThan(0);
  expect(summaryOf(sum)[0]).toMatch(/^3 seeds: [\d,]+ steps, \d+ callbacks, [\d,]+ storage calls$/);
});

test('a process that dies is replaced, and its seeds count as a violation', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lane-'));
  folders.push(folder);
  const script = path.join(folder, 'dies-at-7.cjs');
  writeFileSync(
    script,
    `process.on('message', ({ from }) => (from === 7 ? process.exit(3) : process.send({ tally: { seeds: 1 }, cpuMs: 1 })));`,
  );
  const lane = forkedLane(script);
  const died = await lane.run({ from: 7, count: 5, keepGoing: true });
  expect(died.tally.violations).toEqual({ 'a process ended (3) in 5 seeds': [7] });
  expect(await lane.run({ from: 12, count: 5, keepGoing: true })).toEqual({ tally: { seeds: 1 }, cpuMs: 1 });
  lane.close();
});

import { expect } from '@jest/globals';
import { blackHoles } from '../../bench/black-holes.ts';
import { detection } from '../../bench/detection.ts';
import { floor } from '../../bench/floor.ts';
import { hangs } from '../../bench/hangs.ts';
import { kill } from '../../bench/kill.ts';
import { latency } from '../../bench/latency.ts';
import { loadTime } from '../../bench/load-time.ts';
import { views } from '../../bench/views.ts';
import { benchTest } from './bench-test.ts';

const tiny = { size: 'tiny', note: () => undefined } as const;

benchTest('latency')('the latency benchmark measures both designs', async () => {
  const { tables } = await latency.run(tiny);
  expect(tables[0]?.rows.map(([, design]) => design)).toEqual(['ours', 'conventional']);
  for (const [, , ...ms] of tables[0]?.rows ?? []) for (const each of ms) expect(Number(each)).toBeGreaterThan(0);
});

benchTest('black-holes')('the benchmark of black holes measures with and without', async () => {
  const { targets, tables } = await blackHoles.run(tiny);
  expect(tables[0]?.rows.map(([which]) => which)).toEqual(['without', 'with']);
  expect(Number(targets[0]?.measured)).toBeGreaterThan(0);
});

benchTest('floor')('the benchmark of the floor measures POSTs alone, and requests to storage alone', async () => {
  const { tables } = await floor.run(tiny);
  expect(tables[0]?.rows.map(([, design]) => design)).toEqual(['decrypt, sign and POST', 'bare undici']);
  for (const each of tables[1]?.rows[0]?.slice(1) ?? []) expect(Number(each)).toBeGreaterThan(0);
});

benchTest('hangs')('the benchmark of hangs measures healthy instances with and without', async () => {
  const { tables } = await hangs.run(tiny);
  expect(tables[0]?.rows.map(([which]) => which)).toEqual(['without', 'with']);
});

benchTest('kill')('the benchmark of kills loses nothing, and reports what was in flight', async () => {
  const { targets, tables } = await kill.run(tiny);
  const [deliveries, arrived, lost] = tables[0]?.rows[0] ?? [];
  expect(Number(deliveries)).toBeGreaterThan(0);
  expect([arrived, lost]).toEqual([deliveries, '0']);
  expect(targets.map(({ met }) => met)).toEqual([true, true]);
});

benchTest('detection')(
  'the benchmark of detection finds the same by index and by scan, and counts what each reads',
  async () => {
    const { tables } = await detection.run(tiny);
    const [index, scan] = tables[0]?.rows ?? [];
    // The state's own row, and the ten that are crossed.
    expect(index?.slice(1, 4)).toEqual(['index', '4', '12']);
    expect(scan?.slice(1, 4)).toEqual(['scan', '4', '52']);
  },
);

benchTest('views')('the benchmark of views measures each view, and those of all instances again', async () => {
  const { targets, tables } = await views.run(tiny);
  const [few, many] = tables;
  expect(few?.rows.length).toBeGreaterThan(25);
  expect(many?.rows.map(([view]) => view)).toContain('dead letters');
  for (const [, ms, , requests] of few?.rows ?? []) {
    expect(Number(ms)).toBeGreaterThan(0);
    expect(Number(requests)).toBeGreaterThan(0);
  }
  expect(targets[1]?.met).toBe(true);
});

benchTest('load-time')('the benchmark of the load time imports a bare app, the packages and this app', async () => {
  const { tables } = await loadTime.run(tiny);
  const numbers = (column: number): number[] =>
    (tables[0]?.rows ?? []).map((cells) => Number(cells[column]?.replaceAll(',', '')));
  const zips = numbers(1);
  expect(zips).toEqual([...zips].sort((a, b) => a - b));
  expect(zips[0]).toBeGreaterThan(10);
  expect(numbers(2).filter((ms) => ms > 10)).toHaveLength(3);
});

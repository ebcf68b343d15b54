import { expect } from '@jest/globals';
import { fanOut } from '../../bench/fan-out.ts';
import { benchTest } from './bench-test.ts';

benchTest('fan-out')('the fan-out benchmark measures both designs and bare undici, and counts requests', async () => {
  const { targets, tables, chart } = await fanOut.run({ size: 'tiny', note: () => undefined });
  const [rates, requests] = tables;
  expect(rates?.rows.map(([, design]) => design)).toEqual(['ours', 'bare undici', 'conventional']);
  for (const [, , rate] of rates?.rows ?? []) expect(Number(rate?.replace(',', ''))).toBeGreaterThan(0);
  const [perDelivery, oneToOne] = requests?.rows ?? [];
  // A row and a message, each read, written and deleted: no design that has them costs less.
  expect(Number(perDelivery?.[2])).toBeGreaterThanOrEqual(4);
  expect(Number(perDelivery?.[1])).toBeLessThan(2);
  expect(oneToOne?.[1]).toBe('5');
  expect(targets.at(-1)).toMatchObject({ measured: '5', met: true });
  expect(chart?.groups).toHaveLength(1);
});

import { expect, test } from '@jest/globals';
import { roundOf } from '../../bench/stage/fan-out-round.ts';
import type { Arrival } from '../../bench/stage/sink.ts';

const [ours, earlier] = ['o'.repeat(57), 'c'.repeat(57)];
const arrival = (event: string, delivery: number, atMs: number): Arrival => ({
  id: `dlv_${event}${delivery}`,
  atMs,
  isBlackHole: false,
  isRefused: false,
  isLate: event !== ours,
});
const options = {
  deliveries: 2,
  openedAtMs: new Map([[`evt_${ours}`, 1_000]]),
  mayEndEarly: false,
  designOf: new Map([[`evt_${earlier}`, 'conventional']]),
};

test('late repeats of another design count for nobody, and are named', () => {
  const arrivals = [
    arrival(ours, 1, 1_100),
    arrival(earlier, 1, 1_150),
    arrival(ours, 2, 1_200),
    arrival(earlier, 2, 9_000),
  ];
  expect(roundOf(arrivals, options)).toEqual({
    arrived: 2,
    rate: 10,
    disturbance: '2 came late of an earlier round of the conventional design',
  });
});

test('a delivery that comes twice counts once, when it came first', () => {
  const arrivals = [arrival(ours, 1, 1_100), arrival(ours, 2, 1_200), arrival(ours, 1, 5_000)];
  expect(roundOf(arrivals, options)).toEqual({ arrived: 2, rate: 10, disturbance: '1 came twice' });
});

test('a round in which some did not arrive does not count, unless it may end early', () => {
  const arrivals = [arrival(ours, 1, 1_100)];
  expect(roundOf(arrivals, options)).toMatchObject({ rate: undefined, disturbance: '1 did not arrive' });
  expect(roundOf(arrivals, { ...options, mayEndEarly: true })).toMatchObject({ rate: 10, disturbance: undefined });
});

import { test } from '@jest/globals';
import { inRotation } from '../helpers/test-size.ts';

const BENCHMARKS = [
  'latency',
  'black-holes',
  'kill',
  'detection',
  'load-time',
  'fan-out',
  'soak',
  'rate-limit',
  'hangs',
  'views',
  'floor',
] as const;

/**
 * Declares the test of a benchmark. At small size one of them is run, each day another: each starts
 * a stage of its own.
 */
export function benchTest(name: (typeof BENCHMARKS)[number]): typeof test | typeof test.skip {
  return inRotation(BENCHMARKS, 1).includes(name) ? test : test.skip;
}

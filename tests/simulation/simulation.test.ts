import { beforeAll, describe, expect, test } from '@jest/globals';
import { planOf } from './plan.ts';
import { simulate } from './simulation.ts';

describe('small simulations with faults', () => {
  let all: string;
  const counted = new Set<string>();
  beforeAll(async () => {
    const traces: string[] = [];
    // In the last one, a callback hangs.
    for (const seed of [...Array.from({ length: 120 }, (_, index) => index + 1), 501]) {
      const { trace, counts } = await simulate(seed);
      traces.push(trace());
      for (const what of counts.keys()) counted.add(what);
    }
    all = traces.join('\n');
  });

  test('know the faults, the flows and the callbacks that they are meant to try', () => {
    const expected = [
      ...[
        'CRASHES',
        'FREEZES',
        'CLOCK JUMPS',
        'FAILS-BEFORE',
        'FAILS-AFTER',
        'conflict: changed',
        'the answer is lost',
      ],
      ...['(overlapping)', 'is turned off', 'is deleted', 'unsubscribes', ' again: begins', 'activity202612'],
      ...[
        '→ 202',
        '→ 500',
        '→ 429',
        '→ 401',
        '→ 404 \n',
        'TIMEOUT',
        'RESET',
        'UNSENT',
        'operator resumes',
        'operator redelivers',
        'operator recovers',
        'status=parked',
        'status=dead',
        'status=ended',
      ],
      ...[
        'WorkflowNotFound',
        'WorkflowTriggerVersionNotFound',
        'WorkflowTriggerIsNotEnabled',
        'TriggerInputSchemaMismatch',
      ],
    ];
    expect(expected.filter((what) => !all.includes(what))).toEqual([]);
  });

  test('know what Customer Insights and flows do that is no failure', () => {
    const expected = [
      'Customer Insights list lags',
      'Customer Insights call hangs',
      'Customer Insights reports a job late',
      'callback: hangs',
      'fact beside a hang is judged',
      'job never ends',
    ];
    expect(expected.filter((what) => !counted.has(what))).toEqual([]);
  });
});

test.each([1, 2, 3])('a sparse plan lasts for months (seed %i)', (seed) => {
  const { stormMs, reconcileEveryMs } = planOf(seed, { sparse: true });
  expect(stormMs).toBeGreaterThanOrEqual(30 * 24 * 3_600_000);
  expect(reconcileEveryMs).toBeGreaterThanOrEqual(300_000);
});

describe('a seed', () => {
  test.each([3, 20, 99])('%i is the same run every time', async (seed) => {
    const [first, second] = [await simulate(seed), await simulate(seed)];
    expect(second.hash()).toBe(first.hash());
    expect(second.trace()).toBe(first.trace());
  });

  test('of its own is a run of its own', async () => {
    expect((await simulate(1)).hash()).not.toBe((await simulate(2)).hash());
  });
});

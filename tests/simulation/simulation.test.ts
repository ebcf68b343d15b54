import { describe, expect, test } from '@jest/globals';
import { simulate } from './simulation.ts';

describe('small simulations with faults', () => {
  test('know the faults, the flows and the callbacks that they are meant to try', async () => {
    const traces: string[] = [];
    for (let seed = 1; seed <= 120; seed++) traces.push((await simulate(seed)).trace());
    const all = traces.join('\n');
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

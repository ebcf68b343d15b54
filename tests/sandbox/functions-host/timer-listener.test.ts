import { describe, expect, test } from '@jest/globals';
import { parseSchedule } from '../../../shared/ncrontab.ts';
import { createTimerListener } from '../../../sandbox/functions-host/timer-listener.ts';
import { createWorkInHand } from '../../../sandbox/functions-host/work-in-hand.ts';
import { rushingClock } from './rushing-clock.ts';

const start = Date.parse('2026-11-23T10:00:30.500Z');

/**
 * Listens until there were so many runs, each of which takes `runMs`; gives the time and the input
 * of each.
 */
async function listen(options: { expression: string; runs: number; runMs: number; mayRun?: (at: string) => boolean }) {
  const schedule = parseSchedule(options.expression);
  if (!schedule) throw new Error('not a schedule');
  const clock = rushingClock(start);
  const enough = new AbortController();
  const runs: { at: string; input: unknown }[] = [];
  let running = false;
  let overlapped = false;
  const timer = createTimerListener({
    schedule,
    clock,
    work: createWorkInHand(),
    mayRun: () => Promise.resolve(options.mayRun?.(new Date(clock.now()).toISOString().slice(11, 19)) ?? true),
    run: async (input) => {
      overlapped ||= running;
      running = true;
      runs.push({ at: new Date(clock.now()).toISOString().slice(11, 23), input: JSON.parse(input) });
      if (runs.length === options.runs) enough.abort();
      await new Promise((resolve) => setImmediate(resolve));
      clock.pass(options.runMs);
      running = false;
    },
  });
  await timer.listen(enough.signal);
  expect(overlapped).toBe(false);
  return { runs, sleeps: clock.sleeps };
}

const times = ({ runs }: { runs: { at: string }[] }) => runs.map(({ at }) => at);

describe('a timer', () => {
  test('fires at every occurrence', async () => {
    const every20s = await listen({ expression: '*/20 * * * * *', runs: 3, runMs: 10 });
    expect(times(every20s)).toEqual(['10:00:40.000', '10:01:00.000', '10:01:20.000']);
  });

  test('whose run outlasts occurrences fires once as soon as the run ends, and skips the others', async () => {
    const slow = await listen({ expression: '*/2 * * * * *', runs: 3, runMs: 5000 });
    expect(times(slow)).toEqual(['10:00:32.000', '10:00:37.000', '10:00:42.000']);
  });

  test('does not fire when another host does', async () => {
    const mayRun = (at: string): boolean => at !== '10:01:00';
    const shared = await listen({ expression: '*/20 * * * * *', runs: 3, runMs: 10, mayRun });
    expect(times(shared)).toEqual(['10:00:40.000', '10:01:20.000', '10:01:40.000']);
  });

  test('waits for a distant occurrence in steps that a process can sleep', async () => {
    const monthly = await listen({ expression: '0 0 0 1 1 *', runs: 1, runMs: 0 });
    expect(times(monthly)).toEqual(['00:00:00.000']);
    expect(Math.max(...monthly.sleeps)).toBeLessThan(2 ** 31);
  });

  test('receives the schedule status, of which the first is "never"', async () => {
    const { runs } = await listen({ expression: '0 * * * * *', runs: 2, runMs: 10 });
    expect(runs[0]?.input).toEqual({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: '0001-01-01T00:00:00+00:00',
        Next: '2026-11-23T10:01:00.000+00:00',
        LastUpdated: '0001-01-01T00:00:00+00:00',
      },
      IsPastDue: false,
    });
    expect(runs[1]?.input).toMatchObject({ ScheduleStatus: { Last: '2026-11-23T10:01:00.000+00:00' } });
  });

  test('that fires more often than once a minute has no status', async () => {
    const { runs } = await listen({ expression: '0,30 * * * * *', runs: 1, runMs: 10 });
    expect(runs[0]?.input).toMatchObject({ ScheduleStatus: null });
  });
});

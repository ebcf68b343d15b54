import { describe, expect, test } from '@jest/globals';
import type { AttemptRecord } from '../../shared/deliveries/records/attempt-record.ts';
import type { Verdict } from '../../shared/deliveries/attempt/classification.ts';
import {
  dispositionOf,
  STALE_VERSION,
  TURNED_OFF,
  type Disposition,
} from '../../shared/deliveries/attempt/disposition.ts';

const NOW = Date.parse('2026-11-23T10:00:00.000Z');
const MINUTE = 60_000;
const unavailable: Verdict = { kind: 'retry', code: 'http-503', whenExhausted: 'dead' };
const forbidden: Verdict = { kind: 'retry', code: 'http-403', whenExhausted: 'gone' };
const stale: Verdict = { kind: 'stale-version' };

/** An attempt that ended with `code`, so many minutes ago. */
function ago(minutes: number, code: string, calledId?: string): AttemptRecord {
  const at = new Date(NOW - minutes * MINUTE).toISOString();
  return { number: 1, at, durationMs: 1, code, ...(calledId !== undefined && { calledId }) };
}

function next(verdict: Verdict, earlier: readonly AttemptRecord[], calledId?: string): Disposition {
  return dispositionOf(verdict, { earlier, calledId, scheduleSeconds: [5, 30], jitter: 0, nowMs: NOW });
}

const waits = (delayMs: number, code: string): Disposition => ({ kind: 'retrying', delayMs, code });

describe('the schedule of a delivery', () => {
  test('is used up by its failures, one step each', () => {
    expect(next(unavailable, [])).toEqual(waits(5_000, 'http-503'));
    expect(next(unavailable, [ago(2, 'http-503')])).toEqual(waits(30_000, 'http-503'));
    expect(next(unavailable, [ago(2, 'http-503'), ago(1, 'timeout')])).toEqual({ kind: 'dead', code: 'http-503' });
  });

  test('is not used up by attempts that found the flow turned off', () => {
    const off = [ago(3000, TURNED_OFF), ago(2000, TURNED_OFF), ago(1000, TURNED_OFF)];
    expect(next(unavailable, off)).toEqual(waits(5_000, 'http-503'));
    expect(next(unavailable, [ago(4000, 'http-503'), ...off])).toEqual(waits(30_000, 'http-503'));
  });

  test('is not used up by a first attempt that found the flow in the middle of a save, but by those after it', () => {
    expect(next(unavailable, [ago(60, STALE_VERSION)])).toEqual(waits(5_000, 'http-503'));
    expect(next(unavailable, [ago(60, STALE_VERSION), ago(45, STALE_VERSION)])).toEqual(waits(30_000, 'http-503'));
  });
});

describe('an older version of a flow', () => {
  test('is asked again after a quarter of an hour, however often it is asked before', () => {
    expect(next(stale, [])).toEqual(waits(15 * MINUTE, STALE_VERSION));
    expect(next(stale, [ago(14, STALE_VERSION)])).toEqual(waits(15 * MINUTE, STALE_VERSION));
    expect(next(stale, [ago(14.9, STALE_VERSION), ago(1, STALE_VERSION)])).toEqual(waits(15 * MINUTE, STALE_VERSION));
  });

  test('is followed by the schedule when it is one a quarter of an hour later', () => {
    expect(next(stale, [ago(15, STALE_VERSION)])).toEqual(waits(5_000, STALE_VERSION));
  });

  test('says nothing of another address of the flow', () => {
    expect(next(stale, [ago(60, STALE_VERSION)], 'successor')).toEqual(waits(15 * MINUTE, STALE_VERSION));
    expect(next(stale, [ago(60, STALE_VERSION, 'successor')], 'successor')).toEqual(waits(5_000, STALE_VERSION));
  });

  test('ends its subscription when it lasts through the schedule', () => {
    const failures = [ago(60, STALE_VERSION), ago(45, STALE_VERSION), ago(44, STALE_VERSION)];
    expect(next(stale, failures)).toEqual({ kind: 'gone', code: STALE_VERSION });
  });
});

describe('a refusal ends a subscription', () => {
  test('only when all of the schedule was refused', () => {
    expect(next(forbidden, [ago(2, 'http-403'), ago(1, 'http-401')])).toEqual({ kind: 'gone', code: 'http-403' });
    expect(next(forbidden, [ago(2, 'http-503'), ago(1, 'http-403')])).toEqual({ kind: 'dead', code: 'http-403' });
    expect(next(forbidden, [ago(2, 'http-403'), ago(1, 'http-503')])).toEqual({ kind: 'dead', code: 'http-403' });
    expect(next(unavailable, [ago(2, 'http-403'), ago(1, 'http-403')])).toEqual({ kind: 'dead', code: 'http-503' });
  });

  test('not when there is no schedule: one refusal proves nothing', () => {
    const once = { earlier: [], calledId: undefined, scheduleSeconds: [], jitter: 0, nowMs: NOW };
    expect(dispositionOf(forbidden, once)).toEqual({ kind: 'dead', code: 'http-403' });
  });
});

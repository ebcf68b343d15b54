import { beforeEach, describe, expect, test } from '@jest/globals';
import { failureLimit, type FailureLimit } from '../../shared/rate-limit/failure-limit.ts';

let nowMs: number;
let limit: FailureLimit;
beforeEach(() => {
  nowMs = 1_000_000;
  limit = failureLimit({ now: () => nowMs });
});

const fail = (client: string, times: number): string[] => Array.from({ length: times }, () => limit.fail(client).kind);

describe('failures of a client', () => {
  test('are noted ten times a minute, each client for itself', () => {
    expect(fail('a', 10)).toEqual(Array(10).fill('counted'));
    expect(limit.fail('a')).toEqual({ kind: 'limited', retryAfterMs: 60_000, isFirst: true });
    nowMs += 20_000;
    expect(limit.fail('a')).toEqual({ kind: 'limited', retryAfterMs: 40_000, isFirst: false });
    expect(fail('b', 1)).toEqual(['counted']);
    nowMs += 40_000;
    expect(fail('a', 11)).toEqual([...Array<string>(10).fill('counted'), 'limited']);
  });

  test('are forgotten by a clock that was set back', () => {
    fail('a', 11);
    nowMs -= 3_600_000;
    expect(fail('a', 1)).toEqual(['counted']);
  });

  test('are kept of 5,000 clients: the one that began first is forgotten', () => {
    fail('first', 11);
    fail('second', 11);
    for (let n = 0; n < 4_999; n++) limit.fail(`client ${n}`);
    expect(limit.fail('second').kind).toBe('limited');
    expect(limit.fail('first').kind).toBe('counted');
  });
});

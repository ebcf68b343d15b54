import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { settings } from '../../shared/settings.ts';
import {
  activityDroppedAtMs,
  brokenBounds,
  MAX_CHUNK_MS,
  FUNCTION_TIMEOUT_MS,
  redirectsUntilMs,
  retriedForMs,
  MAX_WRITER_MS,
} from '../../shared/deliveries/lifetimes.ts';

const HOUR = 3_600_000;
const byDefault = {
  deliveryScheduleSeconds: settings.DELIVERY_SCHEDULE_SECONDS.parse(settings.DELIVERY_SCHEDULE_SECONDS.default ?? ''),
  deliveryTimeoutMs: 15_000,
  claimMs: 120_000,
  retentionMonths: 3,
};

test('the defaults break no bound', () => {
  expect(brokenBounds(byDefault)).toEqual([]);
  expect(brokenBounds({ ...byDefault, retentionMonths: 1 })).toEqual([]);
});

test('a delivery waits for as long as its receiver may ask for, at each retry', () => {
  expect(retriedForMs(byDefault.deliveryScheduleSeconds)).toBe(8 * 12 * HOUR);
  expect(retriedForMs([7 * 24 * 3600])).toBe(7 * 24 * HOUR * 1.1);
});

test('a setting that breaks a bound is named, with the bound in words', () => {
  const weeks = Array.from({ length: 20 }, () => 7 * 24 * 3600);
  expect(brokenBounds({ ...byDefault, deliveryScheduleSeconds: weeks, retentionMonths: 1 })).toEqual([
    { setting: 'RETENTION_MONTHS', message: expect.stringContaining('at least 161 days') },
  ]);
  // 19 × 7 × 1.1 + 7 = 153.3 days, and 2 × 15.001 = 30.002 s: both round up.
  expect(brokenBounds({ ...byDefault, deliveryScheduleSeconds: weeks.slice(1), retentionMonths: 1 })).toMatchObject([
    { message: expect.stringContaining('at least 154 days') },
  ]);
  expect(brokenBounds({ ...byDefault, deliveryTimeoutMs: 15_001, claimMs: 29_000 })).toEqual([
    { setting: 'CLAIM_SECONDS', message: 'must be at least 31, which is twice DELIVERY_TIMEOUT_MS' },
  ]);
  expect(brokenBounds({ ...byDefault, claimMs: 601_000 })).toEqual([
    { setting: 'CLAIM_SECONDS', message: 'must be at most 600, because no function runs for longer' },
  ]);
});

test('the time that a function may take is that of host.json, and all else follows from it', () => {
  const { functionTimeout } = JSON.parse(readFileSync('host.json', 'utf8')) as { functionTimeout: string };
  const [hours = 0, minutes = 0, seconds = 0] = functionTimeout.split(':').map(Number);
  expect(FUNCTION_TIMEOUT_MS).toBe(((hours * 60 + minutes) * 60 + seconds) * 1000);
  expect(MAX_WRITER_MS).toBeGreaterThan(FUNCTION_TIMEOUT_MS);
  // Attempts that began in time end before the function must.
  expect(MAX_CHUNK_MS + 100_000).toBeLessThan(FUNCTION_TIMEOUT_MS);
});

test('a redirect lasts until the months are dropped that were stored when it began', () => {
  const atMs = Date.parse('2026-11-30T23:59:59.999Z');
  expect(new Date(activityDroppedAtMs(atMs, 3)).toISOString()).toBe('2027-03-01T00:00:00.000Z');
  expect(redirectsUntilMs(atMs, 3)).toBe(activityDroppedAtMs(atMs, 3));
});

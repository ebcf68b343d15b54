import { expect, test } from '@jest/globals';
import { byDay, timelineOf } from '../../dashboard/live/timeline.ts';
import type { DeliveryResponse, ObservationResponse } from '../../shared/operations/operator-responses.ts';
import { at } from '../helpers/insights-data.ts';

function observation(minute: number): ObservationResponse {
  return { evaluatedAt: at(minute), value: minute, outcome: 'stayed-below', sentence: '', fires: false };
}

function delivery(deliveryId: string, minute: number, more: Partial<DeliveryResponse> = {}): DeliveryResponse {
  return {
    deliveryId,
    eventId: 'evt',
    subscriptionId: 'sub',
    instanceId: 'i1',
    trigger: 'segment-threshold-crossed',
    about: 'The vip rose from 90 to 120',
    occurredAt: at(minute),
    status: 'delivered',
    reason: '',
    attemptCount: 1,
    ...more,
  };
}

test('a delivery stands at the evaluation that caused it, others alone; newest first', () => {
  const entries = timelineOf(
    [observation(30), observation(20), observation(10)],
    [delivery('of 20', 20), delivery('alone', 25), delivery('test', 20, { test: true }), delivery('old', 5)],
  );
  expect(entries.map((entry) => [entry.observation?.value, ...entry.deliveries.map((one) => one.deliveryId)])).toEqual([
    [30],
    [undefined, 'alone'],
    [20, 'of 20'],
    [undefined, 'test'],
    [10],
    [undefined, 'old'],
  ]);
});

test('what was delivered of the same instant as a refresh that is not awaited stands alone', () => {
  const other: ObservationResponse = { evaluatedAt: at(20), outcome: 'not-awaited', sentence: 'Web', fires: false };
  const entries = timelineOf([other], [delivery('of CRM', 20)]);
  expect(
    entries.map((entry) => [entry.observation?.sentence, ...entry.deliveries.map((one) => one.deliveryId)]),
  ).toEqual([['Web'], [undefined, 'of CRM']]);
});

test('days come in the order of what is in them', () => {
  const entries = timelineOf([observation(24 * 60 + 1), observation(2), observation(1)], []);
  const days = byDay(entries, (instant) => instant.slice(0, 10));
  expect(days.map(({ key, entries: ofDay }) => [key, ofDay.length])).toEqual([
    ['2026-11-24', 1],
    ['2026-11-23', 2],
  ]);
});

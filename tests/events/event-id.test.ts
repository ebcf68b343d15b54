import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  EVENT_ID_LENGTH,
  eventIdOf,
  eventKey,
  eventKeyAt,
  formatEventId,
  monthOf,
  parseEventId,
} from '../../shared/events/event-id.ts';
import { anyEventAddress, anyTextLike, ID } from '../helpers/arbitrary-ids.ts';
import { runsOf } from '../helpers/test-size.ts';

const fact = {
  instanceId: '0f1e2d3c-4b5a-4968-8776-655443322110',
  trigger: 'segment-threshold-crossed',
  subject: 'ChurnRisk',
  occurrence: '2026-11-23T10:00:00.000Z',
} as const;
const occurredAtMs = Date.parse(fact.occurrence);
const detectedAtMs = Date.parse('2026-11-30T23:59:59.999Z');

test('an event id is the address of its event, both ways', () => {
  fc.assert(
    fc.property(anyEventAddress(), (address) => {
      const id = formatEventId(address);
      expect(id).toMatch(ID);
      expect(id).toHaveLength(EVENT_ID_LENGTH);
      expect(parseEventId(id)).toEqual(address);
    }),
  );
});

test('no text is the address of an event with another id', () => {
  fc.assert(
    fc.property(anyTextLike(anyEventAddress().map(formatEventId)), (text) => {
      const address = parseEventId(text);
      if (address !== undefined) expect(formatEventId(address)).toBe(text);
    }),
    { numRuns: runsOf(2000) },
  );
});

describe('the id of a fact', () => {
  test('is the same whoever computes it, whenever in the month of detection', () => {
    const id = eventIdOf(fact, occurredAtMs, detectedAtMs);
    expect(eventIdOf({ ...fact }, occurredAtMs, Date.parse('2026-11-01T00:00:00Z'))).toBe(id);
    expect(parseEventId(id)).toMatchObject({ month: '202611', instanceId: fact.instanceId, occurredAtMs });
  });

  test('is another for another instance, trigger, subject, occurrence or month of detection', () => {
    const ids = [
      eventIdOf(fact, occurredAtMs, detectedAtMs),
      eventIdOf({ ...fact, instanceId: fact.instanceId.replace('0', '1') }, occurredAtMs, detectedAtMs),
      eventIdOf({ ...fact, trigger: 'measure-threshold-crossed' }, occurredAtMs, detectedAtMs),
      eventIdOf({ ...fact, subject: 'churnRisk' }, occurredAtMs, detectedAtMs),
      eventIdOf({ ...fact, occurrence: '2026-11-23T10:00:00.001Z' }, occurredAtMs, detectedAtMs),
      eventIdOf(fact, occurredAtMs, detectedAtMs + 1),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('takes a time that the service made up for the nearest that an id can hold', () => {
    const timeOf = (ms: number): number | undefined => parseEventId(eventIdOf(fact, ms, detectedAtMs))?.occurredAtMs;
    expect([-1, 0.9, 8.64e15].map(timeOf)).toEqual([0, 0, 36 ** 9 - 1]);
  });
});

test('the keys of events are in the order of their times, newest first', () => {
  fc.assert(
    fc.property(anyEventAddress(), anyEventAddress(), (one, other) => {
      if (one.occurredAtMs > other.occurredAtMs) expect(eventKey(one) < eventKey(other)).toBe(true);
      expect(eventKey(one) >= eventKeyAt(other.occurredAtMs)).toBe(one.occurredAtMs <= other.occurredAtMs);
    }),
    { numRuns: runsOf(1000) },
  );
});

test.each([
  ['2026-11-30T23:59:59.999Z', '202611'],
  ['2026-12-01T00:00:00.000Z', '202612'],
  ['2027-01-01T00:00:00.000Z', '202701'],
])('%s lies in the month %s, in UTC', (instant, month) => {
  expect(monthOf(Date.parse(instant))).toBe(month);
});

import fc from 'fast-check';
import type { EventAddress } from '../../shared/events/event-id.ts';
import type { SubscriptionAddress } from '../../shared/subscriptions/subscription-id.ts';
import { thresholdKey } from '../../shared/subscriptions/threshold-key.ts';
import { triggerNames } from '../../shared/triggers/trigger.ts';

/** What every id may consist of: safe in URLs, row keys and file names. */
const ID_ALPHABET = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-');
export const ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Every finite double, −0 and the extremes more often than chance would have it. */
export function anyThreshold(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(0, -0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53, 2 ** 53 + 2, 0.1, 0.3),
  );
}

/** 16 bytes as a GUID in lower case, of any version and of none. */
export function anyGuid(): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
    const hex = Buffer.from(bytes).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  });
}

export function anySubscriptionAddress(): fc.Arbitrary<SubscriptionAddress> {
  return fc.record({
    trigger: fc.constantFrom(...triggerNames),
    instanceId: anyGuid(),
    subjectHash: safeText(22),
    rowKey: fc.tuple(anyThreshold(), safeText(16)).map(([threshold, nonce]) => thresholdKey(threshold) + nonce),
  });
}

export function anyEventAddress(): fc.Arbitrary<EventAddress> {
  return fc.record({
    month: fc.tuple(fc.integer({ min: 2000, max: 2099 }), fc.integer({ min: 1, max: 12 })).map(([year, month]) => {
      return `${year}${String(month).padStart(2, '0')}`;
    }),
    instanceId: anyGuid(),
    occurredAtMs: fc.oneof(fc.integer({ min: 0, max: 36 ** 9 - 1 }), fc.constantFrom(0, 36 ** 9 - 1)),
    identity: safeText(22),
  });
}

/** Any text, and texts that differ from an id by a character or two. */
export function anyTextLike(id: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const character = fc.oneof(
    fc.constantFrom(...ID_ALPHABET),
    fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
  );
  const edit = fc.record({
    at: fc.nat({ max: 127 }),
    removed: fc.nat({ max: 2 }),
    put: fc.array(character, { maxLength: 2 }),
  });
  const damaged = fc
    .tuple(id, fc.array(edit, { minLength: 1, maxLength: 2 }))
    .map(([text, edits]) =>
      edits.reduce((left, { at, removed, put }) => left.slice(0, at) + put.join('') + left.slice(at + removed), text),
    );
  return fc.oneof({ weight: 1, arbitrary: fc.string({ unit: 'binary' }) }, { weight: 9, arbitrary: damaged });
}

function safeText(length: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...ID_ALPHABET), minLength: length, maxLength: length });
}

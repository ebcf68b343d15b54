import type { Clock } from '../../../shared/clock.ts';
import type { Random } from '../../../shared/random.ts';

/** The ports of the sandbox: time, and randomness for ids. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
}

/** A version 4 GUID (RFC 9562 §5.4) from 16 random bytes. */
export function newGuid(random: Random): string {
  const bytes = Buffer.from(random.token(16), 'base64url');
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * The current time, or 1 ms after `previous` when the clock has not passed it, so that a series of
 * timestamps always increases.
 */
export function instantAfter(clock: Clock, previous: string | null): string {
  const earliestMs = previous === null ? -Infinity : Date.parse(previous) + 1;
  return new Date(Math.max(clock.now(), earliestMs)).toISOString();
}

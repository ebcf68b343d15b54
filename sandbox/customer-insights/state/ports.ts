import type { Clock } from '../../../shared/clock.ts';
import type { Random } from '../../../shared/random.ts';

/** What the sandbox takes from outside: the time, and the randomness its ids are made of. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
}

/** A version 4 GUID (RFC 9562 §5.4) made of 16 bytes of the given randomness. */
export function newGuid(random: Random): string {
  const bytes = Buffer.from(random.token(16), 'base64url');
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The current instant, or 1 ms after `previous` when the clock has not passed it: a series made of these only rises. */
export function instantAfter(clock: Clock, previous: string | null): string {
  const earliestMs = previous === null ? -Infinity : Date.parse(previous) + 1;
  return new Date(Math.max(clock.now(), earliestMs)).toISOString();
}

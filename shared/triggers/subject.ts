import { hash } from 'node:crypto';
import { triggers, type Trigger } from './trigger.ts';

/**
 * The subject of a subscription: a segment, a measure, one or any data source, or the whole
 * instance.
 */
export interface Subject {
  /** GUID in lower case. */
  readonly instanceId: string;
  readonly trigger: Trigger;
  /**
   * The name of a segment or measure, the id of a data source in lower case, a result of
   * `subjectStartedBy` (for a full refresh), or `ANY_SUBJECT`.
   */
  readonly name: string;
}

/** 128 bits of SHA-256 as 22 characters of base64url, which are safe in keys. */
export function shortHash(...parts: readonly string[]): string {
  // Each part is preceded by its length, so that ("a", "bc") and ("ab", "c") have different hashes.
  const text = parts.map((part) => `${part.length}:${part}`).join('');
  return hash('sha256', text, 'buffer').toString('base64url', 0, 16);
}

export function subjectHash(subject: Subject): string {
  return shortHash(subject.name);
}

/** The partition of the `subscriptions` table that holds every subscription to one subject. */
export function subjectPartition(instanceId: string, trigger: Trigger, hash: string): string {
  return `${instanceId}:${triggers[trigger].code}:${hash}`;
}

const guidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Writes a lower-case GUID as 22 characters of base64url, to keep the ids of events and
 * subscriptions short.
 */
export function packGuid(guid: string): string {
  if (!guidPattern.test(guid)) throw new RangeError('not a GUID in lower case');
  return Buffer.from(guid.replaceAll('-', ''), 'hex').toString('base64url');
}

/** The reverse of `packGuid`. `undefined` for any other text. */
export function unpackGuid(packed: string): string | undefined {
  const bytes = Buffer.from(packed, 'base64url');
  if (bytes.length !== 16 || bytes.toString('base64url') !== packed) return undefined;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

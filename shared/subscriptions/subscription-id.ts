import { packGuid, subjectPartition, unpackGuid } from '../triggers/subject.ts';
import { triggerOfCode, triggers, type Trigger } from '../triggers/trigger.ts';
import { thresholdOfKey } from './threshold-key.ts';

/**
 * The parts of a subscription id, which are also the keys of its row. The id has 81 characters:
 * `sub_`, trigger code (1), instance (22), subject hash (22), threshold key (16) and nonce (16).
 * The nonce is random, so a subscription that is created again has another id.
 */
export interface SubscriptionAddress {
  readonly trigger: Trigger;
  readonly instanceId: string;
  readonly subjectHash: string;
  /** Threshold key (16 characters) and nonce (16 characters). */
  readonly rowKey: string;
}

const pattern = /^sub_([a-z])([A-Za-z0-9_-]{22})([A-Za-z0-9_-]{22})([0-9a-f]{16})([A-Za-z0-9_-]{16})$/;

export const NONCE_BYTES = 12;
/** Length of a subscription's row key, which is the end of its id. */
export const ROW_KEY_LENGTH = 32;

/** The id of a subscription. The inverse of `parseSubscriptionId`. */
export function formatSubscriptionId(address: SubscriptionAddress): string {
  return `sub_${triggers[address.trigger].code}${packGuid(address.instanceId)}${address.subjectHash}${address.rowKey}`;
}

/**
 * Parses a subscription id. Returns `undefined` when `formatSubscriptionId` cannot have created it.
 */
export function parseSubscriptionId(id: string): SubscriptionAddress | undefined {
  const match = pattern.exec(id);
  if (match === null) return undefined;
  const [, code, packed, hash, threshold, nonce] = match as unknown as [string, string, string, string, string, string];
  const trigger = triggerOfCode(code);
  const instanceId = unpackGuid(packed);
  if (trigger === undefined || instanceId === undefined || thresholdOfKey(threshold) === undefined) return undefined;
  return { trigger, instanceId, subjectHash: hash, rowKey: threshold + nonce };
}

/** The partition of a subscription's row: one for all subscriptions to the same subject. */
export function partitionOf(address: SubscriptionAddress): string {
  return subjectPartition(address.instanceId, address.trigger, address.subjectHash);
}

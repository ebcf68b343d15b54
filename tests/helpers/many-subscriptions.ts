import type { Row, Tables, Write } from '../../shared/storage/tables.ts';
import { callbackCipher } from '../../shared/subscriptions/callback-cipher.ts';
import { draftOf, newRowKey } from '../../shared/subscriptions/subscription-draft.ts';
import { sealContext, SUBSCRIPTIONS_TABLE, subscriptionRow } from '../../shared/subscriptions/subscription-row.ts';
import type { NewSubscription } from '../../shared/subscriptions/subscription.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';

/**
 * Writes living subscriptions straight into their partition: what a thousand subscribe calls would
 * leave, in ten requests.
 */
export async function insertSubscriptions(
  tables: Tables,
  options: {
    instanceId: string;
    trigger: Trigger;
    name: string;
    thresholds: readonly number[];
    callbackUrl: (index: number) => string;
    encryptionKey: Buffer;
    createdAtMs?: number;
    /** Differences from an active subscription. */
    change?: (index: number) => Partial<NewSubscription>;
  },
): Promise<void> {
  const { instanceId, trigger, name, thresholds, encryptionKey } = options;
  const cipher = callbackCipher([{ kid: 'test', key: encryptionKey }]);
  const subject = { instanceId, trigger, name };
  const subscriber = { connection: 'many', workflowId: undefined, operationName: undefined, environmentId: undefined };
  const rows: Row[] = thresholds.map((threshold, index) => {
    const callbackUrl = options.callbackUrl(index);
    const rowKey = newRowKey(threshold, String(index).padStart(16, '0'));
    const request = { callbackUrl, instanceId, threshold };
    const draft = draftOf({ subscriber, subject, request, rowKey }, { cipher, nowMs: options.createdAtMs ?? 0 });
    const callback = cipher.seal(callbackUrl, sealContext(draft.address));
    return subscriptionRow({ ...draft, activeFrom: 0, callback, ...options.change?.(index) });
  });
  for (let start = 0; start < rows.length; start += 100) {
    const writes = rows.slice(start, start + 100).map((row): Write => ({ kind: 'insert', row }));
    await tables.write(SUBSCRIPTIONS_TABLE, writes as [Write, ...Write[]]);
  }
}

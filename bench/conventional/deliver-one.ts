import type { KeyObject } from 'node:crypto';
import { classify } from '../../shared/deliveries/attempt/classification.ts';
import { codeOf } from '../../shared/deliveries/attempt/disposition.ts';
import { DELIVERIES_QUEUE } from '../../shared/deliveries/messages.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { CallbackClient } from '../../shared/outgoing/callback-client.ts';
import { signatureHeaders } from '../../shared/outgoing/signature.ts';
import type { Queues } from '../../shared/storage/queues.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import type { CallbackCipher } from '../../shared/subscriptions/callback-cipher.ts';
import { CONVENTIONAL_TABLE, deliveryOfRow, rowOfDelivery, type DeliveryRow } from './delivery-row.ts';
import type { DeliveryMessage } from './enqueue-deliveries.ts';

export interface DeliverOnePorts {
  readonly tables: Tables;
  readonly queues: Queues;
  readonly client: CallbackClient;
  readonly cipher: CallbackCipher;
  readonly signingSecrets: readonly KeyObject[];
  readonly userAgent: string;
  readonly scheduleSeconds: readonly number[];
  readonly log: Log;
}

/**
 * One function call makes one delivery: it reads the row (because a message may come twice), POSTs,
 * and writes the outcome. After a failure it sends the message again with a delay. The host deletes
 * the message.
 */
export async function deliverOne(ports: DeliverOnePorts, { eventId, deliveryId }: DeliveryMessage): Promise<void> {
  const stored = await ports.tables.get(CONVENTIONAL_TABLE, eventId, deliveryId);
  if (stored === undefined) return;
  const row = deliveryOfRow(stored);
  if (row.status !== 'pending') return;
  const { body } = row;
  const result = await ports.client.post({
    url: ports.cipher.open(row.sealedUrl, row.sealContext),
    headers: {
      'content-type': 'application/json',
      'user-agent': ports.userAgent,
      'x-ms-client-tracking-id': deliveryId,
      ...signatureHeaders({
        secrets: ports.signingSecrets,
        id: deliveryId,
        timestampSeconds: Math.floor(systemClock.now() / 1000),
        body,
      }),
    },
    body,
  });
  const classification = classify(result);
  const delaySeconds = classification.kind === 'delivered' ? undefined : ports.scheduleSeconds[row.attempts];
  const isPending = delaySeconds !== undefined;
  const next: DeliveryRow = {
    ...row,
    status: classification.kind === 'delivered' ? 'delivered' : isPending ? 'pending' : 'dead',
    attempts: row.attempts + 1,
    lastCode: codeOf(classification),
    runId: (classification.kind === 'delivered' && classification.runId) || '',
    durationMs: result.durationMs,
  };
  if (delaySeconds !== undefined) {
    await ports.queues.send(DELIVERIES_QUEUE, { eventId, deliveryId }, { delayMs: delaySeconds * 1000 });
  }
  await ports.tables.write(CONVENTIONAL_TABLE, [{ kind: 'replace', row: rowOfDelivery(next), etag: stored.etag }]);
  ports.log.info('delivery.attempted', { eventId, deliveryId, code: next.lastCode, durationMs: result.durationMs });
}

import type { Row, StoredRow } from '../../shared/storage/tables.ts';

/**
 * One table for all deliveries. The partition is the event, so rows of one event can share a
 * transaction.
 */
export const CONVENTIONAL_TABLE = 'conventionaldeliveries';

/**
 * A delivery in the conventional design: one row with everything that the function needs for the
 * POST.
 */
export interface DeliveryRow {
  readonly eventId: string;
  readonly deliveryId: string;
  readonly status: 'pending' | 'delivered' | 'dead';
  readonly body: string;
  readonly sealedUrl: string;
  readonly sealContext: string;
  readonly attempts: number;
  readonly lastCode: string;
  readonly runId: string;
  readonly durationMs: number;
}

export function rowOfDelivery({ eventId, deliveryId, ...values }: DeliveryRow): Row {
  return { partitionKey: eventId, rowKey: deliveryId, ...values };
}

export function deliveryOfRow({ partitionKey, rowKey, values }: StoredRow): DeliveryRow {
  return { ...(values as Omit<DeliveryRow, 'eventId' | 'deliveryId'>), eventId: partitionKey, deliveryId: rowKey };
}

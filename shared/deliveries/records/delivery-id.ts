import { EVENT_ID_LENGTH, parseEventId, type EventAddress } from '../../events/event-id.ts';
import { ROW_KEY_LENGTH } from '../../subscriptions/subscription-id.ts';

/**
 * The parts of a delivery id. They name the rows of the event and of the subscription, so no lookup
 * table is needed. An id consists of `dlv_`, the event id without its prefix (57 characters), the
 * index of the recipient range (1) and the row key of the subscription (32): 94 characters in
 * total.
 */
export interface DeliveryAddress {
  readonly eventId: string;
  readonly event: EventAddress;
  /** Index of the recipient range that the subscription was found in. */
  readonly range: number;
  /** Row key of the subscription. */
  readonly rowKey: string;
}

const eventPartLength = EVENT_ID_LENGTH - 'evt_'.length;
const pattern = new RegExp(`^dlv_(.{${eventPartLength}})([0-9])([0-9a-f]{16}[A-Za-z0-9_-]{${ROW_KEY_LENGTH - 16}})$`);

export function formatDeliveryId(eventId: string, range: number, rowKey: string): string {
  return `dlv_${eventId.slice('evt_'.length)}${range}${rowKey}`;
}

/**
 * Parses an id that this app has created. Throws on an invalid id. Ids that callers send must go
 * through `parseDeliveryId`.
 */
export function addressOfDelivery(id: string): DeliveryAddress {
  const address = parseDeliveryId(id);
  if (address === undefined) throw new Error(`not a delivery id: ${id.slice(0, 100)}`);
  return address;
}

/** Parses an id that a caller sent. Returns `undefined` when it is not a valid delivery id. */
export function parseDeliveryId(id: string): DeliveryAddress | undefined {
  const match = pattern.exec(id);
  if (match === null) return undefined;
  const [, eventPart, range, rowKey] = match as unknown as [string, string, string, string];
  const eventId = `evt_${eventPart}`;
  const event = parseEventId(eventId);
  return event && { eventId, event, range: Number(range), rowKey };
}

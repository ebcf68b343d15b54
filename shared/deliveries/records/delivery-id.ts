import { EVENT_ID_LENGTH, parseEventId, type EventAddress } from '../../events/event-id.ts';
import { ROW_KEY_LENGTH } from '../../subscriptions/subscription-id.ts';

/**
 * A delivery's id is the address of its event and, within the event's audience, of its subscription: it needs no look-up table.
 * `dlv_` + event id without its prefix (57) + index of the audience range (1) + the subscription's row key (32) = 94 characters.
 */
export interface DeliveryAddress {
  readonly eventId: string;
  readonly event: EventAddress;
  readonly range: number;
  readonly rowKey: string;
}

const rest = EVENT_ID_LENGTH - 'evt_'.length;
const pattern = new RegExp(`^dlv_(.{${rest}})([0-9])([0-9a-f]{16}[A-Za-z0-9_-]{${ROW_KEY_LENGTH - 16}})$`);

export function formatDeliveryId(eventId: string, range: number, rowKey: string): string {
  return `dlv_${eventId.slice('evt_'.length)}${range}${rowKey}`;
}

/** The same for an id of our own. Throws on one that is none: a bug, since ids from outside are parsed before. */
export function addressOfDelivery(id: string): DeliveryAddress {
  const address = parseDeliveryId(id);
  if (address === undefined) throw new Error(`not a delivery id: ${id.slice(0, 100)}`);
  return address;
}

/** `undefined` for anything that `formatDeliveryId` could not have made. */
export function parseDeliveryId(id: string): DeliveryAddress | undefined {
  const match = pattern.exec(id);
  if (match === null) return undefined;
  const [, eventPart, range, rowKey] = match as unknown as [string, string, string, string];
  const eventId = `evt_${eventPart}`;
  const event = parseEventId(eventId);
  return event && { eventId, event, range: Number(range), rowKey };
}

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDeliveryId, parseDeliveryId } from '../../shared/deliveries/records/delivery-id.ts';
import { formatEventId } from '../../shared/events/event-id.ts';
import { anyEventAddress, anySubscriptionAddress, anyTextLike, ID } from '../helpers/arbitrary-ids.ts';
import { runsOf } from '../helpers/test-size.ts';

const anyDelivery = fc.record({
  event: anyEventAddress(),
  range: fc.integer({ min: 0, max: 9 }),
  rowKey: anySubscriptionAddress().map(({ rowKey }) => rowKey),
});

test('a delivery id is the address of its event and of its subscription within it, both ways', () => {
  fc.assert(
    fc.property(anyDelivery, ({ event, range, rowKey }) => {
      const eventId = formatEventId(event);
      const id = formatDeliveryId(eventId, range, rowKey);
      expect(id).toMatch(ID);
      expect(parseDeliveryId(id)).toEqual({ eventId, event, range, rowKey });
    }),
  );
});

test('no text is the address of a delivery with another id', () => {
  const ids = anyDelivery.map(({ event, range, rowKey }) => formatDeliveryId(formatEventId(event), range, rowKey));
  fc.assert(
    fc.property(anyTextLike(ids), (text) => {
      const address = parseDeliveryId(text);
      if (address !== undefined) expect(formatDeliveryId(address.eventId, address.range, address.rowKey)).toBe(text);
    }),
    { numRuns: runsOf(2000) },
  );
});

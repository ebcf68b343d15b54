import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { callbackBody } from '../../shared/deliveries/attempt/callback-body.ts';
import type { Event } from '../../shared/events/event.ts';

test('a body is one JSON text whatever the event contains, also for the second subscription of an event', () => {
  const text = fc.string({ unit: 'binary' });
  const event = fc.record(
    {
      eventId: text,
      trigger: fc.constant('segment-threshold-crossed' as const),
      instanceId: text,
      occurredAt: text,
      test: fc.constant(true as const),
      displayName: text,
      value: fc.double({ noNaN: true, noDefaultInfinity: true }),
    },
    { requiredKeys: ['eventId', 'trigger', 'instanceId', 'occurredAt'] },
  );
  const subscription = fc.record({
    id: text,
    threshold: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  });
  fc.assert(
    fc.property(
      event,
      fc.array(fc.tuple(text, subscription), { minLength: 2, maxLength: 2 }),
      (content, deliveries) => {
        for (const [deliveryId, { id, threshold }] of deliveries) {
          const { eventId, trigger, instanceId, occurredAt, test, ...facts } = content;
          const common = { eventId, deliveryId, subscriptionId: id, trigger, instanceId, occurredAt, test };
          const body = callbackBody(content as unknown as Event, deliveryId, { id, threshold: threshold ?? undefined });
          expect(body).toBe(JSON.stringify({ ...common, threshold: threshold ?? undefined, ...facts }));
        }
      },
    ),
  );
});

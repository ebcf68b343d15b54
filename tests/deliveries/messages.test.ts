import { expect, test } from '@jest/globals';
import { Type } from '@sinclair/typebox';
import { validateChunkMessage, validatePollMessage, validateRetriesMessage } from '../../shared/deliveries/messages.ts';
import { validatorOf } from '../../shared/validation.ts';

const carried = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', dueAtMs: 1.5 };
const text = Type.String({ minLength: 1, maxLength: 256 });
const v = Type.Literal(1);
/**
 * The first form of messages, before they carried anything for telemetry: an app of that version
 * may get those of a newer one.
 */
const firstForm = {
  chunk: validatorOf(Type.Object({ v, eventId: text, chunk: Type.Integer({ minimum: 0 }) })),
  poll: validatorOf(Type.Object({ v, instanceId: text })),
  retries: validatorOf(
    Type.Union([
      Type.Object({ v, kind: Type.Literal('retry'), deliveryId: text, nonce: text, after: Type.Optional(text) }),
      Type.Object({ v, kind: Type.Literal('release'), subscriptionId: text }),
      Type.Object({ v, kind: Type.Literal('tidy'), subscriptionId: text }),
    ]),
  ),
};

test.each([
  ['a poll', validatePollMessage, firstForm.poll, { v: 1, instanceId: 'i' }],
  ['a chunk', validateChunkMessage, firstForm.chunk, { v: 1, eventId: 'e', chunk: 0 }],
  ['a retry', validateRetriesMessage, firstForm.retries, { v: 1, kind: 'retry', deliveryId: 'd', nonce: 'n' }],
  ['a release', validateRetriesMessage, firstForm.retries, { v: 1, kind: 'release', subscriptionId: 's' }],
  [
    'a release as version 0.9.0 sends it',
    validateRetriesMessage,
    firstForm.retries,
    { v: 1, kind: 'tidy', subscriptionId: 's' },
  ],
])('%s is read by old and new, with and without what it carries for telemetry', (_, now, before, message) => {
  for (const read of [now, before]) {
    expect(read(message)).toEqual({ kind: 'valid', value: message });
    expect(read({ ...message, ...carried })).toEqual({ kind: 'valid', value: { ...message, ...carried } });
  }
  expect(now({ ...message, v: 2 }).kind).toBe('invalid');
});

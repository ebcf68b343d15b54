import { describe, expect, test } from '@jest/globals';
import { decodeMessage, manualMetadata, messageMetadata } from '../../../sandbox/functions-host/queue-message.ts';
import { fakeMessage } from './fake-queue.ts';

describe('the text of a message', () => {
  test.each([
    ['eA==', { kind: 'text', text: 'x' }],
    [' eA\n== ', { kind: 'text', text: 'x' }],
    ['', { kind: 'text', text: '' }],
    ['77u/eA==', { kind: 'text', text: '\ufeffx' }],
    ['eA=', { kind: 'not-base64' }],
    ['eA', { kind: 'not-base64' }],
    ['e=A=', { kind: 'not-base64' }],
    ['e_-A', { kind: 'not-base64' }],
    ['hello fixture!', { kind: 'not-base64' }],
    ['abcd', { kind: 'not-utf8' }],
  ])('of %j is %j', (raw, decoded) => {
    expect(decodeMessage(raw, 'base64')).toEqual(decoded);
  });

  test('is what was sent when the encoding is none', () => {
    expect(decodeMessage('abcd', 'none')).toEqual({ kind: 'text', text: 'abcd' });
  });
});

describe('the metadata of a message', () => {
  test('has instants as .NET writes them', () => {
    const at = new Date('2026-11-23T10:00:00Z');
    const metadata = messageMetadata(fakeMessage({ insertedAt: at, expiresAt: new Date(Number(at) + 5) }), '');
    expect(metadata).toMatchObject({
      insertionTime: { string: '2026-11-23T10:00:00+00:00' },
      expirationTime: { string: '2026-11-23T10:00:00.005+00:00' },
    });
  });

  test('is overridden by the properties of a JSON object, capital first letters and all', () => {
    expect(
      manualMetadata('{"DequeueCount":7,"yes":true,"no":false,"none":null,"list":[],"one":{"A":1}}'),
    ).toMatchObject({
      dequeueCount: { string: '7' },
      yes: { string: 'True' },
      no: { string: 'False' },
      one: { json: '{"A":1}' },
    });
    expect(Object.keys(manualMetadata('{"none":null,"list":[]}'))).toEqual(Object.keys(manualMetadata('x')));
  });

  test.each(['[{"id":1}]', '"id"', '5', 'null', '{bad'])('is not changed by %s', (text) => {
    expect(manualMetadata(text)).toEqual({ ...manualMetadata('x'), queueTrigger: { string: text } });
  });
});

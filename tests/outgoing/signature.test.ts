import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { parseSigningSecret, signatureHeaders } from '../../shared/outgoing/signature.ts';
import published from '../fixtures/standard-webhooks.json' with { type: 'json' };

const secretOf = (fill: number, bytes = 32): string => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`;

/** The reference verifier reads the wall clock, so that one stands still while it does. */
function verify(secret: string, body: string, headers: Record<string, string>, atSeconds: number): unknown {
  jest.useFakeTimers({ now: atSeconds * 1000 });
  return new Webhook(secret).verify(body, headers);
}

afterEach(() => {
  jest.useRealTimers();
});

describe('signatureHeaders', () => {
  test.each(published.vectors)('the published vector comes out', ({ secret, id, timestamp, body, signature }) => {
    const headers = signatureHeaders({ secrets: [parseSigningSecret(secret)], id, timestampSeconds: timestamp, body });

    expect(headers).toEqual({
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature,
    });
  });

  test('the reference verifier accepts any secret that signed, and no other', () => {
    const body = JSON.stringify({ displayName: 'Käufer 🎉 \u2028' });
    const secrets = [secretOf(1), secretOf(2)].map(parseSigningSecret);
    const headers = signatureHeaders({ secrets, id: 'd_1', timestampSeconds: 1_800_000_000, body });

    expect(verify(secretOf(1), body, headers, 1_800_000_000)).toEqual(JSON.parse(body));
    expect(verify(secretOf(2), body, headers, 1_800_000_000)).toEqual(JSON.parse(body));
    expect(() => verify(secretOf(3), body, headers, 1_800_000_000)).toThrow('No matching signature');
  });

  test('the reference verifier refuses another body, id or time', () => {
    const body = '{"value":1}';
    const secrets = [parseSigningSecret(secretOf(1))];
    const headers = signatureHeaders({ secrets, id: 'd_1', timestampSeconds: 1_800_000_000, body });
    const refuse = (otherBody: string, change: Record<string, string>): void => {
      expect(() => verify(secretOf(1), otherBody, { ...headers, ...change }, 1_800_000_000)).toThrow(
        'No matching signature',
      );
    };

    refuse('{"value":2}', {});
    refuse(body, { 'webhook-id': 'd_2' });
    refuse(body, { 'webhook-timestamp': '1800000001' });
  });

  test('without secrets there is an id and a time, and no signature', () => {
    expect(signatureHeaders({ secrets: [], id: 'd_1', timestampSeconds: 7, body: '{}' })).toEqual({
      'webhook-id': 'd_1',
      'webhook-timestamp': '7',
    });
  });
});

describe('parseSigningSecret', () => {
  test('24 to 64 bytes are a secret', () => {
    expect(parseSigningSecret(secretOf(1, 24)).export()).toEqual(Buffer.alloc(24, 1));
    expect(parseSigningSecret(secretOf(255, 64)).export()).toEqual(Buffer.alloc(64, 255));
  });

  test.each([
    ['too short', secretOf(1, 23)],
    ['too long', secretOf(1, 65)],
    ['without prefix', Buffer.alloc(32, 1).toString('base64')],
    ['with another prefix', secretOf(1).replace('whsec_', 'whsk_')],
    ['in base64url', secretOf(255, 32).replaceAll('/', '_')],
    ['without padding', secretOf(1, 32).replace('=', '')],
    ['with a space', `${secretOf(1)} `],
    ['empty', ''],
  ])('a secret %s is refused, and the message does not repeat it', (_name, text) => {
    expect(() => parseSigningSecret(text)).toThrow(
      new Error('a signing secret is whsec_ and the base64 of 24 to 64 bytes'),
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import { parseNetworks } from '../../shared/outgoing/network-list.ts';
import type { Lookup } from '../../shared/outgoing/lookup.ts';
import { INSTANCE, memoryBackend } from '../helpers/memory-backend.ts';

const found =
  (...addresses: string[]): Lookup =>
  () =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
const failed =
  (code: string): Lookup =>
  () =>
    Promise.reject(Object.assign(new Error('no answer'), { code }));

/** What a subscribe with this callback URL is answered, and which names were resolved for it. */
async function subscribe(callbackUrl: string, lookup: Lookup, networks = '10.0.0.0/8,fd00::/8') {
  const resolved: string[] = [];
  const fixture = memoryBackend({
    lookup: (host) => {
      resolved.push(host);
      return lookup(host);
    },
    config: {
      callbackPolicy: { allowedHosts: ['.logic.azure.com'], allowedNetworks: parseNetworks(networks) },
    },
  });
  const subscriber = { connection: 'c', workflowId: undefined, operationName: undefined, environmentId: undefined };
  const body = { instanceId: INSTANCE, callbackUrl };
  const answer = await fixture.backend.subscribe(subscriber, 'full-refresh-completed', body);
  const rows = (await fixture.tables.query('subscriptions', { partition: { from: '0', to: '~' } })).rows.length;
  return { answer, resolved, rows };
}

describe('with CALLBACK_ALLOWED_NETWORKS, a host name that is not in the allow-list', () => {
  test.each<[string, Lookup]>([
    ['one in the networks', found('10.1.2.3')],
    ['several in the networks', found('10.1.2.3', 'fd00::1')],
  ])('with addresses, %s, is subscribed', async (_, lookup) => {
    const { answer, resolved } = await subscribe('http://flows.corp.example:8080/hook', lookup);
    expect(answer.kind).toBe('subscribed');
    expect(resolved).toEqual(['flows.corp.example']);
  });

  test.each<[string, Lookup, RegExp]>([
    ['has a public address', found('93.184.215.14'), /may not call addresses at example\.com\. .* to allow this host/],
    ['has an address outside the networks beside one inside', found('10.1.2.3', '192.168.0.1'), /may not call/],
    ['does not exist', failed('ENOTFOUND'), /does not exist/],
    ['has no record of an address', failed('ENODATA'), /does not exist/],
    ['has no address', found(), /does not exist/],
  ])('that %s is refused, and nothing is stored', async (_, lookup, detail) => {
    const { answer, rows } = await subscribe('https://example.com/hook', lookup);
    expect(answer).toMatchObject({ code: 'callback-url-not-allowed', detail: expect.stringMatching(detail) });
    expect(rows).toBe(0);
  });

  test.each(['EAI_AGAIN', 'EAI_FAIL', 'ETIMEOUT'])('whose resolver fails with %s can be tried again', async (code) => {
    const { answer, rows } = await subscribe('https://example.com/hook', failed(code));
    expect(answer).toMatchObject({ code: 'callback-host-unresolved', retryAfterMs: expect.any(Number) });
    expect(rows).toBe(0);
  });
});

test.each([
  ['a name in the allow-list', 'https://prod-1.westeurope.logic.azure.com/hook'],
  ['an address in the networks', 'http://10.0.0.1:81/hook'],
])('%s is not resolved', async (_, url) => {
  const { answer, resolved } = await subscribe(url, failed('EAI_AGAIN'));
  expect(answer.kind).toBe('subscribed');
  expect(resolved).toEqual([]);
});

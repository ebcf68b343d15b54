import { afterEach, describe, expect, test } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import type { CallbackResponse, CallbackClientOptions } from '../../shared/outgoing/callback-client.ts';
import { parseNetworks } from '../../shared/outgoing/network-list.ts';
import vectors from '../fixtures/ssrf.json' with { type: 'json' };
import { closeOpened, refused, startClient, startServer, unreached } from './callback-harness.ts';
import { httpAnswer } from './raw-server.ts';

afterEach(closeOpened);

const noNetworks = { allowedHosts: ['*'], allowedNetworks: parseNetworks('') };

function addresses(...ips: string[]): LookupAddress[] {
  return ips.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
}

/** One call to a public-looking name that resolves to these addresses. */
function postResolving(ips: string[], options: Partial<CallbackClientOptions> = {}): Promise<CallbackResponse> {
  const client = startClient({ policy: noNetworks, lookup: () => Promise.resolve(addresses(...ips)), ...options });
  return client.post({ url: 'https://hooks.example.com/', headers: {}, body: '{}' });
}

describe('what a name resolves to', () => {
  test.each([
    ['one private address', ['127.0.0.1']],
    ['the metadata service', ['169.254.169.254']],
    ['the platform address of Azure', ['168.63.129.16']],
    ['a public and a private address', ['93.184.216.34', '10.0.0.1']],
    ['a private and a public address', ['10.0.0.1', '93.184.216.34']],
    ['a public IPv4 and a loopback IPv6 address', ['93.184.216.34', '::1']],
    ['an IPv4 address inside IPv6', ['::ffff:93.184.216.34']],
    ['a thousand public addresses and a private one', [...Array<string>(1000).fill('93.184.216.34'), '10.0.0.1']],
    ['an address with a zone', ['2606:4700:4700::1111%eth0']],
    ['no address at all', ['hooks.example.com']],
  ])('%s: refused', async (_name, ips) => {
    expect(await postResolving(ips)).toEqual(refused('address-not-public'));
  });

  test('a name that does not resolve is worth another try', async () => {
    const failing = (): Promise<never> => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));

    expect(await postResolving([], { lookup: failing })).toEqual(unreached('dns'));
    expect(await postResolving([])).toEqual(unreached('dns'));
  });

  test('a name is asked once per call: an answer that changes afterwards is not dialled', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)));
    const answers = [addresses('127.0.0.1'), addresses('10.0.0.1')];
    const asked: string[] = [];
    const client = startClient({
      lookup: (hostname) => {
        asked.push(hostname);
        return Promise.resolve(answers.shift() ?? []);
      },
    });

    const answer = await client.post({ url: `http://rebinding.example.com:${server.port}/`, headers: {}, body: '{}' });

    expect(answer).toMatchObject({ kind: 'answered', status: 202 });
    expect(asked).toEqual(['rebinding.example.com']);
  });

  test('every call that needs a connection is checked again', async () => {
    const server = await startServer((socket) => socket.end(httpAnswer(202, { headers: ['connection: close'] })));
    const answers = [addresses('127.0.0.1'), addresses('10.0.0.1')];
    const client = startClient({ lookup: () => Promise.resolve(answers.shift() ?? []) });
    const request = { url: `http://rebinding.example.com:${server.port}/`, headers: {}, body: '{}' };

    expect(await client.post(request)).toMatchObject({ kind: 'answered', status: 202 });
    expect(await client.post(request)).toEqual(refused('url-not-allowed'));
    expect(server.requests).toHaveLength(1);
  });

  test('the second address is dialled when the first is dead', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)));
    const client = startClient({
      policy: { allowedHosts: [], allowedNetworks: parseNetworks('127.0.0.0/8, ::1/128') },
      lookup: () => Promise.resolve(addresses('::1', '127.0.0.1')),
    });

    const answer = await client.post({ url: `http://two.example.com:${server.port}/`, headers: {}, body: '{}' });

    expect(answer).toMatchObject({ kind: 'answered', status: 202 });
  });
});

test('no URL of the vectors to refuse is ever resolved', async () => {
  const client = startClient({
    policy: noNetworks,
    lookup: (hostname) => Promise.reject(new Error(`${hostname} must not be asked`)),
  });

  for (const url of vectors['reject-url']) {
    expect(await client.post({ url, headers: {}, body: '{}' })).toEqual(refused('url-not-allowed'));
  }
});

test.each(vectors['reject-ip'])('a name that resolves to %s beside a public address is refused', async (ip) => {
  expect(await postResolving(['93.184.216.34', ip])).toEqual(refused('address-not-public'));
});

describe('dialling', () => {
  const loopback = { allowedHosts: ['*'], allowedNetworks: parseNetworks('127.0.0.0/8, ::1/128') };

  test('of a name with very many addresses eight are tried', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)));
    const postAfterDeadOnes = (dead: number): Promise<CallbackResponse> => {
      const found = addresses(...Array<string>(dead).fill('::1'), '127.0.0.1');
      const client = startClient({ policy: loopback, lookup: () => Promise.resolve(found) });
      return client.post({ url: `http://many.example.com:${server.port}/`, headers: {}, body: '{}' });
    };

    expect(await postAfterDeadOnes(7)).toMatchObject({ kind: 'answered', status: 202 });
    expect(await postAfterDeadOnes(8)).toEqual(unreached('connect'));
  });

  test('a port where nobody listens is no matter of TLS, with one address or several', async () => {
    const server = await startServer(() => undefined);
    await server.close();

    for (const ips of [['127.0.0.1'], ['::1', '127.0.0.1']]) {
      const client = startClient({ policy: loopback, lookup: () => Promise.resolve(addresses(...ips)) });
      const answer = await client.post({ url: `https://closed.example.com:${server.port}/`, headers: {}, body: '{}' });
      expect(answer).toEqual(unreached('connect'));
    }
  });
});

describe('allowed networks', () => {
  test('an allowed host may resolve into them', async () => {
    const answer = await postResolving(['127.0.0.1'], {
      policy: { ...noNetworks, allowedNetworks: parseNetworks('127.0.0.1/32') },
    });

    // Nobody listens on port 443 here, or speaks for this name: what matters is that it was
    // dialled.
    expect(answer).toEqual({
      kind: 'unreached',
      code: expect.stringMatching(/^(connect|tls)$/),
      durationMs: expect.any(Number),
    });
  });

  test('their neighbours stay refused', async () => {
    const policy = { ...noNetworks, allowedNetworks: parseNetworks('127.0.0.1/32') };

    expect(await postResolving(['127.0.0.2'], { policy })).toEqual(refused('address-not-public'));
  });

  test('what may be called only for their sake is refused at any other address, public or not', async () => {
    for (const ip of ['93.184.216.34', '10.0.0.1']) {
      const client = startClient({ lookup: () => Promise.resolve(addresses(ip)) });
      for (const url of [
        'http://a.logic.azure.com/',
        'https://a.logic.azure.com:8443/',
        'https://hooks.example.com/',
      ]) {
        expect(await client.post({ url, headers: {}, body: '{}' })).toEqual(refused('url-not-allowed'));
      }
    }
  });

  test('a literal outside of them is refused without a resolution', async () => {
    const client = startClient({
      lookup: () => Promise.reject(new Error('must not be asked')),
    });

    for (const url of ['http://10.0.0.1/', 'https://[::1]/', 'https://[::ffff:127.0.0.1]/', 'https://0x7f.1/']) {
      expect(await client.post({ url, headers: {}, body: '{}' })).toEqual(refused('url-not-allowed'));
    }
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallbackPolicy } from '../../shared/outgoing/callback-policy.ts';
import {
  checkCallbackUrl,
  DEFAULT_ALLOWED_HOSTS,
  MAX_CALLBACK_URL_LENGTH,
} from '../../shared/outgoing/callback-policy.ts';
import { parseNetworks } from '../../shared/outgoing/network-list.ts';
import vectors from '../fixtures/ssrf.json' with { type: 'json' };

function policy(hosts: readonly string[], networks = ''): CallbackPolicy {
  return { allowedHosts: hosts, allowedNetworks: parseNetworks(networks) };
}

const anyHost = policy(['*']);
const defaults: CallbackPolicy = { allowedHosts: DEFAULT_ALLOWED_HOSTS, allowedNetworks: parseNetworks('') };

/** `allowed`, or the code of the refusal. */
function verdict(url: string, under: CallbackPolicy): string {
  const check = checkCallbackUrl(url, under);
  return check.kind === 'allowed' ? 'allowed' : check.code;
}

/**
 * Acceptable in general, refused here: other ports, IP literals, and URLs that would have to be
 * rewritten before they are sent.
 */
const stricterThanTheVectors = new Map([
  ['https://example.com:8443/a', 'port'],
  ['https://93.184.216.34/', 'ip-literal'],
  ['https://[2606:4700:4700::1111]/hook', 'ip-literal'],
  ['https://8.8.8.8:8443/h', 'ip-literal'],
  ['https://example.com/a//b/../c', 'not-wire-form'],
  ['https://münchen.de/', 'not-wire-form'],
  ['https://例え.jp/', 'not-wire-form'],
  ['https://example。com/', 'not-wire-form'],
]);

describe('the vectors, with every public host allowed', () => {
  test.each(vectors['reject-url'])('%j is refused', (url) => {
    expect(checkCallbackUrl(url, anyHost).kind).toBe('refused');
  });

  test.each(vectors['accept-url'])('%j is allowed, or refused for a reason of ours', (url) => {
    expect(verdict(url, anyHost)).toBe(stricterThanTheVectors.get(url) ?? 'allowed');
  });

  test('with all networks allowed a host is still called only as it is written', () => {
    const networks = policy(['*'], '0.0.0.0/0, ::/0');
    const spellings = vectors['reject-url'].filter((url) => verdict(url, networks) === 'allowed');

    for (const url of spellings) {
      const check = checkCallbackUrl(url, networks);
      expect(check).toMatchObject({ kind: 'allowed', reach: 'allowed-networks' });
      expect(check.kind === 'allowed' && url.toLowerCase().startsWith(check.origin)).toBe(true);
    }
    expect(spellings).toContain('https://127.0.0.1/');
    expect(spellings).not.toContain('https://2130706433/');
    expect(spellings).not.toContain('https://0x7f.1/');
    expect(spellings).not.toContain('https://%31%32%37.0.0.1/');
  });
});

describe('hosts', () => {
  test.each([
    'https://prod-12.westeurope.logic.azure.com:443/workflows/a/triggers/t/versions/1/run?sp=%2Ft%2C&sig=x',
    'https://prod2-07.usgovtexas.logic.azure.us/x',
    'https://PROD-1.chinaeast.LOGIC.azure.cn/x',
    'https://default1.0a.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/x',
    'https://e.api.gov.powerplatform.microsoft.us/x',
    'https://e.api.high.powerplatform.microsoft.us/x',
    'https://e.api.appsplatform.us/x',
    'https://e.api.powerplatform.partner.microsoftonline.cn/x',
  ])('Power Automate calls back on %s by default', (url) => {
    expect(verdict(url, defaults)).toBe('allowed');
  });

  test.each([
    'https://logic.azure.com/x',
    'https://evil-logic.azure.com/x',
    'https://xlogic.azure.com/x',
    'https://a.logic.azure.com.evil.example.com/x',
    'https://a.logic.azure.com./x',
    'https://contoso.azurewebsites.net/api/hook',
    'https://example.com/?x=.logic.azure.com',
  ])('%s is not among the default hosts', (url) => {
    expect(verdict(url, defaults)).toBe('host');
  });

  test('an exact entry allows that name alone, whatever its form', () => {
    const exact = policy(['flows.contoso.com', 'gateway']);

    expect(verdict('https://flows.contoso.com/x', exact)).toBe('allowed');
    expect(verdict('https://gateway/x', exact)).toBe('allowed');
    expect(verdict('https://a.flows.contoso.com/x', exact)).toBe('host');
    expect(verdict('https://contoso.com/x', exact)).toBe('host');
  });

  test('* means public names: no single label, no special-use or private-link name', () => {
    for (const host of ['intranet', 'x.internal', 'x.home.arpa', 'x.local', 'a.privatelink.b.example.com', 'x.onion']) {
      expect(verdict(`https://${host}/`, anyHost)).toBe('host');
    }
    expect(verdict('https://internal.example.com/', anyHost)).toBe('allowed');
  });

  test('a name of more than 253 characters is refused', () => {
    const host = (length: number): string => `${'a.'.repeat(120)}${'b'.repeat(length - 244)}.com`;

    expect(host(253)).toHaveLength(253);
    expect(verdict(`https://${host(253)}/`, anyHost)).toBe('allowed');
    expect(verdict(`https://${host(254)}/`, anyHost)).toBe('host');
  });
});

describe('wire form', () => {
  test.each([
    ['a quote in the query, which URL encodes', "https://example.com/?x='a'"],
    ['a space', 'https://example.com/a b'],
    ['a quotation mark in the path', 'https://example.com/"a"'],
    ['a dot segment', 'https://example.com/a/./b'],
    ['an encoded dot segment', 'https://example.com/a/%2e%2E/b'],
    ['non-ASCII in the path', 'https://example.com/é'],
    ['a backslash in the path', 'https://example.com/a\\b'],
    ['a backslash in the query', 'https://example.com/?a=\\b'],
    ['a line break', 'https://example.com/a\nb'],
  ])('%s is refused', (_name, url) => {
    expect(verdict(url, anyHost)).toBe('not-wire-form');
  });

  test('the target is the text of the URL itself, with / for an empty path', () => {
    const target = (url: string): string => {
      const check = checkCallbackUrl(url, anyHost);
      return check.kind === 'allowed' ? check.target : check.code;
    };

    expect(target('https://example.com:443/a%2Fb//c;d?sig=%2b%zz&e=')).toBe('/a%2Fb//c;d?sig=%2b%zz&e=');
    expect(target('https://example.com/?')).toBe('/?');
    expect(target('https://example.com')).toBe('/');
    expect(target('https://example.com?a=b')).toBe('/?a=b');
  });

  test('a target is allowed exactly when URL would keep every character of it', () => {
    const parts = fc.constantFrom(
      ...'/ // . .. %2e %2E. a. .a 0 % %2 %41 ? & = ~ ! $ \' ( ) * + , ; : @ | ^ ` { } [ ] < > "'.split(' '),
    );
    const targets = fc.array(parts, { maxLength: 8 }).map((all) => `/${all.join('')}`);
    fc.assert(
      fc.property(targets, (target) => {
        const url = `https://example.com${target}`;
        expect(verdict(url, anyHost)).toBe(URL.parse(url)?.href === url ? 'allowed' : 'not-wire-form');
      }),
      { numRuns: 1_000 },
    );
  });

  test('what is known of an origin under one policy does not apply under another', () => {
    const url = 'https://flows.example.com/a';
    expect(verdict(url, anyHost)).toBe('allowed');
    expect(verdict(url, defaults)).toBe('host');
    expect(verdict('http://flows.example.com/a', anyHost)).toBe('scheme');
    expect(verdict('https://flows.example.com:444/a', anyHost)).toBe('port');
    expect(verdict('https://flows.example.com/a/../b', anyHost)).toBe('not-wire-form');
  });

  test('16,384 characters are allowed and one more is not', () => {
    const url = (length: number): string => 'https://example.com/'.padEnd(length, 'a');

    expect(MAX_CALLBACK_URL_LENGTH).toBe(16_384);
    expect(verdict(url(16_384), anyHost)).toBe('allowed');
    expect(verdict(url(16_385), anyHost)).toBe('too-long');
  });

  test.each([
    ['http://example.com/', 'scheme'],
    ['https://example.com:8443/', 'port'],
    ['https://user@example.com/', 'user-info'],
    ['https://example.com/#a', 'fragment'],
    ['https://10.0.0.1/', 'ip-literal'],
    ['ftp://example.com/', 'not-wire-form'],
  ])('the refusal of %s is called %s and its reason repeats nothing of the URL', (url, code) => {
    const check = checkCallbackUrl(url, anyHost);

    expect(check).toEqual({
      kind: 'refused',
      code,
      reason: expect.stringMatching(/^The [^:]+\.$|^The .+: .+\.$|^The .+ https:\/\/\. /),
    });
    expect(JSON.stringify(check)).not.toMatch(/example|10\.0/);
  });

  test('the refusal of a host names it, and nothing else of the URL', () => {
    expect(checkCallbackUrl('https://intranet/hook?sig=S3CR3T', anyHost)).toEqual({
      kind: 'refused',
      code: 'host',
      reason:
        'This service may not call addresses at intranet. If the callback URL is wrong, correct callbackUrl in the body of the call. If it is right, ask the operator of this service (whoever set up this connector for you) to allow this host (setting CALLBACK_ALLOWED_HOSTS).',
    });
  });
});

describe('allowed networks', () => {
  const development = policy(['.logic.azure.com'], '127.0.0.0/8, ::1/128');

  test.each([
    ['http://127.0.0.1:7072/flows/1?sig=a', { origin: 'http://127.0.0.1:7072', host: '127.0.0.1', port: 7072 }],
    ['https://[::1]:9443/a', { origin: 'https://[::1]:9443', host: '::1', port: 9443 }],
    ['http://localhost:7072/a', { origin: 'http://localhost:7072', host: 'localhost', port: 7072 }],
    ['http://flow-platform/a', { origin: 'http://flow-platform', host: 'flow-platform', port: 80 }],
    [
      'https://a.logic.azure.com:8443/a',
      { origin: 'https://a.logic.azure.com:8443', host: 'a.logic.azure.com', port: 8443 },
    ],
  ])('%s is allowed as far as it leads there', (url, expected) => {
    expect(checkCallbackUrl(url, development)).toMatchObject({
      kind: 'allowed',
      reach: 'allowed-networks',
      ...expected,
    });
  });

  test('what is allowed anyway may still lead to public addresses', () => {
    expect(checkCallbackUrl('https://a.logic.azure.com/a', development)).toMatchObject({
      kind: 'allowed',
      reach: 'public',
    });
  });

  test.each([
    ['http://10.0.0.1/', 'ip-literal'],
    ['http://[::2]/', 'ip-literal'],
    ['http://user@localhost/', 'user-info'],
    ['http://localhost/#a', 'fragment'],
    ['http://localhost./', 'host'],
    ['http://127.1/', 'not-wire-form'],
    ['ftp://localhost/', 'not-wire-form'],
  ])('%s is refused all the same', (url, code) => {
    expect(verdict(url, development)).toBe(code);
  });
});

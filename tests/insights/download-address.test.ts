import { describe, expect, test } from '@jest/globals';
import { isDownloadAddress } from '../../shared/insights/download-address.ts';

const api = 'https://api.ci.ai.dynamics.com/v1';

describe('data is fetched from', () => {
  test.each([
    'https://api.ci.ai.dynamics.com/partitions/1.csv?sig=x',
    'https://contoso.blob.core.windows.net/c/part-0.csv?sv=1&sig=x',
    'https://contoso.dfs.core.windows.net:443/c/part-0.csv',
    'https://CONTOSO.BLOB.core.windows.net/c',
  ])('%s', (uri) => {
    expect(isDownloadAddress(uri, api)).toBe(true);
  });

  test('the origin of an API on this machine', () => {
    expect(isDownloadAddress('http://127.0.0.1:4000/p/1.csv', 'http://127.0.0.1:4000/v1')).toBe(true);
  });
});

describe('data is not fetched from', () => {
  test.each([
    '',
    'nonsense',
    '/relative',
    'http://api.ci.ai.dynamics.com/x',
    'https://api.ci.ai.dynamics.com:8443/x',
    'https://api.ci.ai.dynamics.com.evil.example/x',
    'http://contoso.blob.core.windows.net/c',
    'https://contoso.blob.core.windows.net:8443/c',
    'https://contoso.blob.core.windows.net.evil.example/c',
    'https://contoso.blob.core.windows.net./c',
    'https://evilblob.core.windows.net/c',
    'https://blob.core.windows.net/c',
    'https://a.b.blob.core.windows.net/c',
    'https://contoso.queue.core.windows.net/c',
    'https://user:secret@contoso.blob.core.windows.net/c',
    'https://contoso.blob.core.windows.net@evil.example/c',
    'https://127.0.0.1/c',
    'https://169.254.169.254/metadata/identity',
    'http://168.63.129.16/',
    'file:///etc/passwd',
    'data:text/csv,a',
    'blob:https://api.ci.ai.dynamics.com/x',
  ])('%s', (uri) => {
    expect(isDownloadAddress(uri, api)).toBe(false);
  });

  test('another port of this machine than that of the API', () => {
    expect(isDownloadAddress('http://127.0.0.1:4001/p', 'http://127.0.0.1:4000/v1')).toBe(false);
  });
});

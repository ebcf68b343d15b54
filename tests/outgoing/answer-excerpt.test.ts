import { describe, expect, test } from '@jest/globals';
import { excerptOf } from '../../shared/outgoing/answer-excerpt.ts';

const URL =
  'https://prod-1.logic.azure.com/workflows/w/triggers/t/run?api-version=2016-10-01&sp=%2Ftriggers%2Ft%2Frun&sig=aB3_long-signature';
const of = (body: string, headers = {}, isCut = false) => excerptOf({ headers, body, isCut }, URL);

describe('an answer that repeats a secret is kept without it', () => {
  test.each([
    [URL, '[removed]'],
    [`no such trigger: ${URL}.`, 'no such trigger: [removed].'],
    ['for aB3_long-signature', 'for [removed]'],
    ['at /triggers/t/run', 'at [removed]'],
    ['{"error":{"message":"bad","sig":"otherSignature"}}', '{"error":{"message":"bad","sig":"[removed]"}}'],
    ['?code=abcdefgh&x=1', '?code=[removed]&x=1'],
    ['Authorization: Bearer abc.def-ghi_jkl', 'Authorization: [removed] [removed]'],
    ['token eyJhbGciOi.eyJzdWIiOi.c2ln', 'token [removed]'],
    ['password="hunter22"', 'password="[removed]"'],
    ['The table is full.', 'The table is full.'],
    ['{"error":{"code":"WorkflowNotFound"}}', '{"error":{"code":"WorkflowNotFound"}}'],
  ])('%s', (body, kept) => {
    expect(of(body).body).not.toMatch(/aB3_long|otherSignature|abcdefgh|abc\.def|eyJ|hunter22/);
    if (!body.startsWith('Authorization')) expect(of(body).body).toBe(kept);
  });

  test.each([
    ['a query that is one value', 'https://x.example/run?abcdefgh-secret', 'for abcdefgh-secret', 'for [removed]'],
    ['a value as it is written', 'https://x.example/run?sig=a%2fb%2fc%2fd', 'for a%2fb%2fc%2fd', 'for [removed]'],
    ['a value as it is meant', 'https://x.example/run?sig=a%2fb%2fc%2fd', 'for a/b/c/d', 'for [removed]'],
    [
      'a long segment of a path as it is written',
      'https://x.example/a%2fb%2fc%2fd%2fe%2ff/run',
      'for a%2fb%2fc%2fd%2fe%2ff',
      'for [removed]',
    ],
    ['no ordinary word of a path', `https://x.example/workflows/${'w'.repeat(15)}/run`, 'no such workflows', undefined],
    ['a value as others write it', 'https://x.example/run?sig=a%2fb%2fc%2fd', 'for a%2Fb%2Fc%2Fd', 'for [removed]'],
  ])('%s', (_, url, body, kept) => {
    expect(excerptOf({ headers: {}, body, isCut: false }, url).body).toBe(kept ?? body);
  });

  test('in a header too, and headers that are made for secrets have no value', () => {
    const headers = {
      'set-cookie': ['session=1'],
      'www-authenticate': 'Bearer realm',
      'x-api-key': 'abc',
      location: `https://x.example/?next=${encodeURIComponent('aB3_long-signature')}`,
      'x-ms-request-id': 'r-1',
    };
    expect(of('', headers).headers).toEqual({
      'set-cookie': '[removed]',
      'www-authenticate': '[removed]',
      'x-api-key': '[removed]',
      location: 'https://x.example/?next=[removed]',
      'x-ms-request-id': 'r-1',
    });
  });

  test('at the end of what was read, where it is cut off', () => {
    const cut = `x${'y'.repeat(100)} ${URL.slice(0, -3)}`;
    expect(of(cut, {}, true).body).not.toContain('aB3_');
    expect(of(cut, {}, true).cut).toBe(true);
  });
});

test('the first 4 KiB are kept, whole characters, and it says that there was more', () => {
  const { body, cut } = of('ä'.repeat(3_000));
  expect(body).toBe('ä'.repeat(2_048));
  expect(cut).toBe(true);
  expect(of('x'.repeat(4_096))).toEqual({ headers: {}, body: 'x'.repeat(4_096) });
});

import { expect, test } from '@jest/globals';
import { createAnswerScript } from '../../../sandbox/flow-platform/answer-script.ts';
import { answerToCallback } from '../../../sandbox/flow-platform/callback-check.ts';
import { callbackPath } from '../../../sandbox/flow-platform/callback-url.ts';
import { segmentFlow, segmentNotification } from './notifications.ts';

const path = callbackPath({
  workflowId: '0123456789abcdef0123456789abcdef',
  trigger: 'segment-threshold-crossed',
  version: '08584916835854775807',
  signature: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP-_',
});
const flow = {
  state: 'on',
  definition: segmentFlow,
  versions: [{ version: '08584916835854775807', callbackPath: path, callbackUrl: `http://127.0.0.1${path}` }],
  nextAnswer: createAnswerScript({ answers: [] }),
} as const;
const callback = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  text: JSON.stringify(segmentNotification),
};
const answerTo = (url: string) => answerToCallback({ ...callback, url }, flow);

test('any changed, added or missing character of the signed path and query is refused', () => {
  expect(answerTo(path)).toMatchObject({ kind: 'accept' });
  const changed = Array.from(path).flatMap((character, index) => {
    const [before, after] = [path.slice(0, index), path.slice(index + 1)];
    return [`${before}${character === 'x' ? 'y' : 'x'}${after}`, `${before}${after}`, `${before}x${character}${after}`];
  });
  for (const url of [...changed, `${path}x`, `${path}&x=1`, decodeURIComponent(path), '/']) {
    expect(answerTo(url)).toMatchObject({ status: 401, error: { code: 'DirectApiAuthorizationRequired' } });
  }
});

test.each([
  ['commas unescaped', (url: string) => url.replaceAll('%2C', ',')],
  ['slashes unescaped', (url: string) => url.replaceAll('%2F', '/')],
  ['escapes in lower case', (url: string) => url.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())],
  [
    'the query sorted',
    (url: string) => `${url.split('?')[0] ?? ''}?${(url.split('?')[1] ?? '').split('&').sort().join('&')}`,
  ],
])('a URL with %s is refused', (_, rewrite) => {
  expect(rewrite(path)).not.toBe(path);
  expect(answerTo(rewrite(path))).toMatchObject({ status: 401, error: { code: 'DirectApiAuthorizationRequired' } });
});

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { deliveryStatuses } from '../../shared/operations/delivery.ts';
import { deliveryReason } from '../../shared/operations/delivery-reason.ts';
import { codesOf, tableRows } from '../helpers/markdown.ts';

test.each([
  ['pending', undefined, 'not tried yet'],
  ['delivered', 'delivered', 'the flow took it'],
  ['retrying', 'http-503', 'tried again: the flow answered 503'],
  ['retrying', 'timeout', 'tried again: no answer in time'],
  ['parked', 'turned-off', 'held: the flow is turned off'],
  ['parked', 'disabled', 'held: the subscription is disabled after days of failures'],
  ['dead', 'http-400', 'given up: the flow answered 400'],
  ['ended', 'workflow-not-found', 'ended: the flow is deleted'],
  ['dead', 'of a later version', 'given up: of a later version'],
] as const)('%s with the code %s is told as "%s"', (status, code, sentence) => {
  expect(deliveryReason(status, code)).toBe(sentence);
});

test('every code that docs/delivery.md names has words of its own', () => {
  const codes = tableRows(readFileSync('docs/delivery.md', 'utf8'), 'answer').flatMap(([, recorded]) =>
    codesOf(recorded),
  );
  expect(codes).toContain('turned-off');
  for (const code of codes) {
    const meant = code.replace('{status}', '404');
    const own = code === 'delivered' ? (['delivered'] as const) : deliveryStatuses;
    for (const status of own) expect(deliveryReason(status, meant)).not.toMatch(new RegExp(`: ${meant}$`));
  }
});

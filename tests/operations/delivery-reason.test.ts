import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { deliveryStatuses } from '../../shared/operations/delivery.ts';
import { deliveryReason } from '../../shared/operations/delivery-reason.ts';
import { codesOf, tableRows } from '../helpers/markdown.ts';

test.each([
  ['pending', undefined, 'not attempted yet'],
  ['delivered', 'delivered', 'the flow accepted it'],
  ['retrying', 'http-503', 'retrying: the flow answered 503'],
  ['retrying', 'timeout', 'retrying: the flow did not respond in time'],
  ['parked', 'turned-off', 'parked: the flow is turned off'],
  ['parked', 'disabled', 'parked: the subscription is disabled after days of failures'],
  ['dead', 'http-400', 'dead: the flow answered 400'],
  ['ended', 'workflow-not-found', 'ended: the flow is deleted'],
  ['dead', 'of a later version', 'dead: of a later version'],
] as const)('%s with the code %s is explained as "%s"', (status, code, sentence) => {
  expect(deliveryReason(status, code)).toBe(sentence);
});

test('every code, among them those that docs/delivery.md names, has words of its own', () => {
  const withoutResponse = ['disabled', 'paused-by-operator', 'ended-by-operator', 'unsubscribed', 'superseded', 'gone'];
  const others = [...withoutResponse, 'instance-not-allowed', 'callback-url-unreadable', 'event-unknown'];
  for (const code of others) expect(deliveryReason('ended', code)).not.toBe(`ended: ${code}`);
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

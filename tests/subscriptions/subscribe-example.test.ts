import { expect, test } from '@jest/globals';
import { previewExample, subscribeExample } from '../../shared/subscriptions/subscribe-example.ts';
import { validatePreviewRequest } from '../../shared/subscriptions/preview-request.ts';
import { validateSubscribeRequest } from '../../shared/subscriptions/subscribe-request.ts';
import { triggerNames } from '../../shared/triggers/trigger.ts';

test.each(triggerNames)('the example of a subscribe body of %s is valid', (trigger) => {
  expect(validateSubscribeRequest(trigger, JSON.parse(subscribeExample(trigger)))).toMatchObject({ kind: 'valid' });
});

test.each(['segment-threshold-crossed', 'measure-threshold-crossed'] as const)(
  'the example of a preview body of %s is valid',
  (trigger) => {
    expect(validatePreviewRequest(trigger, JSON.parse(previewExample(trigger)))).toMatchObject({ kind: 'valid' });
  },
);

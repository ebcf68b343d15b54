import { expect, test } from '@jest/globals';
import { validatePreviewRequest } from '../../shared/subscriptions/preview-request.ts';
import { INSTANCE } from '../helpers/memory-backend.ts';

test.each([
  ['segment-threshold-crossed', { segmentName: 'vip' }],
  ['measure-threshold-crossed', { measureName: 'revenue' }],
] as const)(
  'a preview of %s takes the inputs of its subscribe request and days, and nothing else',
  (trigger, subject) => {
    const body = { instanceId: INSTANCE, threshold: 100, ...subject };
    const kindOf = (input: object) => validatePreviewRequest(trigger, input).kind;
    expect([kindOf(body), kindOf({ ...body, days: 30 })]).toEqual(['valid', 'valid']);
    for (const refused of [{ days: 31 }, { callbackUrl: 'https://x.example/' }, { threshold: undefined }])
      expect(kindOf({ ...body, ...refused })).toBe('invalid');
  },
);

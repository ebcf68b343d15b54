import { describe, expect, test } from '@jest/globals';
import { bodyRefusal } from '../../shared/body-error.ts';
import { validatePreviewRequest } from '../../shared/subscriptions/preview-request.ts';
import { validateSubscribeRequest } from '../../shared/subscriptions/subscribe-request.ts';
import { INSTANCE } from '../helpers/memory-backend.ts';

const segment = {
  callbackUrl: 'https://one.flows.example.org/',
  instanceId: INSTANCE,
  segmentName: 'vip',
  threshold: 100,
};

function detailOf(body: unknown): string {
  const validated = validateSubscribeRequest('segment-threshold-crossed', body);
  return validated.kind === 'valid' ? 'valid' : bodyRefusal(validated.errors).detail;
}

describe('an optional input that is empty counts as absent', () => {
  test.each(['', null])('%j', (empty) => {
    const { callbackUrl, instanceId } = segment;
    const body = { callbackUrl, instanceId, label: empty, dataSourceId: empty };
    expect(validateSubscribeRequest('data-source-refresh-failed', body)).toEqual({
      kind: 'valid',
      value: { callbackUrl, instanceId },
    });
    const preview = { instanceId, segmentName: 'vip', threshold: 1, days: empty };
    expect(validatePreviewRequest('segment-threshold-crossed', preview)).toEqual({
      kind: 'valid',
      value: { instanceId, segmentName: 'vip', threshold: 1 },
    });
  });

  test('but no required one, and none that the trigger does not have', () => {
    expect(detailOf({ ...segment, segmentName: '' })).toBe('segmentName must not be empty.');
    expect(detailOf({ ...segment, segmentName: null })).toBe('segmentName must be text; it was null.');
    expect(detailOf({ ...segment, dataSourceId: '' })).toBe(
      'dataSourceId is not a known property: leave it out (there are instanceId, label, segmentName, threshold).',
    );
    expect(detailOf({ ...segment, threshold: null })).toBe('threshold must be a number, such as 1500; it was null.');
  });
});

describe('the detail of a refused body names the cause in words', () => {
  test.each<[object, string]>([
    [
      { threshold: '1,500' },
      'threshold must be a number, such as 1500; it was the text "1,500": write it without quotes and separators, and put float() around an expression.',
    ],
    [{ threshold: [1] }, 'threshold must be a number, such as 1500; it was a list.'],
    [{ threshold: true }, 'threshold must be a number, such as 1500; it was true.'],
    [{ threshold: Infinity }, 'threshold must be a number, such as 1500; it was a number that is too large.'],
    [{ segmentName: 7 }, 'segmentName must be text; it was the number 7.'],
    [{ label: 'x'.repeat(257) }, 'label must have at most 256 characters; it had 257.'],
    [
      { instanceId: 'contoso' },
      'instanceId must be a GUID, such as 0f1e2d3c-4b5a-4968-8776-655443322110; it was the text "contoso".',
    ],
    [
      { color: 'red' },
      'color is not a known property: leave it out (there are instanceId, label, segmentName, threshold).',
    ],
  ])('%j', (change, detail) => {
    expect(detailOf({ ...segment, ...change })).toBe(detail);
  });

  test('of three causes at most, and says how many more there are', () => {
    expect(detailOf({})).toBe(
      'callbackUrl is required. instanceId is required. segmentName is required. There is 1 more.',
    );
    expect(detailOf(7)).toBe('The body must be one JSON object; it was the number 7.');
  });

  test('never repeats a callback URL, wherever it stands', () => {
    const url = 'https://prod.logic.azure.com/run?sig=S3CR3T';
    for (const change of [{ threshold: url }, { instanceId: url }, { [url]: 1 }, { callbackUrl: [url] }])
      expect(detailOf({ ...segment, ...change })).not.toMatch(/S3CR3T|logic/);
  });
});

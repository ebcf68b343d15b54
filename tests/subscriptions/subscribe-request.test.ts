import { describe, expect, test } from '@jest/globals';
import { bodyRefusal } from '../../shared/body-error.ts';
import { validatePreviewRequest } from '../../shared/subscriptions/preview-request.ts';
import { subscribeRequestSchemas, validateSubscribeRequest } from '../../shared/subscriptions/subscribe-request.ts';
import { triggerNames, triggers, type Trigger } from '../../shared/triggers/trigger.ts';
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
    for (const segmentName of ['', null, undefined])
      expect(detailOf({ ...segment, segmentName })).toBe('Segment is empty: choose one from the list.');
    for (const threshold of ['', null, undefined])
      expect(detailOf({ ...segment, threshold })).toBe('Threshold is empty: enter a number, such as 1500.');
    expect(detailOf({ ...segment, dataSourceId: '' })).toBe(
      'This trigger has no input Data Source. Its inputs are Instance, Label, Segment and Threshold. For one data source, use the trigger When a data source refresh fails or When a data source refresh succeeds. Otherwise, delete the trigger from the flow and add it again, to get a card with these inputs. Then check the cards that use its outputs. In an HTTP call, take the input out of the body.',
    );
  });

  test('and an input of other triggers is answered with the names of triggers that have it', () => {
    const hasInput = (trigger: Trigger, input: string): boolean => input in subscribeRequestSchemas[trigger].properties;
    for (const input of ['segmentName', 'measureName', 'threshold', 'dataSourceId', 'startedBy']) {
      const having = triggerNames.filter((name) => hasInput(name, input)).map((name) => triggers[name].texts.summary);
      const without = triggerNames.filter((name) => !hasInput(name, input));
      expect(without.length).toBeGreaterThan(0);
      for (const trigger of without) {
        const validated = validateSubscribeRequest(trigger, { [input]: 'x' });
        const errors = validated.kind === 'valid' ? [] : validated.errors;
        const unknown = errors.find(({ pointer }) => pointer === `/${input}`);
        for (const summary of having) expect(unknown?.sentence).toContain(summary);
      }
    }
  });
});

describe('the detail of a refused body names the cause in words', () => {
  test.each<[object, string]>([
    [
      { threshold: '1,500' },
      'Threshold must be a number, such as 1500; it was the text "1,500". Write digits only, with a point before decimals. If it comes from an expression or from dynamic content, put float( ) around that, which reads 1,500 as 1500; for a text with a decimal comma, add the language, such as float(…, \'de-DE\').',
    ],
    [{ threshold: [1] }, 'Threshold must be a number, such as 1500; it was a list.'],
    [{ threshold: true }, 'Threshold must be a number, such as 1500; it was true.'],
    [{ threshold: Infinity }, 'Threshold must be a number, such as 1500; it was a number that is too large.'],
    [{ segmentName: 7 }, 'Segment must be text; it was the number 7.'],
    [{ label: 'x'.repeat(257) }, 'Label must have at most 256 characters; it had 257.'],
    [
      { instanceId: 'contoso' },
      'Instance must be chosen from the list; it was the text "contoso". A custom value must be the ID of an instance, such as 0f1e2d3c-4b5a-4968-8776-655443322110.',
    ],
    [
      { color: 'red' },
      'This trigger has no input color. Its inputs are Instance, Label, Segment and Threshold. Delete the trigger from the flow and add it again, to get a card with these inputs. Then check the cards that use its outputs. In an HTTP call, take the input out of the body.',
    ],
    [
      { threshold: '150' },
      'Threshold must be a number, such as 1500; it was the text "150". If you typed it, remove the quotes. If it comes from an expression or from dynamic content, put float( ) around that, which reads 1,500 as 1500; for a text with a decimal comma, add the language, such as float(…, \'de-DE\').',
    ],
  ])('%j', (change, detail) => {
    expect(detailOf({ ...segment, ...change })).toBe(detail);
  });

  test('of three causes at most, and says how many more there are', () => {
    expect(detailOf({})).toBe(
      'Callback URL is missing. Power Automate fills it in: if this is the card of a trigger, delete the trigger and add it again. An HTTP call must have callbackUrl in its body: the https address that this service is to call. Instance is empty: choose one from the list. Segment is empty: choose one from the list. There is 1 more mistake.',
    );
    expect(detailOf(7)).toBe('The body must be one JSON object; it was the number 7.');
  });

  test('of one cause for an input, while the errors have the names of the properties', () => {
    const preview = { instanceId: INSTANCE, segmentName: 'vip', threshold: 1, days: 0.5 };
    const validated = validatePreviewRequest('segment-threshold-crossed', preview);
    const message = 'must be a whole number from 1 to 30; it was the number 0.5';
    expect(validated.kind === 'invalid' && bodyRefusal(validated.errors)).toMatchObject({
      detail: `Days ${message}.`,
      errors: [{ pointer: '/days', message }],
    });
  });

  test('of a choice in another case with the right one', () => {
    const detail = (startedBy: string): string => {
      const { callbackUrl, instanceId } = segment;
      const validated = validateSubscribeRequest('full-refresh-completed', { callbackUrl, instanceId, startedBy });
      return validated.kind === 'valid' ? 'valid' : bodyRefusal(validated.errors).detail;
    };
    expect(detail('User')).toBe(
      'Started By must be any, schedule or user; it was the text "User". Write it as user, or choose it from the list.',
    );
    expect(detail('manual')).toMatch(/it was the text "manual"\. Choose it from the list\.$/);
  });

  test('never repeats a callback URL, wherever it stands', () => {
    const url = 'https://prod.logic.azure.com/run?sig=S3CR3T';
    for (const change of [{ threshold: url }, { instanceId: url }, { [url]: 1 }, { callbackUrl: [url] }])
      expect(detailOf({ ...segment, ...change })).not.toMatch(/S3CR3T|logic/);
  });
});

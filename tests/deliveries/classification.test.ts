import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Verdict } from '../../shared/deliveries/attempt/classification.ts';
import { classify } from '../../shared/deliveries/attempt/classification.ts';
import type { CallbackResponse } from '../../shared/outgoing/callback-client.ts';

function answered(status: number, errorCode?: string): CallbackResponse {
  return { kind: 'answered', status, durationMs: 5, ...(errorCode === undefined ? {} : { errorCode }) };
}

const retry = (code: string): Verdict => ({ kind: 'retry', code, whenExhausted: 'dead' });
const dead = (code: string): Verdict => ({ kind: 'dead', code });
const gone = (code: string): Verdict => ({ kind: 'gone', code });

describe('an answer by its status', () => {
  test.each([200, 201, 202, 204, 299])('%i is delivered', (status) => {
    expect(classify(answered(status))).toEqual({ kind: 'delivered' });
  });

  test('410 ends the subscription', () => {
    expect(classify(answered(410))).toEqual(gone('http-410'));
  });

  test.each([400, 405, 406, 411, 413, 414, 415, 422])('%i is a dead letter at once', (status) => {
    expect(classify(answered(status))).toEqual(dead(`http-${status}`));
  });

  test.each([401, 403, 404])('%i is tried again and ends the subscription when it lasts', (status) => {
    expect(classify(answered(status))).toEqual({ kind: 'retry', code: `http-${status}`, whenExhausted: 'gone' });
  });

  test.each([301, 302, 303, 307, 308, 408, 425, 429, 500, 501, 502, 503, 504, 599])('%i is tried again', (status) => {
    expect(classify(answered(status))).toEqual(retry(`http-${status}`));
  });

  test.each([402, 407, 409, 412, 418, 421, 423, 424, 426, 428, 431, 451, 499])(
    '%i means nothing here: it is tried again',
    (status) => {
      expect(classify(answered(status))).toEqual(retry(`http-${status}`));
    },
  );

  test.each([100, 199, 600, 999])('the odd status %i is tried again', (status) => {
    expect(classify(answered(status))).toEqual(retry(`http-${status}`));
  });
});

describe('an answer by its error code', () => {
  const known: readonly [status: number, errorCode: string, Verdict][] = [
    [404, 'WorkflowTriggerVersionNotFound', { kind: 'stale-version' }],
    [404, 'WorkflowNotFound', gone('workflow-not-found')],
    [400, 'WorkflowTriggerIsNotEnabled', { kind: 'turned-off' }],
    [400, 'TriggerInputSchemaMismatch', dead('trigger-input-schema-mismatch')],
  ];

  test.each(known)('%i %s decides, in any case', (status, errorCode, verdict) => {
    for (const spelt of [errorCode, errorCode.toLowerCase(), errorCode.toUpperCase()])
      expect(classify(answered(status, spelt))).toEqual(verdict);
  });

  test.each(['WorkflowNotFound', 'WorkflowTriggerIsNotEnabled', 'TriggerInputSchemaMismatch'])(
    '%s in a success or an error of the platform decides nothing',
    (errorCode) => {
      expect(classify(answered(202, errorCode))).toEqual({ kind: 'delivered' });
      for (const status of [300, 302, 399, 500, 503, 599])
        expect(classify(answered(status, errorCode))).toEqual(retry(`http-${status}`));
    },
  );

  test.each(known)('beside another status than %i, %s decides nothing', (own, errorCode) => {
    for (const status of [202, 302, 400, 401, 403, 404, 409, 410, 429, 503]) {
      if (status === own) continue;
      expect(classify(answered(status, errorCode))).toEqual(classify(answered(status)));
    }
  });

  test('an unknown code leaves it to the status', () => {
    for (const status of [400, 401, 404, 410])
      expect(classify(answered(status, 'DirectApiAuthorizationRequired'))).toEqual(classify(answered(status)));
  });
});

describe('no answer', () => {
  test.each(['dns', 'connect', 'tls', 'reset', 'timeout', 'malformed'] as const)('%s is tried again', (code) => {
    expect(classify({ kind: 'unreached', code, durationMs: 5 })).toEqual(retry(code));
  });

  test.each(['url-not-allowed', 'address-not-public'] as const)('%s is a dead letter at once', (code) => {
    expect(classify({ kind: 'refused', code, durationMs: 5 })).toEqual(dead(code));
  });
});

describe('what is passed on', () => {
  test('the run id of a delivered one', () => {
    expect(classify({ kind: 'answered', status: 202, runId: 'r1', durationMs: 5 })).toEqual({
      kind: 'delivered',
      runId: 'r1',
    });
  });

  test('the wait that the receiver asked for, when there is a retry', () => {
    const hinted = (status: number): Verdict =>
      classify({ kind: 'answered', status, retryAfterMs: 60_000, durationMs: 5 });

    for (const status of [403, 404, 429, 503])
      expect(hinted(status)).toMatchObject({ kind: 'retry', retryAfterMs: 60_000 });
    for (const status of [202, 410, 413]) expect(hinted(status)).not.toHaveProperty('retryAfterMs');
  });

  test('every status and code has a verdict whose code is short and stable', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 999 }),
        fc.option(fc.string(), { nil: undefined }),
        (status, errorCode) => {
          const verdict = classify(answered(status, errorCode));
          expect('code' in verdict ? verdict.code : verdict.kind).toMatch(/^[a-z0-9-]{1,32}$/);
        },
      ),
    );
  });
});

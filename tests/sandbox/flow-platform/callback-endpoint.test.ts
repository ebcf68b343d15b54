import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Flow } from '../../../sandbox/flow-platform/flow.ts';
import { startFlowPlatform } from '../../../sandbox/flow-platform/start-flow-platform.ts';
import type { FlowPlatform } from '../../../sandbox/flow-platform/start-flow-platform.ts';
import { manualClock } from './manual-clock.ts';
import type { ManualClock } from './manual-clock.ts';
import { segmentFlow, segmentNotification } from './notifications.ts';
import { sendCallback } from './send-callback.ts';
import type { CallbackResponse, SentCallback } from './send-callback.ts';
import { startStandInBackend } from './stand-in-backend.ts';
import type { StandInBackend } from './stand-in-backend.ts';

const NOW_MS = 1_700_000_000_000;

let backend: StandInBackend;
let clock: ManualClock;
let platform: FlowPlatform;
let flow: Flow;
let url: string;

beforeEach(async () => {
  backend = await startStandInBackend();
  clock = manualClock(NOW_MS);
  platform = await startFlowPlatform({ backendUrl: backend.apiUrl, clock });
  flow = platform.createFlow(segmentFlow);
  await flow.save();
  url = backend.subscriptions.get('subscription-1') ?? '';
});

afterEach(async () => {
  await platform.stop();
  await backend.stop();
});

const send = (callback: SentCallback = {}): Promise<CallbackResponse> => sendCallback(url, callback);
const sendDelivery = (webhookId: string, signal?: AbortSignal): Promise<CallbackResponse> =>
  send({ headers: { 'webhook-id': webhookId }, ...(signal !== undefined && { signal }) });

describe('a callback that is in order', () => {
  test('is accepted, and starts a run that the answer names', async () => {
    const { status, headers, text } = await send();
    expect(status).toBe(202);
    expect(text).toBe('');
    expect(flow.runs).toHaveLength(1);
    const runId = flow.runs[0]?.runId;
    expect(runId).toMatch(/^[0-9]{29}CU[0-9]{2}$/);
    expect(headers).toMatchObject({
      'x-ms-workflow-run-id': runId,
      'x-ms-client-tracking-id': runId,
      'x-ms-workflow-id': flow.workflowId,
      'x-ms-workflow-version': flow.versions[0]?.version,
      'x-ms-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('lends the run its client tracking id', async () => {
    const { headers } = await send({ headers: { 'x-ms-client-tracking-id': 'delivery-1' } });
    expect(headers['x-ms-client-tracking-id']).toBe('delivery-1');
  });

  test('is recorded as it came, for the flow and for the platform', async () => {
    await sendDelivery('delivery-1');
    expect(flow.calls).toEqual([
      {
        number: 1,
        receivedAtMs: NOW_MS,
        flowId: flow.id,
        method: 'POST',
        url: url.slice(platform.url.length),
        headers: expect.objectContaining({ 'webhook-id': 'delivery-1', 'content-type': 'application/json' }),
        body: segmentNotification,
        answer: { kind: 'accept', status: 202, delayMs: 0 },
      },
    ]);
    expect(flow.runs).toEqual([
      { ...flow.calls[0], runId: expect.any(String), acceptedAtMs: NOW_MS, duplicate: false },
    ]);
    expect(platform.calls).toEqual(flow.calls);
    expect(platform.runs).toEqual(flow.runs);
  });
});

describe('a callback that is not in order', () => {
  test('with a signature damaged is refused', async () => {
    const answer = await sendCallback(url.replace('&sig=', '&sig=x'));
    expect(answer).toMatchObject({ status: 401, code: 'DirectApiAuthorizationRequired' });
    expect(answer.headers['content-type']).toContain('application/json');
    expect(flow.calls).toHaveLength(1);
  });

  test('for a workflow nobody knows is refused, and recorded by the platform alone', async () => {
    const other = url.replace(flow.workflowId, '0'.repeat(32));
    expect(await sendCallback(other)).toMatchObject({ status: 404, code: 'WorkflowNotFound' });
    expect(flow.calls).toHaveLength(0);
    expect(platform.calls).toHaveLength(1);
    expect(platform.calls[0]).not.toHaveProperty('flowId');
  });

  test.each<[string, SentCallback, number, string]>([
    [
      'an Authorization header besides the signature',
      { headers: { authorization: 'Bearer x' } },
      401,
      'DirectApiRequestHasMoreThanOneAuthorization',
    ],
    ['another method', { method: 'PUT' }, 405, 'MethodNotAllowed'],
    [
      'another content type',
      { headers: { 'content-type': 'application/jsonlines' } },
      400,
      'TriggerInputSchemaMismatch',
    ],
    ['a body that is not JSON', { body: '{"eventId":' }, 400, 'InvalidRequestContent'],
    ['a null', { body: { ...segmentNotification, displayName: null } }, 400, 'TriggerInputSchemaMismatch'],
    ['no body', { body: '' }, 400, 'InvalidRequestContent'],
  ])('with %s is refused', async (_, callback, status, code) => {
    expect(await send(callback)).toMatchObject({ status, code });
    expect(flow.calls).toMatchObject([{ answer: { kind: 'refuse', status, error: { code } } }]);
    expect(flow.runs).toHaveLength(0);
  });

  test('takes no answer from the script', async () => {
    flow.behave({ answers: [{ status: 503 }] });
    expect(await send({ body: '{}' })).toMatchObject({ status: 400 });
    expect(await send()).toMatchObject({ status: 503 });
  });
});

describe('a flow with a set behaviour', () => {
  test('gives its answers in order, then accepts', async () => {
    flow.behave({
      answers: [
        { status: 429, retryAfter: 30, errorCode: 'TooManyRequests' },
        { status: 503, retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT' },
        { status: 404, errorCode: 'WorkflowNotFound' },
        { status: 204 },
      ],
    });
    const first = await send();
    expect(first).toMatchObject({ status: 429, code: 'TooManyRequests', headers: { 'retry-after': '30' } });
    const second = await send();
    expect(second).toMatchObject({ status: 503, text: '' });
    expect(second.headers['retry-after']).toBe('Wed, 21 Oct 2026 07:28:00 GMT');
    expect(await send()).toMatchObject({ status: 404, code: 'WorkflowNotFound' });
    expect(flow.runs).toHaveLength(0);
    expect(await send()).toMatchObject({ status: 204 });
    expect(await send()).toMatchObject({ status: 202 });
    expect(flow.runs).toHaveLength(2);
  });

  test('goes on with the answer that stands for the rest, until it is set otherwise', async () => {
    flow.behave({ answers: [202], then: { status: 500 } });
    expect([await send(), await send(), await send()].map(({ status }) => status)).toEqual([202, 500, 500]);
    flow.behave({ answers: [] });
    expect(await send()).toMatchObject({ status: 202 });
  });

  test('can take every delivery through the script from the start', async () => {
    flow.behave({ answers: [{ status: 500 }], perDelivery: true });
    const statuses: number[] = [];
    for (const id of ['a', 'b', 'a', 'b', 'c']) statuses.push((await sendDelivery(id)).status);
    expect(statuses).toEqual([500, 500, 202, 202, 500]);
  });

  test('can never answer', async () => {
    flow.behave({ answers: ['hang'] });
    const impatience = new AbortController();
    const answer = expect(sendDelivery('a', impatience.signal)).rejects.toThrow('aborted');
    await flow.waitForCalls(1, 1_000);
    impatience.abort();
    await answer;
    expect(flow.calls).toMatchObject([{ answer: { kind: 'hang' } }]);
    expect(flow.runs).toHaveLength(0);
  });

  test('can reset the connection', async () => {
    flow.behave({ answers: ['reset'] });
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(flow.calls).toHaveLength(1);
    expect(flow.runs).toHaveLength(0);
  });

  test('can redirect, and sees who follows', async () => {
    flow.behave({ answers: ['redirect'] });
    const { status, headers } = await send();
    expect(status).toBe(307);
    await sendCallback(headers.location ?? '');
    expect(platform.calls).toMatchObject([{ flowId: flow.id }, { url: '/redirected' }]);
  });

  test('can be slow', async () => {
    flow.behave({ answers: ['slow 5000'] });
    const answer = send();
    await flow.waitForCalls(1, 1_000);
    clock.advance(4_999);
    expect(flow.runs).toHaveLength(0);
    clock.advance(1);
    expect(await answer).toMatchObject({ status: 202 });
    expect(flow.runs).toMatchObject([{ receivedAtMs: NOW_MS, acceptedAtMs: NOW_MS + 5_000 }]);
  });

  test('starts a run after a slow answer although the caller has hung up', async () => {
    flow.behave({ answers: ['slow 5000'] });
    const impatience = new AbortController();
    const answer = expect(sendDelivery('a', impatience.signal)).rejects.toThrow('aborted');
    await flow.waitForCalls(1, 10_000);
    impatience.abort();
    await answer;
    clock.advance(5_000);
    expect(await flow.waitForRuns(1, 1_000)).toMatchObject([{ duplicate: false }]);

    expect(await sendDelivery('a')).toMatchObject({ status: 202 });
    expect(flow.duplicates).toEqual([flow.runs[1]]);
  });
});

describe('duplicates', () => {
  test('are runs with a webhook-id that was accepted before, by any flow', async () => {
    const other = platform.createFlow(segmentFlow);
    await other.save();
    flow.behave({ answers: [{ status: 500 }] });
    await sendDelivery('a');
    await sendDelivery('a');
    await sendDelivery('b');
    expect(platform.duplicates).toEqual([]);

    await sendCallback(other.versions[0]?.callbackUrl ?? '', { headers: { 'webhook-id': 'a' } });
    expect(platform.duplicates).toMatchObject([{ flowId: other.id, headers: { 'webhook-id': 'a' } }]);
    expect(flow.duplicates).toEqual([]);
    expect(other.duplicates).toHaveLength(1);
  });

  test('need a webhook-id to be known by', async () => {
    await send();
    await send();
    expect(flow.runs.map(({ duplicate }) => duplicate)).toEqual([false, false]);
  });
});

describe('waiting for runs', () => {
  test('ends with the run that was missing', async () => {
    await send();
    const waiting = flow.waitForRuns(2, 1_000);
    await send();
    expect(await waiting).toHaveLength(2);
  });

  test('ends at once when there are enough', async () => {
    await send();
    expect(await platform.waitForRuns(1, 0)).toHaveLength(1);
  });

  test('fails when its time is up, and says how far it came', async () => {
    await send();
    const waiting = expect(flow.waitForRuns(2, 1_000)).rejects.toThrow('waited 1000 ms for 2 runs, there are 1');
    clock.advance(1_000);
    await waiting;
  });

  test('fails when the platform stops', async () => {
    const waiting = expect(flow.waitForRuns(1, 1_000)).rejects.toThrow('the flow platform was stopped');
    await platform.stop();
    await waiting;
    platform = await startFlowPlatform({ backendUrl: backend.apiUrl });
  });
});

test('stopping quietly cuts the connections that still wait for an answer', async () => {
  const complaints = jest.spyOn(console, 'error');
  flow.behave({ answers: ['hang', 'slow 5000'] });
  const cut = [1, 2].map(() => expect(send()).rejects.toThrow('socket hang up'));
  await flow.waitForCalls(2, 1_000);
  await platform.stop();
  await Promise.all(cut);
  expect(clock.sleeping).toBe(0);
  expect(complaints).not.toHaveBeenCalled();
  complaints.mockRestore();
  platform = await startFlowPlatform({ backendUrl: backend.apiUrl });
});

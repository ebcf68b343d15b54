import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startFlowPlatform } from '../../../sandbox/flow-platform/start-flow-platform.ts';
import type { FlowPlatform } from '../../../sandbox/flow-platform/start-flow-platform.ts';
import { manualClock } from './manual-clock.ts';
import type { ManualClock } from './manual-clock.ts';
import { segmentFlow } from './notifications.ts';
import { sendCallback } from './send-callback.ts';
import { startStandInBackend } from './stand-in-backend.ts';
import type { StandInBackend } from './stand-in-backend.ts';

const SUBSCRIPTIONS = '/api/triggers/segment-threshold-crossed/subscriptions';

let backend: StandInBackend;
let clock: ManualClock;
let platform: FlowPlatform;

beforeEach(async () => {
  backend = await startStandInBackend();
  clock = manualClock(undefined, { rushing: true });
  platform = await startFlowPlatform({
    backendUrl: backend.apiUrl,
    key: 'secret-key',
    subscribeRetryDelaysMs: [1_000, 2_000],
    clock,
  });
});

afterEach(async () => {
  await platform.stop();
  await backend.stop();
});

const requestLines = (): readonly string[] => backend.requests.map(({ method, url }) => `${method} ${url}`);
const urlOf = (flow: { versions: readonly { callbackUrl: string }[] }, version = -1): string =>
  flow.versions.at(version)?.callbackUrl ?? '';

describe('saving a flow', () => {
  test('subscribes with the callback URL, the input and the label', async () => {
    const flow = platform.createFlow({ ...segmentFlow, label: 'Sales' });
    expect(backend.requests).toHaveLength(0);
    const answer = await flow.save();

    expect(requestLines()).toEqual([`POST ${SUBSCRIPTIONS}`]);
    expect(backend.requests[0]?.body).toEqual({
      callbackUrl: urlOf(flow),
      instanceId: '11111111-2222-3333-4444-555555555555',
      segmentName: 'Gold_customers',
      threshold: 100,
      label: 'Sales',
    });
    expect(urlOf(flow).startsWith(`${platform.url}/workflows/${flow.workflowId}/`)).toBe(true);
    expect(answer).toEqual({
      kind: 'answered',
      status: 201,
      location: `${backend.apiUrl}/triggers/segment-threshold-crossed/subscriptions/subscription-1`,
      body: { id: 'subscription-1' },
      tries: 1,
    });
    expect(flow.versions[0]?.subscribed).toEqual(answer);
  });

  test('says who is calling in the headers of the flow engine', async () => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    const headers = backend.requests[0]?.headers ?? {};
    const version = flow.versions[0]?.version ?? '';
    const guid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as unknown;
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-functions-key': 'secret-key',
      'user-agent': `azure-logic-apps/1.0,(workflow ${flow.workflowId}; version ${version})`,
      'x-ms-workflow-id': flow.workflowId,
      'x-ms-workflow-name': flow.id,
      'x-ms-workflow-version': version,
      'x-ms-workflow-run-id': expect.stringMatching(/^[0-9]{29}CU[0-9]{2}$/) as unknown,
      'x-ms-environment-id': guid,
      'x-ms-tracking-id': guid,
      'x-ms-client-tracking-id': headers['x-ms-workflow-run-id'],
    });
    expect(decodeURIComponent(String(headers['x-ms-workflow-operation-name']))).toBe(
      'セグメントの人数がしきい値を超えたとき',
    );
  });

  test('sends no key when the connection has none', async () => {
    const open = await startFlowPlatform({ backendUrl: backend.apiUrl });
    await open.createFlow(segmentFlow).save();
    await open.stop();
    expect(backend.requests[0]?.headers).not.toHaveProperty('x-functions-key');
  });

  test('subscribes again, with the same URL, after answers that may pass', async () => {
    backend.answerNext({ status: 429 }, 'cut');
    const flow = platform.createFlow(segmentFlow);
    expect(await flow.save()).toMatchObject({ status: 201, tries: 3 });
    expect(backend.requests.map(({ body }) => body['callbackUrl'])).toEqual(Array(3).fill(urlOf(flow)));
    expect(clock.sleeps).toEqual([1_000, 2_000]);
  });

  test.each([408, 500, 503])('gives up after the last pause when the answer stays %i', async (status) => {
    backend.answerNext({ status }, { status }, { status });
    const answer = await platform.createFlow(segmentFlow).save();
    expect(answer).toEqual({ kind: 'answered', status, body: { code: 'odd' }, tries: 3 });
    expect(backend.requests).toHaveLength(3);
  });

  test.each([400, 401, 404, 409, 422])('takes a %i as the last word', async (status) => {
    backend.answerNext({ status });
    expect(await platform.createFlow(segmentFlow).save()).toMatchObject({ status, tries: 1 });
    expect(clock.sleeps).toEqual([]);
  });

  test('reports that the backend cannot be reached', async () => {
    await backend.stop();
    expect(await platform.createFlow(segmentFlow).save()).toMatchObject({ kind: 'unreachable', tries: 3 });
    backend = await startStandInBackend();
  });
});

describe('turning a flow off', () => {
  test('deletes its location, with the credentials and nothing else', async () => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    expect(await flow.turnOff()).toEqual({ kind: 'answered', status: 204 });
    expect(requestLines()[1]).toBe(`DELETE ${SUBSCRIPTIONS}/subscription-1`);
    expect(Object.keys(backend.requests[1]?.headers ?? {}).toSorted()).toEqual([
      'connection',
      'host',
      'x-functions-key',
    ]);
    expect(backend.requests[1]?.headers.connection).toBe('close');
    expect(backend.subscriptions.size).toBe(0);
  });

  test('follows a relative location', async () => {
    backend.answerNext({ location: (id) => `${SUBSCRIPTIONS}/${id}` });
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    expect(await flow.turnOff()).toEqual({ kind: 'answered', status: 204 });
  });

  test('keeps the credentials from a location on another host', async () => {
    const elsewhere = await startStandInBackend();
    backend.answerNext({ location: (id) => `${elsewhere.apiUrl}/${id}` });
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    await flow.turnOff();
    await elsewhere.stop();
    expect(elsewhere.requests).toHaveLength(1);
    expect(elsewhere.requests[0]?.headers).not.toHaveProperty('x-functions-key');
  });

  test('can lose the DELETE, and then refuses the callbacks that still come', async () => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    expect(await flow.turnOff({ loseDelete: true })).toEqual({ kind: 'lost' });
    expect(backend.subscriptions.size).toBe(1);
    expect(await sendCallback(urlOf(flow))).toMatchObject({ status: 400, code: 'WorkflowTriggerIsNotEnabled' });
    expect(flow.runs).toHaveLength(0);
  });

  test('has nothing to delete when the subscribe was refused', async () => {
    backend.answerNext({ status: 400 });
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    expect(await flow.turnOff()).toEqual({ kind: 'no-location' });
    expect(backend.requests).toHaveLength(1);
  });

  test('is tried once, and reports when the backend cannot be reached', async () => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    backend.answerNext('cut');
    expect(await flow.turnOff()).toMatchObject({ kind: 'unreachable' });
    expect(backend.requests).toHaveLength(2);
    expect(flow.state).toBe('off');
  });

  test('and on again subscribes with the same callback URL', async () => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    await flow.turnOff();
    expect(await flow.turnOn()).toMatchObject({ status: 201 });
    expect(flow.versions).toHaveLength(1);
    expect(flow.versions[0]).not.toHaveProperty('unsubscribed');
    expect([...backend.subscriptions]).toEqual([['subscription-2', urlOf(flow)]]);
    expect(await sendCallback(urlOf(flow))).toMatchObject({ status: 202 });
  });
});

describe('saving a flow again', () => {
  test.each([
    ['delete-first', ['DELETE', 'POST']],
    ['post-first', ['POST', 'DELETE']],
  ] as const)('can go %s', async (order, methods) => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    expect(await flow.saveAgain({ order })).toMatchObject({ status: 201 });
    expect(backend.requests.slice(1).map(({ method }) => method)).toEqual(methods);
    expect([...backend.subscriptions]).toEqual([['subscription-2', urlOf(flow)]]);
    expect(flow.versions[0]?.unsubscribed).toEqual({ kind: 'answered', status: 204 });
  });

  test('makes the old callback URL answer that its version is gone', async () => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    await flow.saveAgain({ order: 'post-first' });
    expect(urlOf(flow, 1)).not.toBe(urlOf(flow, 0));
    expect(await sendCallback(urlOf(flow, 0))).toMatchObject({ status: 404, code: 'WorkflowTriggerVersionNotFound' });
    expect(await sendCallback(urlOf(flow, 1))).toMatchObject({ status: 202 });
  });

  test('can lose the DELETE, which leaves an orphan at the backend', async () => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    await flow.saveAgain({ order: 'delete-first', loseDelete: true });
    expect([...backend.subscriptions.values()]).toEqual([urlOf(flow, 0), urlOf(flow, 1)]);
    expect(flow.versions[0]?.unsubscribed).toEqual({ kind: 'lost' });
  });

  test('can change the input, and names the same workflow in another version', async () => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    await flow.saveAgain({ order: 'delete-first', input: { ...segmentFlow.input, threshold: 250 } });
    const [first, second] = [backend.requests[0], backend.requests[2]];
    expect(second?.body['threshold']).toBe(250);
    expect(second?.headers['x-ms-workflow-id']).toBe(first?.headers['x-ms-workflow-id']);
    expect(second?.headers['x-ms-workflow-version']).not.toBe(first?.headers['x-ms-workflow-version']);
  });
});

describe('deleting a flow', () => {
  test('unsubscribes, and makes its callback URL answer that there is no such workflow', async () => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    expect(await flow.delete()).toEqual({ kind: 'answered', status: 204 });
    expect(await sendCallback(urlOf(flow))).toMatchObject({ status: 404, code: 'WorkflowNotFound' });
    expect(flow.calls).toHaveLength(1);
  });

  test('sends nothing when it was off already', async () => {
    const flow = platform.createFlow(segmentFlow);
    await flow.save();
    await flow.turnOff({ loseDelete: true });
    expect(await flow.delete()).toEqual({ kind: 'no-location' });
    expect(backend.requests).toHaveLength(1);
  });
});

test('an action that the state of a flow does not allow is refused and sends nothing', async () => {
  const flow = platform.createFlow(segmentFlow);
  await expect(flow.turnOff()).rejects.toThrow('turnOff: flow Mail the sales team is draft');
  await flow.save();
  await expect(flow.save()).rejects.toThrow('is on');
  await expect(flow.turnOn()).rejects.toThrow('is on');
  await flow.delete();
  await expect(flow.saveAgain({ order: 'post-first' })).rejects.toThrow('is deleted');
  expect(backend.requests).toHaveLength(2);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startFlowPlatform } from '../../../sandbox/flow-platform/start-flow-platform.ts';
import type { FlowPlatform } from '../../../sandbox/flow-platform/start-flow-platform.ts';
import { segmentFlow } from './notifications.ts';
import { sendCallback } from './send-callback.ts';
import { startStandInBackend } from './stand-in-backend.ts';
import type { StandInBackend } from './stand-in-backend.ts';

interface FlowBody {
  readonly id: string;
  readonly state: string;
  readonly versions: readonly { readonly callbackUrl: string }[];
}

let backend: StandInBackend;
let platform: FlowPlatform;

beforeEach(async () => {
  backend = await startStandInBackend();
  platform = await startFlowPlatform({ backendUrl: backend.apiUrl });
});

afterEach(async () => {
  await platform.stop();
  await backend.stop();
});

async function control(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${platform.url}/control/${path}`, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

async function createFlow(): Promise<FlowBody> {
  return (await control('POST', 'flows', segmentFlow)).body as FlowBody;
}

test('a flow can be saved, turned off and deleted by HTTP', async () => {
  expect(await control('POST', 'flows', segmentFlow)).toMatchObject({ status: 201, body: { state: 'draft' } });
  const { id } = platform.flows[0] ?? { id: '' };
  const act = async (action: string, body?: unknown) => control('POST', `flows/${id}/${action}`, body);

  expect(await act('save')).toMatchObject({
    status: 200,
    body: { state: 'on', versions: [{ subscribed: { status: 201 } }] },
  });
  expect(await act('turn-off')).toMatchObject({
    body: { state: 'off', versions: [{ unsubscribed: { status: 204 } }] },
  });
  expect(await act('turn-on')).toMatchObject({ body: { state: 'on' } });
  expect(await act('save-again', { order: 'post-first', loseDelete: true })).toMatchObject({
    body: { versions: [{ unsubscribed: { kind: 'lost' } }, { subscribed: { status: 201 } }] },
  });
  expect(await act('delete')).toMatchObject({ body: { state: 'deleted' } });
  expect(backend.requests.map(({ method }) => method)).toEqual(['POST', 'DELETE', 'POST', 'POST', 'DELETE']);
  expect(await control('GET', `flows/${id}`)).toMatchObject({ status: 200, body: { id, ...segmentFlow } });
  expect(await control('GET', 'flows')).toMatchObject({ status: 200, body: { value: [{ id }] } });
});

test('answers can be scripted, and what came can be read', async () => {
  const { id } = await createFlow();
  const saved = (await control('POST', `flows/${id}/save`)).body as FlowBody;
  const url = saved.versions[0]?.callbackUrl ?? '';
  const answers = [{ status: 503, retryAfter: 5 }, 'slow 1'];
  expect(await control('POST', `flows/${id}/behave`, { answers })).toMatchObject({ status: 200 });
  expect([await sendCallback(url), await sendCallback(url)].map(({ status }) => status)).toEqual([503, 202]);

  const { runId } = platform.runs[0] ?? {};
  for (const path of ['runs', `flows/${id}/runs`]) {
    expect(await control('GET', path)).toMatchObject({ status: 200, body: { value: [{ flowId: id, runId }] } });
  }
  for (const path of ['calls', `flows/${id}/calls`]) {
    expect(await control('GET', path)).toMatchObject({ body: { value: [{ number: 1 }, { number: 2 }] } });
  }
  expect(await control('GET', `flows/${id}`)).toMatchObject({ body: { calls: 2, runs: 1, duplicates: 0 } });
});

test('a body that makes no sense is refused and changes nothing', async () => {
  const { id } = await createFlow();
  await control('POST', `flows/${id}/save`);
  const attempts: readonly [string, unknown][] = [
    ['flows', { ...segmentFlow, trigger: 'segment-deleted' }],
    ['flows', { ...segmentFlow, input: {} }],
    ['flows', '{'],
    [`flows/${id}/save-again`, {}],
    [`flows/${id}/save-again`, { order: 'at-once' }],
    [`flows/${id}/turn-off`, { loseDelete: 'yes' }],
    [`flows/${id}/behave`, { answers: ['slow'] }],
    [`flows/${id}/behave`, { answers: [{ status: 99 }] }],
    [`flows/${id}/behave`, { answers: [500] }],
  ];
  for (const [path, body] of attempts) {
    expect(await control('POST', path, body)).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } });
  }
  expect(platform.flows.map(({ state }) => state)).toEqual(['on']);
});

test('an action that the state does not allow is a conflict', async () => {
  const { id } = await createFlow();
  expect(await control('POST', `flows/${id}/turn-on`)).toMatchObject({
    status: 409,
    body: { error: { code: 'ActionNotAllowed', message: 'The flow is draft.' } },
  });
  expect(backend.requests).toHaveLength(0);
});

test.each([
  ['GET', 'nothing'],
  ['GET', 'flows/unknown'],
  ['POST', 'flows/unknown/save'],
  ['POST', 'runs'],
])('there is nothing at %s /control/%s', async (method, path) => {
  expect(await control(method, path)).toMatchObject({ status: 404 });
});

test('there is no other action on a flow', async () => {
  const { id } = await createFlow();
  expect(await control('POST', `flows/${id}/rename`)).toMatchObject({ status: 404 });
  expect(await control('DELETE', `flows/${id}`)).toMatchObject({ status: 404 });
});

test('the platform runs as a process of its own, and ends at SIGTERM', async () => {
  const child = spawn(
    process.execPath,
    ['sandbox/flow-platform/main.ts', '--backend', backend.apiUrl, '--port', '0', '--key', 'its-key'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const [flows = ''] = /http:\S+\/control\/flows/.exec(line.toString()) ?? [];
    const created = await fetch(flows, { method: 'POST', body: JSON.stringify(segmentFlow) });
    const { id } = (await created.json()) as FlowBody;
    const saved = await fetch(`${flows}/${id}/save`, { method: 'POST' });
    expect(await saved.json()).toMatchObject({ state: 'on' });
    expect(backend.requests[0]?.headers['x-functions-key']).toBe('its-key');
  } finally {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  }
});

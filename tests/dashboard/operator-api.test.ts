import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { operatorApi, type OperatorApi } from '../../dashboard/live/operator-api.ts';
import type { Session } from '../../dashboard/live/session.ts';

const seen: { method: string | undefined; url: string | undefined; key: unknown; body: string }[] = [];
const asked: string[] = [];
const readOnly: boolean[] = [];
let answer: (request: IncomingMessage) => { status: number; body?: string; access?: string };
let key: string | undefined;
let api: OperatorApi;
let stop: () => void;

beforeAll(async () => {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, key: request.headers['x-operator-key'], body });
      const { status, body: text = '', access } = answer(request);
      response.writeHead(status, {
        ...(status === 302 && { location: '/elsewhere' }),
        ...(access !== undefined && { 'x-operator-access': access }),
      });
      response.end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const page = `http://127.0.0.1:${port}/api/dashboard`;
  const session: Session = {
    key: () => key,
    keep: (given) => void (key = given),
    forget: () => void (key = undefined),
  };
  api = operatorApi({
    fetch: (path, init) => fetch(new URL(path, page), init),
    session,
    onUnknown: (detail) => void asked.push(detail),
    onAccess: (isReadOnly) => void readOnly.push(isReadOnly),
  });
  stop = () => void server.close();
});
afterAll(() => stop());
beforeEach(() => {
  seen.length = 0;
  asked.length = 0;
  key = 'k3y';
});

const says = (status: number, body: object | string = {}): void => {
  answer = () => ({ status, body: typeof body === 'string' ? body : JSON.stringify(body) });
};

describe('the operator API', () => {
  test('is asked beside the page, with the key of the tab, and with what is given alone', async () => {
    says(200, { value: [1] });
    const query = { status: 'dead', since: undefined, label: '', top: 50 };
    expect(await api.get('deliveries', query)).toEqual({ kind: 'answered', value: { value: [1] } });
    key = undefined;
    await api.post('queues/polls/redrive');
    expect(seen).toEqual([
      { method: 'GET', url: '/api/manage/deliveries?status=dead&top=50', key: 'k3y', body: '' },
      { method: 'POST', url: '/api/manage/queues/polls/redrive', key: undefined, body: '{}' },
    ]);
  });

  test('gives a list with where the next page begins, and follows no address of it', async () => {
    says(200, { value: [1], nextLink: 'https://elsewhere.example/api/manage/x?top=1&next=a%20b' });
    expect(await api.list('x')).toEqual({ kind: 'answered', value: { value: [1], next: 'a b' } });
    says(200, { value: [] });
    expect(await api.list('x')).toEqual({ kind: 'answered', value: { value: [], next: undefined } });
    says(200, { value: [], more: true });
    expect(await api.list('x')).toEqual({ kind: 'answered', value: { value: [], next: undefined, more: true } });
  });

  test('says in a sentence why it refuses', async () => {
    says(409, { code: 'subscription-ended', detail: 'The subscription has ended.' });
    expect(await api.post('x')).toEqual({ kind: 'refused', status: 409, detail: 'The subscription has ended.' });
    says(500, '<html>');
    expect(await api.get('x')).toEqual({ kind: 'refused', status: 500, detail: 'The app answered 500.' });
  });

  test('asks who is there when it does not know, but not for a key that was replaced meanwhile', async () => {
    says(401, { detail: 'The operator key is wrong.' });
    await api.get('x');
    expect(asked).toEqual(['The operator key is wrong.']);
    answer = () => {
      key = 'another';
      return { status: 401 };
    };
    await api.get('x');
    expect(asked).toHaveLength(1);
  });

  test('says whether the operator may only read, and not for a key that was replaced meanwhile', async () => {
    const body = '{}';
    answer = () => ({ status: 200, body, access: 'read' });
    await api.get('x');
    answer = () => ({ status: 200, body, access: 'all' });
    await api.get('x');
    says(200);
    await api.get('x');
    answer = () => {
      key = 'another';
      return { status: 200, body, access: 'read' };
    };
    await api.get('x');
    expect(readOnly).toEqual([true, false]);
  });

  test('that cannot be reached, or leads elsewhere, is reported as such', async () => {
    answer = () => ({ status: 302 });
    expect(await api.get('x')).toMatchObject({ kind: 'unreachable' });
    expect(seen).toHaveLength(1);
  });

  test.each(['', '<html>Sign in to the network</html>'])(
    'is not what answers 200 with "%s": a gateway, or a page to sign in to a network',
    async (body) => {
      says(200, body);
      expect(await api.get('x')).toMatchObject({ kind: 'unreachable' });
      expect(await api.list('x')).toMatchObject({ kind: 'unreachable' });
      expect(await api.post('x')).toMatchObject({ kind: 'unreachable' });
    },
  );

  test('leaves it to whoever breaks a call off', async () => {
    says(200);
    await expect(api.get('x', {}, AbortSignal.abort())).rejects.toThrow();
  });
});

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Stack } from '../../sandbox/stack.ts';
import { isTrigger } from '../../shared/triggers/trigger.ts';
import { describedOperations, operationFor, undescribed } from '../connector/described-api.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';
import { eventually } from '../sandbox/functions-host/start-app.ts';

interface WrittenRequest {
  readonly name: string | undefined;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** The requests of the file, with their `{{…}}` as they are written, and its variables. */
function readRequests(text: string): { requests: WrittenRequest[]; variables: Map<string, string> } {
  const variables = new Map([...text.matchAll(/^@(\w+) = (.+)$/gm)].map(([, name = '', value = '']) => [name, value]));
  const requests = text.split(/^###.*$/m).flatMap((part) => {
    const lines = part.split('\n').filter((line) => !/^(#|@|\/\/)/.test(line) || line.startsWith('# @name'));
    const name = /^# @name (\w+)$/m.exec(part)?.[1];
    const [head = '', ...body] = lines
      .filter((line) => !line.startsWith('#'))
      .join('\n')
      .trim()
      .split('\n\n');
    const [first = '', ...headers] = head.split('\n');
    const [, method, url] = /^(GET|POST|PATCH|DELETE) (\S+)$/.exec(first) ?? [];
    if (method === undefined || url === undefined) return [];
    const pairs = headers.map((line) => line.split(': ') as [string, string]);
    return [{ name, method, url, headers: pairs, body: body.join('\n\n') }];
  });
  return { requests, variables };
}

const { requests, variables } = readRequests(readFileSync('test.http', 'utf8'));
let stack: Stack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

/**
 * The text with the value of each variable, and of each part of an earlier answer, in its place.
 */
function filled(text: string, answers: ReadonlyMap<string, unknown>, base: string): string {
  return text.replaceAll(/\{\{([^}]+)\}\}/g, (_, expression: string) => {
    if (expression === 'base') return base;
    const variable = variables.get(expression);
    if (variable !== undefined) return variable;
    const [, name = '', path = ''] = /^(\w+)\.response\.body\.\$\.(.+)$/.exec(expression) ?? [];
    let value = answers.get(name);
    for (const key of path.split(/[.[\]]+/).filter(Boolean))
      value = (value as Record<string, unknown> | undefined)?.[key];
    if (typeof value !== 'string') throw new Error(`${expression} has no value`);
    return value;
  });
}

test('each request of test.http works from top to bottom, and every operation is there once', async () => {
  const base = `http://127.0.0.1:${stack.ports.app}/api`;
  const answers = new Map<string, unknown>();
  const asked: string[] = [];
  for (const request of requests) {
    const url = filled(request.url, answers, base);
    const path = url.slice(base.length).split('?')[0] ?? '';
    const one = operationFor(request.method, path);
    if (one === undefined) throw new Error(`${request.method} ${path} is not described`);
    const isMissing = one.operation.operationId === 'GetDashboardAsset';
    const send = async () => {
      const answer = await fetch(url, {
        method: request.method,
        headers: Object.fromEntries(request.headers.map(([name, value]) => [name, filled(value, answers, base)])),
        ...(request.body !== '' && { body: filled(request.body, answers, base) }),
      });
      const text = await answer.text();
      const isJson = /json/.test(answer.headers.get('content-type') ?? '');
      const body: unknown = text === '' ? undefined : isJson ? JSON.parse(text) : text;
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body };
    };
    // A test event is on its way for a moment.
    const answer = await eventually(send, ({ status }) => isMissing || status !== 404);
    const wrong = undescribed(one, answer);
    const isFine = isMissing ? answer.status === 404 : answer.status < 300;
    expect({ url, ...answer, isFine, wrong }).toEqual({ url, ...answer, isFine: true, wrong: undefined });
    if (request.name !== undefined) answers.set(request.name, answer.body);
    asked.push(one.operation.operationId);
  }
  const once = describedOperations.filter(({ path, method }) => {
    const [, , trigger = ''] = path.split('/');
    const isOfOneTrigger = path.startsWith('/triggers/') && isTrigger(trigger);
    return !path.includes('{trigger}') && (!isOfOneTrigger || (method === 'POST' && !path.includes('{id}')));
  });
  const ids = once.map(({ operation }) => operation.operationId);
  expect(ids.filter((id) => asked.filter((other) => other === id).length !== 1)).toEqual([]);
  for (const kind of ['List', 'Get', 'Test', 'Unsubscribe'])
    expect(asked.filter((id) => /^(Segment|FullRefresh)/.test(id) && id.endsWith(kind))).toHaveLength(1);
  expect(new Set(asked).size).toBe(asked.length);
});

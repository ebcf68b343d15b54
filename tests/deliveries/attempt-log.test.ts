import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Log, LogFields } from '../../shared/log.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { codesOf, tableRows } from '../helpers/markdown.ts';
import { answered, callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const trigger = 'segment-threshold-crossed';
const flow = { workflowId: 'a-flow', operationName: 'When_a_segment_crosses', environmentId: 'an-environment' };
const operate = readFileSync('docs/operate.md', 'utf8');
const documented = tableRows(operate, 'field').map(([field]) => codesOf(field)[0]);

let lines: LogFields[];
let fixture: MemoryBackend;
beforeEach(() => {
  lines = [];
  const note = (event: string, fields: LogFields = {}): void => {
    if (event === 'delivery.attempted') lines.push(fields);
  };
  const log: Log = { info: note, warn: note, error: note };
  fixture = memoryBackend({ log });
  fixture.data.segments = [segment('vip', evaluated(90, 1))];
});

const subscribe = (name: string): ReturnType<MemoryBackend['subscribe']> =>
  fixture.subscribe(trigger, { segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl(name) }, flow);

async function rise(): Promise<void> {
  fixture.data.segments = [segment('vip', evaluated(120, 2))];
  await fixture.poll();
}

describe('delivery.attempted', () => {
  test('reports all of a first attempt that fails', async () => {
    const { id } = await subscribe('one');
    fixture.answers.set(callbackUrl('one'), () => answered(503));
    await rise();
    const [call] = fixture.calls;
    expect(lines).toEqual([
      {
        instanceId: INSTANCE,
        trigger,
        eventId: call?.body['eventId'],
        deliveryId: call?.body['deliveryId'],
        subscriptionId: id,
        workflowId: 'a-flow',
        environmentId: 'an-environment',
        attempt: 1,
        at: '2026-11-23T10:00:00.000Z',
        lagMs: 0,
        durationMs: 5,
        status: 503,
        code: 'http-503',
        decision: 'retrying',
        nextAttemptAt: '2026-11-23T10:00:05.000Z',
      },
    ]);
  });

  test('reports how late a retry was, and the run of a success', async () => {
    await subscribe('one');
    fixture.answers.set(callbackUrl('one'), () => answered(503));
    await rise();
    fixture.answers.set(callbackUrl('one'), () => ({ kind: 'answered', status: 202, durationMs: 5, runId: 'run-7' }));
    await fixture.clock.advance(7_000);
    await fixture.drain();
    expect(lines[1]).toMatchObject({
      attempt: 2,
      lagMs: 2_000,
      decision: 'delivered',
      code: 'delivered',
      runId: 'run-7',
    });
    expect(lines[1]).not.toHaveProperty('nextAttemptAt', expect.anything());
    expect(lines).toHaveLength(2);
  });

  test('reports after the last attempt of a schedule that the delivery is dead', async () => {
    await subscribe('one');
    fixture.answers.set(callbackUrl('one'), () => answered(503));
    await rise();
    await fixture.pass(3_600_000);
    expect(lines.map(({ attempt, decision }) => `${String(attempt)} ${String(decision)}`)).toEqual([
      '1 retrying',
      '2 retrying',
      '3 retrying',
      '4 dead',
    ]);
  });

  test('reports that a failed redelivery by an operator changes nothing', async () => {
    await subscribe('one');
    await rise();
    fixture.answers.set(callbackUrl('one'), () => answered(503));
    await fixture.backend.operator.redeliver(String(fixture.calls[0]?.body['deliveryId']));
    await fixture.pass(5_000);
    expect(lines[1]).toMatchObject({ attempt: 2, status: 503, decision: 'unchanged', nextAttemptAt: undefined });
  });

  test('names the successor that was called in the place of a subscription, and a test event as one', async () => {
    const first = await subscribe('one');
    fixture.answers.set(callbackUrl('one'), () => answered(503));
    await rise();
    const second = await subscribe('two');
    await fixture.drain();
    await fixture.backend.sendTest('connection-a', trigger, second.id);
    await fixture.drain();
    expect(lines[1]).toMatchObject({ subscriptionId: first.id, calledId: second.id });
    expect(lines[2]).toMatchObject({ subscriptionId: second.id, calledId: undefined, test: true });
    // All fields of the log line have now been written, except the run id.
    const written = new Set(lines.flatMap((line) => Object.keys(line)));
    expect([...written].sort()).toEqual([...documented].sort());
  });
});

test('docs/operate.md lists every line of the log', () => {
  const written = ['shared', 'functions'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [
        ...readFileSync(path.join(folder, file), 'utf8').matchAll(
          /\b(?:log|consoleLog)\.(?:info|warn|error)\(\s*'([\w.-]+)'/g,
        ),
      ])
      .map(([, event]) => event),
  );
  const listed = tableRows(operate, 'line').map(([line]) => codesOf(line)[0]);
  expect(listed.toSorted()).toEqual([...new Set(written)].sort());
});

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { diag } from '@opentelemetry/api';
import { silentLog, type LogFields } from '../../shared/log.ts';
import { openTelemetry } from '../../shared/opentelemetry/open-telemetry.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { startReceiver, type Receiver } from './start-receiver.ts';

const closing: Receiver[] = [];
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
  closing.push(receiver);
});
afterEach(() => Promise.all(closing.splice(0).map((one) => one.stop())));

/**
 * Runs `send-once.ts`: the exporters load modules of Node in a way that Jest does not know. The
 * names of its log lines.
 */
async function sendOnce(to: Receiver, ...more: string[]): Promise<string[]> {
  const script = path.resolve('tests/telemetry/send-once.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--endpoint', to.url, ...more]);
  return JSON.parse(stdout) as string[];
}

test('what is left is sent when it closes, with name and version of the app', async () => {
  expect(await sendOnce(receiver)).toEqual([]);
  const traces = receiver.textOf('/v1/traces');
  for (const text of ['begun here', 'and its part', 'kept elsewhere', 'tests', '1.2.3']) expect(traces).toContain(text);
  for (const text of ['triggers.queue.poison', 'tests']) expect(receiver.textOf('/v1/metrics')).toContain(text);
});

test('telemetry that cannot be sent is logged once, and delays neither the work nor the end', async () => {
  const failing = await startReceiver({ status: 400 });
  closing.push(failing);
  expect(await sendOnce(failing)).toEqual(['telemetry.failing']);
  expect(failing.received.map(({ path: sent }) => sent).sort()).toEqual(['/v1/metrics', '/v1/traces']);
});

test('while nothing can be sent the log says so every ten minutes', async () => {
  const clock = manualClock();
  const logged: unknown[] = [];
  const log = { ...silentLog, warn: (event: string, fields?: LogFields) => void logged.push([event, fields]) };
  const nowhere = { serviceName: 'tests', sampledRatio: 1, otlp: undefined, applicationInsights: undefined };
  await openTelemetry(nowhere, { clock, log, version: '1.2.3' });
  for (const minutes of [0, 9, 1]) {
    await clock.advance(minutes * 60_000);
    diag.error('refused', new Error('because'));
  }
  const line = ['telemetry.failing', { reason: 'refused Error: because' }];
  expect(logged).toEqual([line, line]);
});

test('of traces that begin here a part is kept, and of those that began elsewhere what is kept there', async () => {
  await sendOnce(receiver, '--ratio', '0');
  const traces = receiver.textOf('/v1/traces');
  expect(traces).toContain('kept elsewhere');
  expect(traces).not.toMatch(/begun here|and its part|dropped elsewhere/);
});

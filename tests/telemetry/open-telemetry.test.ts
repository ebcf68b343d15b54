import { afterAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import {
  openTelemetry,
  type OpenedTelemetry,
  type TelemetrySettings,
} from '../../shared/opentelemetry/open-telemetry.ts';
import { startReceiver, type Receiver } from './start-receiver.ts';

const receivers: Receiver[] = [];
afterAll(() => Promise.all(receivers.map((receiver) => receiver.stop())));

async function receive(options: { status?: number } = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  receivers.push(receiver);
  return receiver;
}

async function open(
  receiver: Receiver,
  settings: Partial<TelemetrySettings> = {},
): Promise<OpenedTelemetry & { lines: string[] }> {
  const lines: string[] = [];
  const log = { ...silentLog, warn: (event: string) => void lines.push(event) };
  const otlp = { endpoint: receiver.url, headers: {} };
  const all = { serviceName: 'tests', sampledRatio: 1, otlp, applicationInsights: undefined, ...settings };
  return { ...(await openTelemetry(all, { clock: systemClock, log, version: '1.2.3' })), lines };
}

const nothing = (): Promise<void> => Promise.resolve();

test('what is left is sent when it closes, with name and version of the app', async () => {
  const receiver = await receive();
  const { telemetry, close, lines } = await open(receiver);
  await telemetry.span('the last', {}, nothing);
  telemetry.record('triggers.queue.poison', 3, {});
  expect(receiver.received).toEqual([]);
  await close();
  for (const text of ['the last', 'tests', '1.2.3']) expect(receiver.textOf('/v1/traces')).toContain(text);
  for (const text of ['triggers.queue.poison', 'tests']) expect(receiver.textOf('/v1/metrics')).toContain(text);
  expect(lines).toEqual([]);
});

test('what cannot be sent is told of once, and keeps nobody from the work or the end', async () => {
  const receiver = await receive({ status: 400 });
  const { telemetry, close, lines } = await open(receiver);
  expect(await telemetry.span('refused', {}, () => Promise.resolve('done'))).toBe('done');
  telemetry.record('triggers.queue.poison', 3, {});
  await close();
  expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/v1/metrics', '/v1/traces']);
  expect(lines).toEqual(['telemetry.failing']);
});

describe('of traces that begin here a part is kept', () => {
  const parent = (flags: string): string => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`;

  test('and of those that began elsewhere what is kept there', async () => {
    const receiver = await receive();
    const { telemetry, close } = await open(receiver, { sampledRatio: 0 });
    await telemetry.span('begun here', {}, () => telemetry.span('and its part', {}, nothing));
    await telemetry.span('kept elsewhere', { parent: parent('01') }, nothing);
    await telemetry.span('dropped elsewhere', { parent: parent('00') }, nothing);
    await close();
    const sent = receiver.textOf('/v1/traces');
    expect(sent).toContain('kept elsewhere');
    expect(sent).not.toMatch(/begun here|and its part|dropped elsewhere/);
  });
});

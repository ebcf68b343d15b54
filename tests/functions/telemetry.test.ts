import { expect, test } from '@jest/globals';
import type { PreInvocationContext } from '@azure/functions';
import { openedTelemetry } from '../../functions/telemetry.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { startReceiver } from '../telemetry/start-receiver.ts';

type Hooks = Parameters<typeof openedTelemetry>[0];

/** The hooks that an app registers, in the place of a host that runs them. */
function hooksOf(): { hooks: Hooks; registered: Map<string, (context: never) => unknown> } {
  const registered = new Map<string, (context: never) => unknown>();
  const taking = (name: string) => (hook: (context: never) => unknown) => {
    registered.set(name, hook);
    return { dispose: () => undefined };
  };
  const hooks = { appTerminate: taking('appTerminate'), preInvocation: taking('preInvocation') };
  return { hooks: hooks, registered };
}

test('without telemetry no hook costs anything', async () => {
  const { hooks, registered } = hooksOf();
  const ports = { clock: systemClock, log: silentLog };
  expect(await openedTelemetry(hooks, { telemetry: undefined }, ports)).toBe(noTelemetry);
  expect(registered.size).toBe(0);
});

test('what a function does is part of the span that the host has for it, and is sent when the app ends', async () => {
  const receiver = await startReceiver();
  const { hooks, registered } = hooksOf();
  const otlp = { endpoint: receiver.url, headers: {} };
  const settings = { serviceName: 'tests', sampledRatio: 1, otlp, applicationInsights: undefined };
  const telemetry = await openedTelemetry(hooks, { telemetry: settings }, { clock: systemClock, log: silentLog });
  const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const context = {
    invocationContext: { traceContext: { traceParent } },
    functionHandler: (input: string) => [input, telemetry.traceparent()],
  } as unknown as PreInvocationContext;
  registered.get('preInvocation')?.(context as never);
  expect(context.functionHandler('a message', undefined as never)).toEqual(['a message', traceParent]);

  await telemetry.span('the last', {}, () => Promise.resolve());
  await registered.get('appTerminate')?.({} as never);
  expect(receiver.textOf('/v1/traces')).toContain('the last');
  await receiver.stop();
});

test('telemetry that cannot be started is told of, and done without', async () => {
  const told: string[] = [];
  const log = { ...silentLog, error: (event: string) => void told.push(event) };
  const { hooks } = hooksOf();
  const otlp = { endpoint: 'not a URL', headers: {} };
  const settings = { serviceName: 'tests', sampledRatio: 1, otlp, applicationInsights: undefined };
  expect(await openedTelemetry(hooks, { telemetry: settings }, { clock: systemClock, log })).toBe(noTelemetry);
  expect(told).toEqual(['telemetry.unavailable']);
});

import { expect, test } from '@jest/globals';
import type { PreInvocationContext } from '@azure/functions';
import { startTelemetry } from '../../functions/telemetry.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';

type Hooks = Parameters<typeof startTelemetry>[0];

/** The hooks that an app registers, in the place of a host that runs them. */
function hooksOf(): { hooks: Hooks; registered: Map<string, (context: never) => unknown> } {
  const registered = new Map<string, (context: never) => unknown>();
  const taking = (name: string) => (hook: (context: never) => unknown) => {
    registered.set(name, hook);
    return { dispose: () => undefined };
  };
  const hooks = { appTerminate: taking('appTerminate'), preInvocation: taking('preInvocation') };
  return { hooks, registered };
}

test('without telemetry no hook costs anything', async () => {
  const { hooks, registered } = hooksOf();
  const logged: string[] = [];
  const log = { ...silentLog, error: (event: string) => void logged.push(event) };
  expect(await startTelemetry(hooks, { telemetry: undefined }, { clock: systemClock, log })).toBe(noTelemetry);
  expect(registered.size).toBe(0);
  expect(logged).toEqual([]);
});

test('what a function does is part of the span that the host has for it, and telemetry ends with the app', async () => {
  const { hooks, registered } = hooksOf();
  const otlp = { endpoint: 'http://127.0.0.1:9', headers: {} };
  const settings = { serviceName: 'tests', sampledRatio: 1, otlp, applicationInsights: undefined };
  const telemetry = await startTelemetry(hooks, { telemetry: settings }, { clock: systemClock, log: silentLog });
  const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const invocation = (traceContext: object | undefined): PreInvocationContext =>
    ({
      invocationContext: { traceContext },
      functionHandler: (input: string) => [input, telemetry.traceparent()],
    }) as unknown as PreInvocationContext;
  for (const [traceContext, seen] of [
    [{ traceParent }, traceParent],
    [undefined, undefined],
  ] as const) {
    const context = invocation(traceContext);
    registered.get('preInvocation')?.(context as never);
    expect(context.functionHandler('a message', undefined as never)).toEqual(['a message', seen]);
  }
  await registered.get('appTerminate')?.({} as never);
});

test('telemetry that cannot be started is logged, and the app runs without it', async () => {
  const logged: string[] = [];
  const log = { ...silentLog, error: (event: string) => void logged.push(event) };
  const { hooks } = hooksOf();
  const otlp = { endpoint: 'not a URL', headers: {} };
  const settings = { serviceName: 'tests', sampledRatio: 1, otlp, applicationInsights: undefined };
  expect(await startTelemetry(hooks, { telemetry: settings }, { clock: systemClock, log })).toBe(noTelemetry);
  expect(logged).toEqual(['telemetry.unavailable']);
});

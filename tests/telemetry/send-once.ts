import { parseArgs } from 'node:util';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import { openTelemetry } from '../../shared/opentelemetry/open-telemetry.ts';

// Reports a few spans and a measurement to an endpoint, closes, and prints the names of the log
// lines that came of it.
const { values } = parseArgs({ options: { endpoint: { type: 'string' }, ratio: { type: 'string', default: '1' } } });
const lines: string[] = [];
const { telemetry, close } = await openTelemetry(
  {
    serviceName: 'tests',
    sampledRatio: Number(values.ratio),
    otlp: { endpoint: values.endpoint ?? '', headers: {} },
    applicationInsights: undefined,
  },
  { clock: systemClock, log: { ...silentLog, warn: (event) => void lines.push(event) }, version: '1.2.3' },
);
const parent = (flags: string): string => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`;
const nothing = (): Promise<void> => Promise.resolve();
await telemetry.span('begun here', {}, () => telemetry.span('and its part', {}, nothing));
await telemetry.span('kept elsewhere', { parent: parent('01') }, nothing);
await telemetry.span('dropped elsewhere', { parent: parent('00') }, nothing);
telemetry.record('triggers.queue.poison', 3, {});
await close();
process.stdout.write(JSON.stringify(lines));

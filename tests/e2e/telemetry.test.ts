import { afterAll, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { metrics } from '../../shared/telemetry/metrics.ts';
import { startReceiver, type Receiver } from '../telemetry/start-receiver.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';
import { until } from './until.ts';

const receivers: Receiver[] = [];
afterAll(() => Promise.all(receivers.map((receiver) => receiver.stop())));

const SIGNING_SECRET = `whsec_${Buffer.alloc(32, 'sign').toString('base64')}`;
const SUBSCRIPTION_KEY = 'a-subscription-key';
const OTLP_KEY = 'a-key of the receiver';

/**
 * One event to one flow that fails at first, by an app with these settings, from its start to its
 * end.
 */
async function oneEvent(settings: Record<string, string>): Promise<{ callbackUrl: string; lines: string[] }> {
  const lines: string[] = [];
  const stack = await startTestStack({
    settings: {
      POLL_SCHEDULE: '0 0 0 1 1 *',
      DELIVERY_SCHEDULE_SECONDS: '1',
      WEBHOOK_SIGNING_SECRETS: SIGNING_SECRET,
      CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY: SUBSCRIPTION_KEY,
      ...settings,
    },
    output: (line) => lines.push(line),
  });
  try {
    const { control } = stack.insights;
    control.addSegment({ instanceId, name: 'Traced', memberCount: 10 });
    const input = { instanceId, segmentName: 'Traced', threshold: 100 };
    const flow = stack.flows.createFlow({ name: 'traced', trigger: 'segment-threshold-crossed', input });
    expect(await flow.save()).toMatchObject({ status: 201 });
    flow.behave({ answers: [{ status: 503 }] });
    control.evaluateSegment({
      instanceId,
      segmentName: 'Traced',
      evaluations: [{ kind: 'succeeded', memberCount: 120 }],
    });
    await stack.host.poll();
    await until(() => flow.runs.length === 1);
    return { callbackUrl: flow.versions[0]?.callbackUrl ?? '', lines };
  } finally {
    await stack.stop();
  }
}

test('an app sends metrics and traces where the settings say, when it ends at the latest, and no secret', async () => {
  const [collector, insights] = await Promise.all([startReceiver(), startReceiver({ tls: true })]);
  receivers.push(collector, insights);
  const { callbackUrl, lines } = await oneEvent({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${encodeURIComponent(OTLP_KEY)}`,
    APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=11111111-2222-3333-4444-555555555555;IngestionEndpoint=${insights.url}/`,
    APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    // The receiver's certificate is for another name.
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    OTEL_SERVICE_NAME: 'triggers-of-contoso',
    OTEL_TRACES_SAMPLER: 'parentbased_always_on',
  });
  for (const { headers } of collector.received) {
    expect(headers).toMatchObject({ 'content-type': 'application/x-protobuf', 'x-api-key': OTLP_KEY });
  }
  const spans = ['process polls', 'detect segments', 'GET', 'fan out', 'deliver chunk', 'POST', 'process retries'];
  const measured = Object.keys(metrics).filter((name) => !/queue\.(length|poison)|poll\.lag|subscription/.test(name));
  const sent = [
    { traces: collector.textOf('/v1/traces'), metrics: collector.textOf('/v1/metrics') },
    { traces: insights.textOf('/v2.1/track'), metrics: insights.textOf('/v2.1/track') },
  ];
  for (const { traces, metrics: values } of sent) {
    for (const name of ['triggers-of-contoso', ...spans]) expect(traces).toContain(name);
    for (const name of ['triggers-of-contoso', ...measured]) expect(values).toContain(name);
  }
  const all = JSON.stringify([collector.received, insights.received].flat().map(({ text }) => text));
  const { searchParams, host } = new URL(callbackUrl);
  for (const secret of [searchParams.get('sig'), host, SUBSCRIPTION_KEY, SIGNING_SECRET.slice(6), OTLP_KEY]) {
    expect(secret).toBeTruthy();
    expect(all).not.toContain(secret);
  }
  expect(lines.filter((line) => line.includes('"telemetry.'))).toEqual([]);
});

import { expect, test } from '@jest/globals';
import { memoryTelemetry } from '../../shared/telemetry/memory-telemetry.ts';
import { failure, open } from './open-adapter.ts';

test('every request is a measurement and a span, without path, key or token', async () => {
  const telemetry = memoryTelemetry({ clock: { now: () => 0 } });
  const options = { telemetry, subscriptionKey: 'the-key', token: () => Promise.resolve('the-token') };
  const { insights } = await open([{ status: 503 }, { body: [] }, { status: 404 }], options);
  await telemetry.span('poll', {}, () => insights.segments('an-instance'));
  await failure(insights.segments('an-instance'));
  const about = { 'http.request.method': 'GET', 'server.address': '127.0.0.1' };
  const answers = [
    { 'http.response.status_code': 503, 'error.type': '503' },
    { 'http.response.status_code': 200 },
    { 'http.response.status_code': 404, 'error.type': '404' },
  ];
  expect(telemetry.measurements).toEqual(
    answers.map((answer) => ({
      metric: 'http.client.request.duration',
      value: expect.any(Number),
      by: { ...about, ...answer },
    })),
  );
  const [first, second, poll, third] = telemetry.spans;
  expect([first, second, third]).toMatchObject([
    { name: 'GET', kind: 'client', parentId: poll?.spanId, attributes: { ...about, ...answers[0] } },
    { name: 'GET', parentId: poll?.spanId, attributes: { ...about, ...answers[1], 'http.request.resend_count': 1 } },
    { name: 'GET', parentId: undefined },
  ]);
  expect(JSON.stringify([telemetry.spans, telemetry.measurements])).not.toMatch(/an-instance|the-key|the-token/);
});

test('a request that nobody answered is measured with why', async () => {
  const telemetry = memoryTelemetry({ clock: { now: () => 0 } });
  const { insights } = await open(['reset', { body: [] }], { telemetry });
  await insights.segments('i');
  expect(telemetry.measurements.map(({ by }) => by['error.type'])).toEqual(['unreached', undefined]);
});

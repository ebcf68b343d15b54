import { beforeEach, describe, expect, test } from '@jest/globals';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import type { EndedSpan } from '../../shared/telemetry/memory-telemetry.ts';
import { metrics, type MetricName } from '../../shared/telemetry/metrics.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { openOtelTelemetry } from './opened-otel.ts';
import { openMemoryTelemetry } from './opened-telemetry.ts';
import { SIGNING_SECRET, tracedWorld, treeOf, type TracedWorld } from './traced-world.ts';

describe.each([
  ['in memory', openMemoryTelemetry],
  ['of OpenTelemetry', openOtelTelemetry],
])('a trace %s', (_, open) => {
  let world: TracedWorld;
  beforeEach(() => {
    world = tracedWorld(open);
  });

  const named = async (name: string): Promise<EndedSpan[]> =>
    (await world.opened.spans()).filter((span) => span.name === name);
  const traceIdsOf = async (name: string): Promise<string[]> => [
    ...new Set((await named(name)).map(({ traceId }) => traceId)),
  ];

  test('of one event to one subscriber goes from the poll to the callback, over a retry', async () => {
    const { id } = await world.join('one');
    world.answers.set(callbackUrl('one'), () => answered(500));
    world.reach(120);
    await world.tick();
    world.answers.clear();
    await world.pass(5_000);

    const [traceId = '', ...others] = await traceIdsOf('POST');
    expect(others).toEqual([]);
    expect(treeOf(await world.opened.spans(), traceId)).toEqual([
      'process polls',
      '  detect segments',
      '  fan out',
      '    deliver chunk',
      '      POST',
      '      process retries',
      '        POST',
    ]);
    const [first, second] = await named('POST');
    const { eventId, deliveryId } = world.calls[0]?.body ?? {};
    expect(first).toMatchObject({ kind: 'client', endMs: (first?.startMs ?? 0) + 5 });
    expect(first?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.response.status_code': 500,
      'error.type': 'http-500',
      'triggers.delivery.code': 'http-500',
      'triggers.delivery.id': deliveryId,
      'triggers.subscription.id': id,
    });
    expect(second?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.request.resend_count': 1,
      'http.response.status_code': 202,
      'triggers.delivery.code': 'delivered',
      'triggers.delivery.id': deliveryId,
      'triggers.subscription.id': id,
    });
    expect((await named('fan out'))[0]?.attributes).toEqual({
      'triggers.event.id': eventId,
      'triggers.instance.id': INSTANCE,
      'triggers.trigger': 'segment-threshold-crossed',
      'triggers.fan_out.size': 1,
    });
    expect((await named('process retries'))[0]).toMatchObject({
      kind: 'consumer',
      attributes: {
        'messaging.system': 'azure_queue_storage',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'retries',
      },
    });
  });

  test('of an event to many shows its chunks, and of their attempts those that failed', async () => {
    for (let index = 0; index < 620; index++) await world.join(`flow-${index}`, 90 + index / 100);
    for (const name of ['flow-7', 'flow-300']) world.answers.set(callbackUrl(name), () => answered(503));
    world.reach(120);
    await world.tick();

    const [traceId = ''] = await traceIdsOf('fan out');
    expect(treeOf(await world.opened.spans(), traceId)).toEqual([
      'process polls',
      '  detect segments',
      '  fan out',
      '    deliver chunk',
      '      POST',
      '    deliver chunk',
      '    deliver chunk',
      '      POST',
    ]);
    expect((await named('fan out'))[0]?.attributes).toMatchObject({ 'triggers.fan_out.size': 620 });
    const chunks = (await named('deliver chunk')).map(({ attributes }) => [
      attributes['triggers.chunk.index'],
      attributes['triggers.chunk.size'],
    ]);
    expect(chunks.sort()).toEqual([
      [0, 250],
      [1, 250],
      [2, 120],
    ]);
  });

  test('begins with each poll, also where the host has a span for the timer', async () => {
    await world.join('one');
    await world.tick();
    await world.opened.telemetry.span('timer', {}, () => world.backend.schedulePolls());
    await world.drain();
    const polls = await traceIdsOf('process polls');
    expect(polls).toHaveLength(2);
    expect(polls).not.toContain((await named('timer'))[0]?.traceId);
  });

  test('says that a list of Customer Insights gave no answer', async () => {
    await world.join('one');
    world.insights.beforeCall = failing('unavailable');
    await world.tick();
    expect((await named('detect segments')).map(({ attributes }) => attributes['error.type'])).toEqual(['unavailable']);
  });

  test('goes on where a poisoned message is put back', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await world.queues.send('retries-poison', {
      v: 1,
      kind: 'release',
      subscriptionId: 'none',
      traceparent,
      dueAtMs: 0,
    });
    await world.opened.telemetry.span('operator', {}, () => world.backend.operator.redrive('retries'));
    await world.drain();
    expect(await named('process retries')).toMatchObject([{ parentId: 'b7ad6b7169203331' }]);
    // It is as young as any other again.
    expect(await world.opened.series('triggers.queue.age')).toMatchObject([{ value: 0, count: 1 }]);
  });

  test('and no measurement holds a secret', async () => {
    await world.join('one');
    await world.join('two');
    world.answers.set(callbackUrl('one'), () => answered(500));
    world.reach(120);
    await world.tick();
    await world.pass(60_000);
    expect((await named('POST')).length).toBeGreaterThan(3);
    const series = await Promise.all(Object.keys(metrics).map((name) => world.opened.series(name as MetricName)));
    const kept = JSON.stringify([await world.opened.spans(), series, world.queues.waiting('retries')]);
    const signature = world.calls[0]?.headers['webhook-signature'] ?? '';
    for (const secret of ['flows.example.org', 'sig=', 'secret-', SIGNING_SECRET.toString('base64'), signature]) {
      expect(secret).not.toBe('');
      expect(kept).not.toContain(secret);
    }
  });
});

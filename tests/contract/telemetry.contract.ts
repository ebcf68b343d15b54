import { expect, test } from '@jest/globals';
import type { EndedSpan } from '../../shared/telemetry/memory-telemetry.ts';
import type { OpenedTelemetry } from '../telemetry/opened-telemetry.ts';

/** A clock that stands still until it is set. */
export interface SetClock {
  nowMs: number;
  now(): number;
}

const ELSEWHERE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const TRACEPARENT = `00-${ELSEWHERE.traceId}-${ELSEWHERE.spanId}-01`;

/**
 * Registers the tests of what every implementation of `Telemetry` promises that keeps something.
 */
export function telemetryContract(open: (clock: SetClock) => OpenedTelemetry): void {
  const start = (): OpenedTelemetry & { clock: SetClock; span: (name: string) => Promise<EndedSpan> } => {
    const clock: SetClock = { nowMs: Date.parse('2026-11-23T10:00:00Z'), now: () => clock.nowMs };
    const opened = open(clock);
    return {
      ...opened,
      clock,
      async span(name) {
        const found = (await opened.spans()).filter((one) => one.name === name);
        if (found.length !== 1) throw new Error(`${found.length} spans are called ${name}`);
        return found[0] as EndedSpan;
      },
    };
  };

  test('a span that begins in another is part of it, also after waiting, and whatever else is going on', async () => {
    const { telemetry, span } = start();
    const outer = (name: string): Promise<void> =>
      telemetry.span(name, {}, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        await telemetry.span(`in ${name}`, {}, () => Promise.resolve());
      });
    await Promise.all([outer('one'), outer('two')]);
    for (const name of ['one', 'two']) {
      const above = await span(name);
      expect(above.parentId).toBeUndefined();
      expect(await span(`in ${name}`)).toMatchObject({ traceId: above.traceId, parentId: above.spanId, links: [] });
    }
    expect((await span('one')).traceId).not.toBe((await span('two')).traceId);
  });

  test('a span lasts as long as its work, and gives what the work gives', async () => {
    const { telemetry, clock, span } = start();
    const given = await telemetry.span('work', { kind: 'consumer' }, async (running) => {
      await Promise.resolve();
      clock.nowMs += 1500;
      running.set({ 'triggers.chunk.size': 7, 'error.type': undefined });
      return 'given';
    });
    expect(given).toBe('given');
    const { kind, startMs, endMs, attributes } = await span('work');
    expect({ kind, lasted: endMs - startMs, attributes }).toEqual({
      kind: 'consumer',
      lasted: 1500,
      attributes: { 'triggers.chunk.size': 7 },
    });
  });

  test('a span whose work rejects has failed, and says nothing of the error but its class', async () => {
    const { telemetry, span } = start();
    const error = new RangeError('https://flow.example.org/?sig=secret');
    await expect(telemetry.span('work', {}, () => Promise.reject(error))).rejects.toBe(error);
    const failed = await span('work');
    expect(failed.attributes).toEqual({ 'error.type': 'RangeError' });
    expect(JSON.stringify(failed)).not.toContain('secret');
  });

  test('a span goes on from one of another process, and is linked to the running one', async () => {
    const { telemetry, span } = start();
    await telemetry.span('running', {}, () =>
      telemetry.span('received', { parent: TRACEPARENT }, () => telemetry.span('below', {}, () => Promise.resolve())),
    );
    const received = await span('received');
    expect(received).toMatchObject({ traceId: ELSEWHERE.traceId, parentId: ELSEWHERE.spanId });
    expect(received.links).toEqual([(await span('running')).spanId]);
    expect(await span('below')).toMatchObject({ traceId: ELSEWHERE.traceId, parentId: received.spanId });
  });

  test.each(['', 'nonsense', `00-${'0'.repeat(32)}-${ELSEWHERE.spanId}-01`, `${TRACEPARENT}x`])(
    'what is no traceparent (%j) counts as none',
    async (parent) => {
      const { telemetry, span } = start();
      await telemetry.span('running', {}, () => telemetry.span('received', { parent }, () => Promise.resolve()));
      expect(await span('received')).toMatchObject({ parentId: (await span('running')).spanId, links: [] });
    },
  );

  test('a span can be recorded after it has ended', async () => {
    const { telemetry, clock, span } = start();
    await telemetry.span('running', {}, () => {
      const startMs = clock.nowMs - 250;
      telemetry.pastSpan('over', {
        kind: 'client',
        startMs,
        endMs: startMs + 200,
        attributes: { 'error.type': 'dns' },
      });
      return Promise.resolve();
    });
    const { spanId, traceId } = await span('running');
    expect(await span('over')).toMatchObject({
      kind: 'client',
      traceId,
      parentId: spanId,
      startMs: clock.nowMs - 250,
      endMs: clock.nowMs - 50,
      attributes: { 'error.type': 'dns' },
    });
  });

  test('the running span has a traceparent, and where none is running there is none', async () => {
    const { telemetry, span } = start();
    expect(telemetry.traceparent()).toBeUndefined();
    const traceparent = await telemetry.span('running', {}, () => Promise.resolve(telemetry.traceparent()));
    const { traceId, spanId } = await span('running');
    expect(traceparent).toBe(`00-${traceId}-${spanId}-01`);
  });

  test('work can be part of a span of another process, or of none', async () => {
    const { telemetry, span } = start();
    await telemetry.within(TRACEPARENT, async () => {
      await Promise.resolve();
      expect(telemetry.traceparent()).toBe(TRACEPARENT);
      await telemetry.span('part', {}, () => Promise.resolve());
      telemetry.within(undefined, () => expect(telemetry.traceparent()).toBeUndefined());
    });
    expect(await span('part')).toMatchObject({ traceId: ELSEWHERE.traceId, parentId: ELSEWHERE.spanId });
  });

  test('counters add up, for each set of attributes', async () => {
    const { telemetry, series } = start();
    telemetry.record('triggers.delivery.status', 1, { 'triggers.delivery.status': 'dead' });
    telemetry.record('triggers.delivery.status', 2, { 'triggers.delivery.status': 'dead' });
    telemetry.record('triggers.delivery.status', 5, { 'triggers.delivery.status': 'parked' });
    expect(await series('triggers.delivery.status')).toEqual([
      { by: { 'triggers.delivery.status': 'dead' }, value: 3 },
      { by: { 'triggers.delivery.status': 'parked' }, value: 5 },
    ]);
  });

  test('up-down counters go up and down, gauges keep the last value, histograms all of them', async () => {
    const { telemetry, series } = start();
    for (const step of [1, 1, -1]) telemetry.record('triggers.attempt.in_flight', step, {});
    const queue = { 'messaging.destination.name': 'polls' };
    for (const length of [7, 3]) telemetry.record('triggers.queue.poison', length, queue);
    for (const seconds of [0.5, 1.5]) telemetry.record('triggers.queue.age', seconds, queue);
    expect(await series('triggers.attempt.in_flight')).toEqual([{ by: {}, value: 1 }]);
    expect(await series('triggers.queue.poison')).toEqual([{ by: queue, value: 3 }]);
    expect(await series('triggers.queue.age')).toEqual([{ by: queue, value: 2, count: 2 }]);
  });

  test('an attribute that is undefined is absent', async () => {
    const { telemetry, series } = start();
    telemetry.record('http.client.request.duration', 1, { 'error.type': undefined, 'http.request.method': 'GET' });
    telemetry.record('http.client.request.duration', 1, { 'http.request.method': 'GET' });
    expect(await series('http.client.request.duration')).toEqual([
      { by: { 'http.request.method': 'GET' }, value: 2, count: 2 },
    ]);
  });
}

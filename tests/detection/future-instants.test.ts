import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../shared/log.ts';
import { STATE_TABLE } from '../../shared/events/outbox-row.ts';
import { valueRowKey } from '../../shared/detection/instance-state.ts';
import { at, evaluated, job, measure, output, segment, task } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const DAY = 24 * 60;
const FAR = 400 * DAY;

interface Watching {
  readonly fixture: MemoryBackend;
  readonly lines: Record<string, unknown>[];
}

async function watching(kind: 'segment' | 'measure'): Promise<Watching> {
  const lines: Record<string, unknown>[] = [];
  const log = { ...silentLog, warn: (event: string, fields = {}) => void lines.push({ event, ...fields }) };
  const fixture = memoryBackend({ log });
  show(fixture, kind, [90, 1]);
  const input = { threshold: 100, callbackUrl: callbackUrl('one') };
  await (kind === 'segment'
    ? fixture.subscribe('segment-threshold-crossed', { segmentName: 'vip', ...input })
    : fixture.subscribe('measure-threshold-crossed', { measureName: 'vip', ...input }));
  return { fixture, lines };
}

function show(fixture: MemoryBackend, kind: 'segment' | 'measure', ...values: [number, number][]): void {
  if (kind === 'segment')
    fixture.data.segments = [segment('vip', ...values.map(([value, minute]) => evaluated(value, minute)))];
  else fixture.data.measures = [measure('vip', ...values.map(([value, minute]) => output(value, minute)))];
}

const crossings = (fixture: MemoryBackend): unknown[] =>
  fixture.calls.map(({ body }) => [body['previousValue'], body['value']]);

describe.each(['segment', 'measure'] as const)('a %s with an evaluation that is dated far in the future', (kind) => {
  test('goes on without it, and it is noted once', async () => {
    const { fixture, lines } = await watching(kind);
    show(fixture, kind, [90, 1], [500, FAR]);
    await fixture.poll();
    await fixture.poll();
    expect(crossings(fixture)).toEqual([]);
    show(fixture, kind, [90, 1], [500, FAR], [120, 3]);
    await fixture.poll();
    expect(crossings(fixture)).toEqual([[90, 120]]);
    expect(lines).toEqual([
      { event: 'insights.instant-in-future', instanceId: INSTANCE, source: `${kind}s`, what: 'vip', instant: at(FAR) },
    ]);
  });

  test('is not silenced when that day comes near', async () => {
    const { fixture } = await watching(kind);
    const wrong: [number, number] = [500, 3 * DAY];
    show(fixture, kind, [90, 1], wrong);
    await fixture.poll();
    await fixture.clock.advance(2.5 * DAY * 60_000);
    await fixture.poll();
    show(fixture, kind, [90, 1], wrong, [120, 2.6 * DAY]);
    await fixture.clock.advance(0.2 * DAY * 60_000);
    await fixture.poll();
    expect(crossings(fixture)).toEqual([[90, 120]]);
  });

  test('was believed by an earlier version, and begins anew with what is believed now', async () => {
    const { fixture } = await watching(kind);
    const rowKey = valueRowKey(`${kind}-threshold-crossed`, 'vip');
    const row = await fixture.tables.get(STATE_TABLE, INSTANCE, rowKey);
    const { values } = row ?? { values: {} };
    const poisoned = { ...values, partitionKey: INSTANCE, rowKey, evaluatedAtMs: Date.parse(at(FAR)), value: 500 };
    await fixture.tables.write(STATE_TABLE, [{ kind: 'upsert', row: poisoned }]);
    show(fixture, kind, [95, 2], [500, FAR]);
    await fixture.poll();
    show(fixture, kind, [95, 2], [120, 3], [500, FAR]);
    await fixture.poll();
    expect(crossings(fixture)).toEqual([[95, 120]]);
  });

  test('is subscribed to by its last evaluation that is believed', async () => {
    const fixture = memoryBackend();
    show(fixture, kind, [90, 1], [500, FAR]);
    const input = { threshold: 100, callbackUrl: callbackUrl('one') };
    await (kind === 'segment'
      ? fixture.subscribe('segment-threshold-crossed', { segmentName: 'vip', ...input })
      : fixture.subscribe('measure-threshold-crossed', { measureName: 'vip', ...input }));
    show(fixture, kind, [90, 1], [120, 2], [500, FAR]);
    await fixture.poll();
    expect(crossings(fixture)).toEqual([[90, 120]]);
  });

  test('shows the operator why it did not fire', async () => {
    const { fixture } = await watching(kind);
    show(fixture, kind, [90, 1], [500, FAR]);
    const [view] = (await fixture.backend.operator.listSubscriptions({}, { limit: 10 })).subscriptions;
    const observed = await fixture.backend.operator.observations(view?.id ?? '', 7);
    expect(observed).toMatchObject({
      value: [{ evaluatedAt: at(FAR), fires: false, sentence: 'dated in the future, so ignored, kept 90' }, {}],
    });
  });

  test('is believed when it is ahead by no more than a zone that was left out', async () => {
    const { fixture } = await watching(kind);
    show(fixture, kind, [90, 1], [120, 14 * 60]);
    await fixture.poll();
    expect(crossings(fixture)).toEqual([[90, 120]]);
  });
});

describe('a refresh that is said to end far in the future', () => {
  async function refreshes(): Promise<Watching> {
    const lines: Record<string, unknown>[] = [];
    const log = { ...silentLog, warn: (event: string, fields = {}) => void lines.push({ event, ...fields }) };
    const fixture = memoryBackend({ log });
    fixture.data.jobs = [job({ jobId: 'old', operationType: 'all', endedAt: at(FAR), submittedAt: at(FAR) })];
    await fixture.subscribe('unification-refresh-completed', { callbackUrl: callbackUrl('one') });
    return { fixture, lines };
  }

  test('hides none that end before, and is reported itself, as ended now', async () => {
    const { fixture, lines } = await refreshes();
    const merged = (minute: number): ReturnType<typeof job> =>
      job({ operationType: 'merge', tasks: [task({ operationType: 'merge', endedAt: at(minute) })] });
    await fixture.clock.advance(60_000);
    fixture.data.jobs = [merged(FAR), merged(2)];
    await fixture.poll();
    await fixture.poll();
    const now = new Date(fixture.clock.now()).toISOString();
    expect(fixture.calls.map(({ body }) => body['endedAt']).sort()).toEqual([at(2), now].sort());
    expect(lines.map(({ event }) => event)).toEqual(['insights.instant-in-future']);
  });
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { refreshesOfRow, refreshesRow } from '../../shared/detection/instance-state.ts';
import { baselineRefreshes, detectRefreshes } from '../../shared/detection/detect-refreshes.ts';
import { STATE_TABLE } from '../../shared/events/outbox-row.ts';
import type { Job } from '../../shared/insights/customer-insights.ts';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import { silentLog } from '../../shared/log.ts';
import { at, job, segment, evaluated, task } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const DAY_MS = 24 * 3600 * 1000;
let fixture: MemoryBackend;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  lines = [];
  const log = { ...silentLog, warn: (event: string, fields = {}) => void lines.push({ event, ...fields }) };
  fixture = memoryBackend({ log });
  await fixture.subscribe('unification-refresh-completed', { callbackUrl: callbackUrl('unified') });
  await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('full') });
});

const running = (jobId: string, minute = 0): Job =>
  job({ jobId, operationType: 'merge', status: 'running', submittedAt: at(minute), endedAt: undefined });
/** Enough that those behind them are on no page. */
const newer = (count: number): Job[] =>
  Array.from({ length: count }, (_, index) =>
    job({ jobId: `newer-${index}`, operationType: 'segmentation', submittedAt: at(5), endedAt: at(6) }),
  );
const stuck = (count: number): Job[] => Array.from({ length: count }, (_, index) => running(`stuck-${index}`));

/** The ids of jobs that a poll asks for by id. */
async function readBy(poll: () => Promise<void>): Promise<(string | undefined)[]> {
  fixture.insights.calls.length = 0;
  await poll();
  return fixture.insights.calls.filter(({ method }) => method === 'job').map(({ subject }) => subject);
}

const reported = (): unknown[] => fixture.calls.splice(0).map(({ body }) => body['endedAt']);

/**
 * Open jobs of which the last one ends, behind so many newer ones that only reads by id show it.
 */
async function openBehind(others: readonly Job[]): Promise<void> {
  const slow = job({ jobId: 'slow', operationType: 'all', submissionKind: 'scheduled', submittedAt: at(-1) });
  fixture.data.jobs = [...others, { ...slow, status: 'running', endedAt: undefined }];
  await fixture.poll();
  fixture.data.jobs = [...newer(120), ...others, { ...slow, endedAt: at(7) }];
}

describe('open jobs that a poll cannot read', () => {
  test.each([9, 15])('do not hide others when the call permits never suffice for all (%i)', async (count) => {
    fixture = memoryBackend({ config: { rateLimit: { calls: 6, windowSeconds: 60 } } });
    await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('full') });
    await fixture.clock.advance(120_000);
    await openBehind(stuck(count));
    for (let poll = 0; poll < 10; poll++) {
      await fixture.clock.advance(120_000);
      await fixture.poll();
    }
    expect(reported()).toEqual([at(7)]);
  });

  test.each(['refused', 'unavailable'] as const)('do not hide others when the read of one is %s', async (kind) => {
    await openBehind(stuck(3));
    fixture.insights.beforeCall = (call) => {
      if (call.subject === 'stuck-0') failing(kind)(call);
    };
    for (let poll = 0; poll < 4; poll++) await fixture.poll();
    expect(reported()).toEqual([at(7)]);
    // It is an anomaly of the list until the job can be read.
    expect(lines.filter(({ event }) => event === 'insights.unreachable')).toHaveLength(1);
  });

  test('are read with the names of data sources, or not at all', async () => {
    const slow = job({
      jobId: 'slow',
      submittedAt: at(-1),
      status: 'running',
      endedAt: undefined,
      tasks: [task({ status: 'failed', endedAt: at(6) })],
    });
    await fixture.subscribe('data-source-refresh-failed', { callbackUrl: callbackUrl('source') });
    fixture.data.jobs = [slow];
    await fixture.poll();
    fixture.data.jobs = [...newer(120), { ...slow, status: 'failed', endedAt: at(7) }];
    fixture.insights.beforeCall = failing('unavailable', { methods: ['dataSources'] });
    await fixture.poll();
    expect(reported()).toEqual([]);
    fixture.insights.beforeCall = () => undefined;
    await fixture.poll();
    expect(reported()).toEqual([at(6)]);
  });

  test('do not prevent a subscribe', async () => {
    await openBehind(stuck(3));
    fixture.insights.beforeCall = failing('refused', { methods: ['job'] });
    await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('other') });
    fixture.insights.beforeCall = () => undefined;
    await fixture.poll();
    expect(reported()).toContain(at(7));
  });
});

describe('jobs that never end', () => {
  test('do not keep others from being reported', async () => {
    const slow = (more: Partial<Job>): Job =>
      job({ jobId: 'slow', operationType: 'all', submissionKind: 'scheduled', submittedAt: at(-1), ...more });
    const open = slow({ status: 'running', endedAt: undefined });
    fixture.data.jobs = [open];
    await fixture.poll();
    // They come first on the page, and so in what is remembered.
    fixture.data.jobs = [...stuck(10), open];
    await fixture.poll();
    fixture.data.jobs = [...newer(120), ...stuck(10), slow({ endedAt: at(7) })];
    await fixture.poll();
    await fixture.poll();
    expect(reported()).toEqual([at(7)]);
  });

  test('are read in turn, ten in a poll, so that each comes round', async () => {
    fixture.data.jobs = stuck(25);
    await fixture.poll();
    fixture.data.jobs = [...newer(120), ...stuck(25)];
    const read: (string | undefined)[][] = [];
    for (let polls = 0; polls < 5; polls++) read.push(await readBy(() => fixture.poll()));
    expect(read.map(({ length }) => length)).toEqual([10, 10, 10, 10, 10]);
    expect(new Set(read.flat())).toEqual(new Set(stuck(25).map(({ jobId }) => jobId)));
    for (const { jobId } of stuck(25)) expect(read.flat().filter((id) => id === jobId)).toHaveLength(2);
  });

  test('are given up after 14 days, with one line of the log, and cost nothing from then on', async () => {
    fixture.data.jobs = stuck(10);
    await fixture.poll();
    fixture.data.jobs = [...newer(120), ...stuck(10)];
    await fixture.clock.advance(13.9 * DAY_MS);
    expect(await readBy(() => fixture.poll())).toHaveLength(10);
    await fixture.clock.advance(0.2 * DAY_MS);
    await fixture.poll();
    expect(await readBy(() => fixture.poll())).toEqual([]);
    expect(lines.filter(({ event }) => event === 'insights.job-never-ended')).toHaveLength(10);
  });

  test('are given up also while they are on the page of recent jobs', async () => {
    fixture.data.jobs = stuck(1);
    await fixture.poll();
    await fixture.clock.advance(14.1 * DAY_MS);
    await fixture.poll();
    fixture.data.jobs = [...newer(120), ...stuck(1)];
    await fixture.poll();
    expect(await readBy(() => fixture.poll())).toEqual([]);
  });

  test('are given up after 14 days from now on when an earlier version remembered them', async () => {
    fixture.data.jobs = [...newer(120), ...stuck(10)];
    await fixture.poll();
    const row = await fixture.tables.get(STATE_TABLE, INSTANCE, 'jobs');
    if (row === undefined) throw new Error('no state of jobs');
    const open = stuck(10).map(({ jobId }) => ({ jobId, sinceMs: undefined }));
    const stored = refreshesRow(INSTANCE, { ...refreshesOfRow(row), open });
    await fixture.tables.write(STATE_TABLE, [{ kind: 'upsert', row: { ...stored, openSince: undefined } }]);
    expect(await readBy(() => fixture.poll())).toHaveLength(10);
    await fixture.clock.advance(13.9 * DAY_MS);
    expect(await readBy(() => fixture.poll())).toHaveLength(10);
    await fixture.clock.advance(0.2 * DAY_MS);
    await fixture.poll();
    expect(await readBy(() => fixture.poll())).toEqual([]);
  });
});

describe('a status that nobody knows', () => {
  const odd = (more: Partial<Job>): Job => job({ jobId: 'odd', operationType: 'all', status: 'exploded', ...more });

  test('with an end is final: it fires nothing, is logged once and read no more', async () => {
    const jobs = [odd({ submissionKind: 'scheduled', endedAt: at(3) })];
    fixture.data.jobs = jobs;
    await fixture.poll();
    fixture.data.jobs = [...newer(120), ...jobs];
    await fixture.poll();
    expect(await readBy(() => fixture.poll())).toEqual([]);
    expect(reported()).toEqual([]);
    expect(lines).toEqual([
      { event: 'insights.status-unknown', instanceId: INSTANCE, source: 'jobs', what: 'job', status: 'exploded' },
    ]);
  });

  test('without an end is running', async () => {
    fixture.data.jobs = [odd({ submissionKind: 'scheduled', endedAt: undefined })];
    await fixture.poll();
    fixture.data.jobs = [odd({ submissionKind: 'scheduled', status: 'successful', endedAt: at(4) })];
    await fixture.poll();
    expect(reported()).toEqual([at(4)]);
    expect(lines).toEqual([]);
  });

  test('with an end ends the job that a failed task belongs to', async () => {
    const failed = task({ operationType: 'merge', status: 'failed', endedAt: at(3) });
    fixture.data.jobs = [odd({ operationType: 'merge', endedAt: at(4), tasks: [failed] })];
    await fixture.poll();
    expect(reported()).toEqual([at(3)]);
  });

  test('shows the operator why nothing fired', async () => {
    const { id } = await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('one') });
    fixture.data.jobs = [odd({ submissionKind: 'scheduled', endedAt: at(30) })];
    await fixture.clock.advance(DAY_MS / 24);
    expect(await fixture.backend.operator.observations(id, 7)).toMatchObject({
      value: [{ sentence: 'full refresh ended with the unknown status "exploded": that fires nothing' }],
    });
  });

  test('of a segment is no observation, is logged once, and shows', async () => {
    fixture.data.segments = [segment('vip', evaluated(90, 1))];
    const { id } = await fixture.subscribe('segment-threshold-crossed', {
      segmentName: 'vip',
      threshold: 100,
      callbackUrl: callbackUrl('vip'),
    });
    fixture.data.segments = [segment('vip', evaluated(90, 1), evaluated(120, 2, 'exploded'))];
    await fixture.poll();
    await fixture.poll();
    expect(fixture.calls).toEqual([]);
    expect(lines.map(({ event, what }) => [event, what])).toEqual([['insights.status-unknown', 'vip']]);
    expect(await fixture.backend.operator.observations(id, 7)).toMatchObject({
      value: [{ sentence: 'status "exploded" is not known, kept 90' }, {}],
    });
  });
});

test.each([
  ['completedwithwarnings', 'successful'],
  ['partiallySuccessful', 'successful'],
  ['failedPermanent', 'failed'],
])('%s is reported as %s, with the word itself', async (word, status) => {
  fixture.data.jobs = [job({ operationType: 'all', submissionKind: 'scheduled', status: word, endedAt: at(3) })];
  await fixture.poll();
  expect(fixture.calls[0]?.body).toMatchObject({ status, originalStatus: word });
});

test('failedRetrying is running: nothing is reported before it has ended', async () => {
  fixture.data.jobs = [
    job({ jobId: 'a', operationType: 'all', submissionKind: 'scheduled', status: 'failedRetrying' }),
  ];
  await fixture.poll();
  expect(reported()).toEqual([]);
  fixture.data.jobs = [job({ jobId: 'a', operationType: 'all', submissionKind: 'scheduled', endedAt: at(9) })];
  await fixture.poll();
  expect(fixture.calls[0]?.body).toMatchObject({ status: 'successful' });
  expect(fixture.calls[0]?.body).not.toHaveProperty('originalStatus');
});

test('of more open jobs than a row holds, those that have been open for longest are abandoned', () => {
  const none = { jobs: [], tasks: [], missing: new Set<string>() };
  const open = Array.from({ length: 303 }, (_, index) => ({ jobId: `job-${index}`, sinceMs: 1_000 + index }));
  const before = { ...baselineRefreshes(none, 0), open: open.toReversed() };
  const { state } = detectRefreshes(before, none, 2_000);
  expect(state.open.map(({ jobId }) => jobId).toReversed()).toEqual(open.slice(3).map(({ jobId }) => jobId));
  expect(state.handled.size).toBe(3);
});

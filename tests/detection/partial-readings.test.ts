import { beforeEach, describe, expect, test } from '@jest/globals';
import { POLL_ROW_KEY } from '../../shared/detection/instance-state.ts';
import { STATE_TABLE } from '../../shared/events/outbox-row.ts';
import type { Job } from '../../shared/insights/customer-insights.ts';
import { failing, type MemoryCall } from '../../shared/insights/memory-customer-insights.ts';
import { at, job, measure, output, task } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const MINUTE = 60_000;
/** How long a call that times out takes, with its retries. */
const HANGS_MS = 35_000;

let fixture: MemoryBackend;
beforeEach(() => {
  fixture = memoryBackend();
});

/** Polls once, and returns the calls for `method` and how long the poll took. */
async function pollOnce(method: MemoryCall['method']): Promise<{ asked: MemoryCall[]; tookMs: number }> {
  fixture.insights.calls.length = 0;
  const startMs = fixture.clock.now();
  let endMs: number | undefined;
  const polling = fixture.poll().then(() => (endMs = fixture.clock.now()));
  while (endMs === undefined) await fixture.clock.advance(5_000);
  await polling;
  return { asked: fixture.insights.calls.filter((call) => call.method === method), tookMs: endMs - startMs };
}

const subjects = (calls: readonly MemoryCall[]): (string | undefined)[] => calls.map(({ subject }) => subject);

/** Lets the calls for some items time out. */
function hang(isHanging: (subject: string) => boolean): void {
  fixture.insights.beforeCall = async (call) => {
    if (call.subject === undefined || !isHanging(call.subject)) return;
    await fixture.clock.sleep(HANGS_MS);
    failing('unavailable')(call);
  };
}

async function subscribeToMeasures(count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `measure-${index}`);
  fixture.data.measures = names.map((name) => measure(name, output(10, 1)));
  for (const measureName of names) {
    const input = { measureName, threshold: 100, callbackUrl: callbackUrl('m') };
    await fixture.subscribe('measure-threshold-crossed', input);
  }
  fixture.data.measures = names.map((name) => measure(name, output(10, 1), output(200, 2)));
}

/**
 * Jobs that are open, and then listed behind so many newer ones that only reads by id show them.
 */
async function openJobs(...ids: readonly string[]): Promise<Job[]> {
  const open = ids.map((jobId) =>
    job({ jobId, operationType: 'all', status: 'running', submittedAt: at(-1), endedAt: undefined }),
  );
  await fixture.subscribe('full-refresh-completed', { startedBy: 'any', callbackUrl: callbackUrl('full') });
  fixture.data.jobs = open;
  await fixture.poll();
  fixture.data.jobs = [...newer(), ...open];
  return open;
}

const newer = (): Job[] =>
  Array.from({ length: 120 }, (_, index) =>
    job({ jobId: `newer-${index}`, operationType: 'segmentation', submittedAt: at(5), endedAt: at(6) }),
  );
const stuck = (count: number): string[] => Array.from({ length: count }, (_, index) => `stuck-${index}`);
const ended = (): unknown[] => fixture.calls.map(({ body }) => body['endedAt']);

describe('measures whose histories time out', () => {
  test('end the reading after a minute', async () => {
    await subscribeToMeasures(60);
    hang(() => true);
    const { asked, tookMs } = await pollOnce('measure');
    expect(asked).toHaveLength(20);
    expect(tookMs).toBeLessThan(2 * MINUTE);
  });

  test('do not take the time of the same others in every poll', async () => {
    await subscribeToMeasures(41);
    hang((name) => name !== 'measure-40');
    for (let poll = 0; poll < 6; poll++) {
      await pollOnce('measure');
      await fixture.clock.advance(MINUTE + 7);
    }
    expect(fixture.calls.map(({ body }) => body['measureName'])).toEqual(['measure-40']);
  });

  test('do not keep the others from being reported', async () => {
    await subscribeToMeasures(12);
    hang((name) => name === 'measure-0');
    await pollOnce('measure');
    expect(fixture.calls).toHaveLength(11);
  });

  test('slow ones are read by the next polls', async () => {
    await subscribeToMeasures(45);
    fixture.insights.beforeCall = ({ subject }) => (subject === undefined ? undefined : fixture.clock.sleep(HANGS_MS));
    for (const [count, isWhole] of [
      [20, false],
      [40, false],
      [45, true],
    ] as const) {
      await pollOnce('measure');
      expect(fixture.calls).toHaveLength(count);
      const poll = await fixture.tables.get(STATE_TABLE, INSTANCE, POLL_ROW_KEY);
      expect(poll?.values['failing']).toEqual(isWhole ? '{}' : expect.stringContaining('within 60 s'));
    }
  });
});

describe('a measure that cannot be read', () => {
  test('does not prevent the additional poll for those without a call permit', async () => {
    await subscribeToMeasures(9);
    const rateLimit = { calls: 6, windowSeconds: 60 };
    const { tables, clock, queues, insights } = fixture;
    fixture = { ...memoryBackend({ tables, clock, queues, insights, config: { rateLimit } }), insights };
    hang((name) => name === 'measure-0');
    const polling = fixture.backend.pollInstance({ v: 1, instanceId: INSTANCE });
    await clock.advance(HANGS_MS);
    await polling;
    expect(queues.waiting('polls')).toHaveLength(1);
  });

  test('with a Retry-After does not keep the others from being read until then', async () => {
    await subscribeToMeasures(2);
    const fail = failing('unavailable', { retryAfterMs: 60 * MINUTE });
    fixture.insights.beforeCall = (call) => (call.subject === 'measure-0' ? fail(call) : undefined);
    await fixture.poll();
    await fixture.clock.advance(MINUTE);
    expect((await pollOnce('measures')).asked).toHaveLength(1);
  });

  test('because Customer Insights throttles ends the reading until its Retry-After, and what was read counts', async () => {
    await subscribeToMeasures(25);
    const fail = failing('throttled', { retryAfterMs: 60 * MINUTE });
    fixture.insights.beforeCall = (call) => (call.subject === 'measure-12' ? fail(call) : undefined);
    expect((await pollOnce('measure')).asked).toHaveLength(20);
    expect(fixture.calls).toHaveLength(19);
    await fixture.clock.advance(59 * MINUTE);
    expect((await pollOnce('measures')).asked).toEqual([]);
  });
});

describe('open jobs that cannot be read', () => {
  test('do not delay others by a poll', async () => {
    const open = await openJobs(...stuck(5), 'slow');
    fixture.data.jobs = [
      ...newer(),
      ...open.map((one) => (one.jobId === 'slow' ? { ...one, status: 'successful', endedAt: at(7) } : one)),
    ];
    const fail = failing('unavailable');
    fixture.insights.beforeCall = (call) => (call.subject?.startsWith('stuck') ? fail(call) : undefined);
    await fixture.poll();
    expect(ended()).toEqual([at(7)]);
  });

  test('with a Retry-After do not keep the list from being read until then', async () => {
    await openJobs('stuck-0');
    fixture.insights.beforeCall = failing('unavailable', { methods: ['job'], retryAfterMs: 60 * MINUTE });
    await fixture.poll();
    await fixture.clock.advance(MINUTE);
    expect((await pollOnce('jobs')).asked).not.toEqual([]);
  });

  test('end the reading when Customer Insights refuses all calls', async () => {
    await openJobs(...stuck(5));
    fixture.insights.beforeCall = failing('throttled', { methods: ['job'] });
    expect((await pollOnce('job')).asked).toHaveLength(1);
  });

  test('end the reading after a minute when they time out, and the next poll begins with the others', async () => {
    await openJobs(...stuck(8));
    hang(() => true);
    const first = await pollOnce('job');
    expect(first.asked).toHaveLength(2);
    const next = await pollOnce('job');
    expect(new Set(subjects([...first.asked, ...next.asked])).size).toBe(4);
  });

  test('because no names of data sources can be read take one call for the names', async () => {
    await fixture.subscribe('data-source-refresh-failed', { callbackUrl: callbackUrl('source') });
    const open = await openJobs('one', 'two', 'three');
    const failed = open.map((one, index): Job => {
      const tasks = [task({ taskId: `failed-${index}`, jobIds: [one.jobId], status: 'failed', endedAt: at(6) })];
      return { ...one, operationType: 'ingestion', status: 'failed', endedAt: at(7), tasks };
    });
    await fixture.poll();
    fixture.data.jobs = [...newer(), ...failed];
    // Without the history of tasks, which shows the tasks before their jobs are read.
    fixture.insights.beforeCall = failing('unavailable', { methods: ['dataSources', 'tasks'] });
    expect((await pollOnce('dataSources')).asked).toHaveLength(1);
  });
});

test('the task history is not read again because open jobs were read in turn', async () => {
  await openJobs(...stuck(25));
  // The newer jobs are a change, so the history is due once more.
  for (let poll = 0; poll < 2; poll++) await fixture.poll();
  for (let poll = 0; poll < 5; poll++) {
    const { asked } = await pollOnce('tasks');
    expect(asked).toEqual([]);
  }
});

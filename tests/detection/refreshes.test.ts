import { beforeEach, describe, expect, test } from '@jest/globals';
import { formatEventId } from '../../shared/events/event-id.ts';
import { outboxRow, STATE_TABLE } from '../../shared/events/outbox-row.ts';
import { recipientRanges } from '../../shared/events/outbox-entry.ts';
import type { Job, Task } from '../../shared/insights/customer-insights.ts';
import { at, job, task } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const CRM = 'aaaaaaaa-0000-0000-0000-000000000001';
const WEB = 'aaaaaaaa-0000-0000-0000-000000000002';
let fixture: MemoryBackend;

beforeEach(async () => {
  fixture = memoryBackend();
  fixture.data.dataSources = [source(CRM, 'CRM'), source(WEB, 'Web')];
  const input = (name: string, more = {}): Record<string, unknown> => ({ callbackUrl: callbackUrl(name), ...more });
  await fixture.subscribe('data-source-refresh-failed', input('failed'));
  await fixture.subscribe('data-source-refresh-succeeded', input('succeeded'));
  await fixture.subscribe('data-source-refresh-succeeded', input('crm', { dataSourceId: CRM.toUpperCase() }));
  await fixture.subscribe('full-refresh-completed', input('full', { startedBy: 'schedule' }));
  await fixture.subscribe('unification-refresh-completed', input('unified'));
});

function source(dataSourceId: string, displayName: string): MemoryBackend['data']['dataSources'][number] {
  return {
    dataSourceId,
    name: displayName.toLowerCase(),
    displayName,
    active: true,
    refreshState: 'updated',
    lastRefreshAt: undefined,
  };
}

/** Who was called since the last time, and with which status. */
function called(): string[] {
  return fixture.calls
    .splice(0)
    .map(
      ({ url, body }) =>
        `${new URL(url).hostname.split('.')[0] ?? ''}: ${String(body['refreshStatus'] ?? body['status'])}`,
    )
    .sort();
}

async function after(...jobs: Job[]): Promise<string[]> {
  fixture.data.jobs = jobs;
  await fixture.poll();
  return called();
}

const ingestion = (more: Partial<Job>, ...tasks: Task[]): Job =>
  job({ operationType: 'ingestion', idList: [CRM], tasks, ...more });

describe('a data source refresh', () => {
  test('succeeded: every flow that waits for this or any data source is called once, with its name', async () => {
    const done = ingestion({ jobId: 'j1' }, task({ taskId: 't1', endedAt: at(3) }));
    fixture.data.jobs = [done];
    await fixture.poll();
    expect(fixture.calls.map(({ url }) => url).sort()).toEqual([callbackUrl('crm'), callbackUrl('succeeded')]);
    expect(fixture.calls[0]?.body).toMatchObject({
      trigger: 'data-source-refresh-succeeded',
      instanceId: INSTANCE,
      dataSourceId: CRM,
      dataSourceName: 'CRM',
      refreshStatus: 'successful',
      endedAt: at(3),
      occurredAt: at(3),
      jobId: 'j1',
    });
    expect(fixture.calls[0]?.body).not.toHaveProperty('errorMessage');
    called();
    expect(await after(done)).toEqual([]);
  });

  test('of another data source concerns only those who wait for any', async () => {
    expect(await after(ingestion({ idList: [WEB] }, task()))).toEqual(['succeeded: successful']);
  });

  test('failed: reported when every owning job is final, and not before', async () => {
    const failed = task({ taskId: 't1', status: 'failed', jobIds: ['j1', 'j2'], error: 'no access' });
    const first = ingestion({ jobId: 'j1', status: 'failed' }, failed);
    expect(await after(first, ingestion({ jobId: 'j2', status: 'running', endedAt: undefined }, failed))).toEqual([]);
    fixture.data.jobs = [first, ingestion({ jobId: 'j2', status: 'failed' }, failed)];
    await fixture.poll();
    expect(fixture.calls[0]?.body).toMatchObject({
      refreshStatus: 'failed',
      errorMessage: 'no access',
      dataSourceId: CRM,
    });
    expect(called()).toEqual(['failed: failed']);
  });

  test('failed, tried again in the same job and succeeded: only the success is reported', async () => {
    const running = (status: string): Job =>
      ingestion({ jobId: 'j1', status: 'running', endedAt: undefined }, task({ taskId: 't1', status }));
    expect(await after(running('failed'))).toEqual([]);
    expect(await after(running('running'))).toEqual([]);
    expect(await after(running('successful'))).toEqual(['crm: successful', 'succeeded: successful']);
    expect(await after(ingestion({ jobId: 'j1' }, task({ taskId: 't1' })))).toEqual([]);
  });

  test('timed out is a failure of its own name', async () => {
    expect(await after(ingestion({ status: 'timedout' }, task({ status: 'timedout' })))).toEqual(['failed: timedOut']);
  });

  test.each(['skipped', 'aborted', 'deleted', 'somethingnew'])('%s never fires', async (status) => {
    const jobs = [
      ingestion({ jobId: 'j1', status }, task({ taskId: 't1', status })),
      job({ operationType: 'all', submissionKind: 'scheduled', status }),
    ];
    expect(await after(...jobs)).toEqual([]);
    expect(await after(...jobs)).toEqual([]);
  });

  test('several refreshes of one data source between two polls are reported one by one', async () => {
    const jobs = [1, 2, 3].map((number) =>
      ingestion({ jobId: `j${number}` }, task({ taskId: `t${number}`, endedAt: at(number) })),
    );
    expect(await after(...jobs)).toHaveLength(6);
  });

  test('inside a full refresh the data source is reported by node status or by name', async () => {
    fixture.data.nodes = [
      {
        operationType: 'ingestion',
        identifier: WEB,
        friendlyName: 'Renamed',
        jobIds: ['j1'],
        status: 'successful',
        endedAt: at(2),
      },
    ];
    const byNode = task({ friendlyName: 'Renamed' });
    const byName = task({ friendlyName: 'crm' });
    fixture.data.jobs = [job({ jobId: 'j1', operationType: 'all', tasks: [byNode, byName] })];
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => body['dataSourceId']).sort()).toEqual([CRM, CRM, WEB]);
  });
});

describe('a full refresh', () => {
  const full = (more: Partial<Job>): Job => job({ operationType: 'all', submissionKind: 'scheduled', ...more });

  test.each([
    ['successful', 'successful'],
    ['failed', 'failed'],
    ['timedout', 'timedOut'],
  ])('that was scheduled and ended %s is reported', async (status, reported) => {
    expect(await after(full({ status }))).toEqual([`full: ${reported}`]);
  });

  test('says how many tasks failed, and which', async () => {
    fixture.data.jobs = [
      full({
        jobId: 'j1',
        status: 'failed',
        tasks: [
          task({ operationType: 'segmentation', status: 'failed', friendlyName: 'VIP', error: 'no such column' }),
          task({ operationType: 'export', status: 'timedout' }),
          task({ operationType: 'measures' }),
        ],
      }),
    ];
    await fixture.poll();
    expect(fixture.calls[0]?.body).toMatchObject({
      jobId: 'j1',
      status: 'failed',
      submittedAt: at(0),
      endedAt: at(1),
      failedTaskCount: 2,
      failedTasks: [
        { operationType: 'segmentation', name: 'VIP', message: 'no such column' },
        { operationType: 'export', name: 'export' },
      ],
    });
  });

  test('that an earlier version left open, without who started it and without tasks, is delivered', async () => {
    await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('any') });
    const ended = { occurredAt: at(1), submittedAt: at(0), endedAt: at(1) };
    const identity = 'abcdefghijklmnopqrstuv';
    const eventId = formatEventId({ month: '202611', instanceId: INSTANCE, occurredAtMs: Date.parse(at(1)), identity });
    const trigger = 'full-refresh-completed';
    const event = { eventId, trigger, instanceId: INSTANCE, jobId: 'old', status: 'failed', ...ended } as const;
    const open = {
      event,
      sequence: 1_000,
      recipients: recipientRanges(event),
      boundaries: undefined,
      committedAt: at(1),
    };
    await fixture.tables.write(STATE_TABLE, [{ kind: 'insert', row: outboxRow({ ...open, writer: 'w' }) }]);
    await fixture.clock.advance(10 * 60_000);
    await fixture.poll();
    expect(fixture.calls.map(({ url }) => url).sort()).toEqual([callbackUrl('any'), callbackUrl('full')]);
    expect(fixture.calls[0]?.body).toMatchObject({ jobId: 'old', status: 'failed' });
    expect(fixture.calls[0]?.body).not.toHaveProperty('failedTasks');
  });

  test('names ten of the tasks that failed at most, and fits into storage however long their names are', async () => {
    const long = { friendlyName: 'x'.repeat(5000), error: 'y'.repeat(300) };
    const tasks = Array.from({ length: 30 }, () => task({ operationType: 'measures', status: 'failed', ...long }));
    fixture.data.jobs = [full({ status: 'failed', tasks }), full({ jobId: 'fine' })];
    await fixture.poll();
    const [failed, fine] = fixture.calls.map(({ body }) => body).toSorted((a) => (a['status'] === 'failed' ? -1 : 1));
    expect(failed).toMatchObject({ failedTaskCount: 30 });
    const named = failed?.['failedTasks'] as { name: string }[];
    expect(named.map(({ name }) => name)).toEqual(Array(10).fill('x'.repeat(200)));
    expect(fine).not.toHaveProperty('failedTasks');
  });

  test.each([
    ['scheduled', 'scheduled', ['any: successful', 'full: successful', 'schedule: successful']],
    ['ondemand', 'onDemand', ['any: successful', 'user: successful']],
    ['somethingnew', 'onDemand', ['any: successful', 'user: successful']],
  ])(
    'that is %s is sent to flows that wait for who started it, and to those that wait for any',
    async (kind, reported, who) => {
      for (const startedBy of ['any', 'schedule', 'user'])
        await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl(startedBy), startedBy });
      fixture.data.jobs = [full({ submissionKind: kind })];
      await fixture.poll();
      expect(fixture.calls.map(({ body }) => body['submissionKind'])).toEqual(who.map(() => reported));
      expect(called()).toEqual(who);
    },
  );

  test('of a schedule alone is sent to a subscription from before the input existed', async () => {
    const { id } = await fixture.subscribe('full-refresh-completed', {
      callbackUrl: callbackUrl('old'),
      startedBy: 'schedule',
    });
    // As it was stored then: under the subject that all of an instance has.
    const rows = (await fixture.tables.query('subscriptions', { partition: { from: INSTANCE, to: `${INSTANCE}~` } }))
      .rows;
    expect(rows.find(({ rowKey }) => id.endsWith(rowKey))?.values['subject']).toBe('*');
    await after(full({ jobId: 'by hand', submissionKind: 'ondemand' }));
    expect(await after(full({ jobId: 'scheduled' }))).toEqual(['full: successful', 'old: successful']);
    expect(await fixture.backend.getOwn('connection-a', 'full-refresh-completed', id)).toMatchObject({
      view: { startedBy: 'schedule' },
    });
  });

  test('of one kind of process is not full, although scheduled', async () => {
    expect(await after(full({ operationType: 'segmentation' }))).toEqual([]);
  });
});

describe('a unification', () => {
  test('that merged is reported, with who started it', async () => {
    fixture.data.jobs = [
      job({
        jobId: 'j1',
        operationType: 'merge',
        tasks: [task({ operationType: 'match' }), task({ operationType: 'merge', endedAt: at(4) })],
      }),
    ];
    await fixture.poll();
    expect(fixture.calls[0]?.body).toMatchObject({
      jobId: 'j1',
      status: 'successful',
      submissionKind: 'onDemand',
      endedAt: at(4),
    });
    expect(called()).toEqual(['unified: successful']);
  });

  test('that only matched never fires', async () => {
    expect(await after(job({ operationType: 'match', tasks: [task({ operationType: 'match' })] }))).toEqual([]);
  });

  test('that failed is reported when its job is final', async () => {
    const failed = task({ taskId: 't', operationType: 'merge', status: 'failed' });
    expect(await after(job({ jobId: 'j', status: 'running', operationType: 'all', tasks: [failed] }))).toEqual([]);
    expect(await after(job({ jobId: 'j', status: 'failed', operationType: 'all', tasks: [failed] }))).toEqual([
      'unified: failed',
    ]);
  });
});

describe('jobs come and go', () => {
  test('what had ended before the first subscription is nobody’s', async () => {
    fixture = memoryBackend();
    fixture.data.jobs = [ingestion({ jobId: 'old' }, task({ taskId: 'old' }))];
    await fixture.subscribe('data-source-refresh-succeeded', { callbackUrl: callbackUrl('any') });
    expect(await after(...fixture.data.jobs)).toEqual([]);
  });

  test('a failed task ends with its job, even if the job was not listed at the first subscription', async () => {
    const before = ingestion({ jobId: 'before', endedAt: at(10) }, task({ taskId: 'before', endedAt: at(10) }));
    fixture = memoryBackend();
    fixture.data.dataSources = [source(CRM, 'CRM')];
    fixture.data.jobs = [before];
    await fixture.subscribe('data-source-refresh-failed', { callbackUrl: callbackUrl('failed') });
    const failed = task({ taskId: 'late', status: 'failed', endedAt: at(9) });
    const late = ingestion({ jobId: 'late', status: 'failed', endedAt: at(20) }, failed);
    expect(await after(late, before)).toEqual(['failed: failed']);
    expect(await after(late, before)).toEqual([]);
  });

  test('all failed tasks of such a job are reported, however many', async () => {
    const before = ingestion({ jobId: 'before', endedAt: at(10) }, task({ taskId: 'before', endedAt: at(10) }));
    fixture = memoryBackend();
    fixture.data.dataSources = [source(CRM, 'CRM')];
    fixture.data.jobs = [before];
    await fixture.subscribe('data-source-refresh-failed', { callbackUrl: callbackUrl('failed') });
    const failed = Array.from({ length: 70 }, (_, index) =>
      task({ taskId: `late-${index}`, status: 'failed', endedAt: at(9) }),
    );
    const late = ingestion({ jobId: 'late', status: 'failed', endedAt: at(20) }, ...failed);
    expect(await after(late, before)).toHaveLength(70);
    expect(await after(late, before)).toEqual([]);
  });

  test('a failed task of a job that ended before the first subscription is nobody’s, even if the job is listed late', async () => {
    const before = ingestion({ jobId: 'before', endedAt: at(10) }, task({ taskId: 'before', endedAt: at(10) }));
    fixture = memoryBackend();
    fixture.data.dataSources = [source(CRM, 'CRM')];
    fixture.data.jobs = [before];
    await fixture.subscribe('data-source-refresh-failed', { callbackUrl: callbackUrl('failed') });
    const failed = task({ taskId: 'late', status: 'failed', endedAt: at(8) });
    expect(await after(ingestion({ jobId: 'late', status: 'failed', endedAt: at(9) }, failed), before)).toEqual([]);
  });

  test('a task without an end time ends with its job, and is reported after others have ended', async () => {
    const before = ingestion({ jobId: 'before', endedAt: at(10) }, task({ taskId: 'before', endedAt: at(10) }));
    fixture = memoryBackend();
    fixture.data.dataSources = [source(CRM, 'CRM')];
    fixture.data.jobs = [before];
    await fixture.subscribe('data-source-refresh-succeeded', { callbackUrl: callbackUrl('any') });
    const ended = ingestion({ jobId: 'after', endedAt: at(20) }, task({ taskId: 'after', endedAt: undefined }));
    expect(await after(ended, before)).toEqual(['any: successful']);
  });

  test('an open job that has left the page is read again by id', async () => {
    const slow = ingestion(
      { jobId: 'slow', status: 'running', endedAt: undefined },
      task({ taskId: 'slow', status: 'running', endedAt: undefined }),
    );
    expect(await after(slow)).toEqual([]);
    const others = Array.from({ length: 12 }, (_, index) =>
      job({ jobId: `other-${index}`, operationType: 'segmentation', submittedAt: at(2) }),
    );
    const done = ingestion({ jobId: 'slow' }, task({ taskId: 'slow', endedAt: at(5) }));
    expect(await after(...others, done)).toEqual(['crm: successful', 'succeeded: successful']);
  });

  test('a page without a known job is followed by a larger one, and that by the task history', async () => {
    const many = (count: number, prefix: string): Job[] =>
      Array.from({ length: count }, (_, index) =>
        job({ jobId: `${prefix}-${index}`, operationType: 'segmentation', endedAt: at(10) }),
      );
    expect(await after(...many(10, 'known'))).toEqual([]);
    const missed = ingestion({ jobId: 'missed' }, task({ taskId: 'missed', endedAt: at(11) }));
    expect(await after(...many(40, 'new'), missed, ...many(10, 'known'))).toEqual([
      'crm: successful',
      'succeeded: successful',
    ]);
    fixture.data.tasks = [task({ taskId: 'long-gone', friendlyName: 'CRM', jobIds: ['gone'], endedAt: at(12) })];
    expect(await after(...many(200, 'newer'))).toEqual(['crm: successful', 'succeeded: successful']);
  });

  test('a service that gives shorter pages than asked for is not believed to have shown all', async () => {
    const { insights } = fixture;
    const jobs = insights.jobs.bind(insights);
    insights.jobs = (instanceId, { top }) => jobs(instanceId, { top: Math.min(top, 5) });
    const ended = (index: number): Job =>
      ingestion({ jobId: `j-${index}` }, task({ taskId: `t-${index}`, endedAt: at(20 + index) }));
    expect(await after(ended(0))).toHaveLength(2);
    const missed = job({
      jobId: 'full',
      operationType: 'all',
      submissionKind: 'scheduled',
      endedAt: at(25),
      tasks: [task({ operationType: 'merge', endedAt: at(24) })],
    });
    const many = Array.from({ length: 8 }, (_, index) => ended(30 - index));
    expect(await after(...many, missed, ended(0))).toEqual([
      ...Array<string>(8).fill('crm: successful'),
      'full: successful',
      ...Array<string>(8).fill('succeeded: successful'),
      'unified: successful',
    ]);
  });

  test('a job that comes without its tasks is read from the task history', async () => {
    expect(await after(job({ jobId: 'known', operationType: 'segmentation' }))).toEqual([]);
    fixture.data.tasks = [task({ taskId: 'bare', status: 'failed', jobIds: ['j-bare'], endedAt: at(30) })];
    expect(await after(ingestion({ jobId: 'j-bare', status: 'failed', endedAt: at(31) }))).toEqual(['failed: failed']);
  });

  test('a task without a name is reported by the node that ended as it did, and else as of an unknown data source', async () => {
    const node = (identifier: string, status: string): MemoryBackend['data']['nodes'][number] => ({
      operationType: 'ingestion',
      identifier,
      friendlyName: undefined,
      jobIds: ['j'],
      status,
      endedAt: at(2),
    });
    fixture.data.nodes = [node(CRM, 'failed'), node(WEB, 'successful')];
    fixture.data.jobs = [
      job({ jobId: 'j', operationType: 'all', status: 'failed', tasks: [task({ status: 'failed' })] }),
    ];
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => body['dataSourceId'])).toEqual([CRM]);
    called();
    fixture.data.nodes = [];
    fixture.data.jobs = [
      job({ jobId: 'k', operationType: 'all', status: 'failed', tasks: [task({ status: 'failed' })] }),
    ];
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => [body['dataSourceId'], body['dataSourceName']])).toEqual([
      ['unknown', 'unknown'],
    ]);
  });
});

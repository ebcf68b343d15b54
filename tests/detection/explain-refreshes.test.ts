import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Job, Task } from '../../shared/insights/customer-insights.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import { at, job, task } from '../helpers/insights-data.ts';
import { callbackUrl, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const CRM = 'aaaaaaaa-0000-0000-0000-000000000001';
const WEB = 'aaaaaaaa-0000-0000-0000-000000000002';
const HOUR_MS = 3_600_000;
let fixture: MemoryBackend;
/** The id of the subscription to each trigger. */
let ids: Record<string, string>;

beforeEach(async () => {
  fixture = memoryBackend();
  fixture.data.dataSources = [source(CRM, 'CRM'), source(WEB, 'Web')];
  ids = {};
  const subscribe = async (name: string, trigger: Trigger, input = {}): Promise<void> => {
    ids[name] = (await fixture.subscribe(trigger, { callbackUrl: callbackUrl(name), ...input })).id;
  };
  await subscribe('failed', 'data-source-refresh-failed');
  await subscribe('succeeded', 'data-source-refresh-succeeded');
  await subscribe('crm', 'data-source-refresh-failed', { dataSourceId: CRM.toUpperCase() });
  await subscribe('full', 'full-refresh-completed', { startedBy: 'schedule' });
  await subscribe('unified', 'unification-refresh-completed');
});

function source(dataSourceId: string, displayName: string): MemoryBackend['data']['dataSources'][number] {
  return {
    dataSourceId,
    name: displayName,
    displayName,
    active: true,
    refreshState: 'updated',
    lastRefreshAt: undefined,
  };
}

const ended = at(30);

function ran(operationType: string, status: string, more: Partial<Job> = {}, ...kinds: string[]): Job {
  const tasks = kinds.map((kind): Task => task({ operationType: kind, status, endedAt: ended }));
  return job({ operationType, status, endedAt: ended, idList: [CRM], tasks, ...more });
}

/** Who was called, and the sentences of those who were not, after the jobs were seen. */
async function seen(...jobs: Job[]): Promise<Record<string, string[]>> {
  await fixture.clock.advance(HOUR_MS);
  fixture.data.jobs = jobs;
  await fixture.poll();
  const outcomes: Record<string, string[]> = {};
  for (const { url } of fixture.calls.splice(0))
    (outcomes[new URL(url).hostname.split('.')[0] ?? ''] ??= []).push('called');
  for (const [name, id] of Object.entries(ids)) {
    const found = await fixture.backend.operator.observations(id, 7);
    if (found.kind === 'refused') throw new Error(found.detail);
    for (const { evaluatedAt, outcome, fires, sentence } of found.value) {
      expect({ evaluatedAt, outcome, fires }).toEqual({ evaluatedAt: ended, outcome: 'not-awaited', fires: false });
      (outcomes[name] ??= []).push(sentence);
    }
  }
  return outcomes;
}

describe('everybody who waits for the process is called, or has the reason why not', () => {
  const waits = (ones: string): string => `this flow waits for ${ones} ones`;
  test.each<[string, Job, Record<string, string[]>]>([
    [
      'a successful ingestion',
      ran('ingestion', 'successful', {}, 'ingestion'),
      {
        succeeded: ['called'],
        failed: [`refresh of CRM succeeded: ${waits('failed')}`],
        crm: [`refresh of CRM succeeded: ${waits('failed')}`],
      },
    ],
    [
      'a failed one',
      ran('ingestion', 'failed', {}, 'ingestion'),
      { failed: ['called'], crm: ['called'], succeeded: [`refresh of CRM failed: ${waits('successful')}`] },
    ],
    [
      'one that timed out, of another data source',
      ran('ingestion', 'timedout', { idList: [WEB] }, 'ingestion'),
      { failed: ['called'], succeeded: [`refresh of Web timed out: ${waits('successful')}`] },
    ],
    [
      'a successful one of another data source',
      ran('ingestion', 'successful', { idList: [WEB] }, 'ingestion'),
      { succeeded: ['called'], failed: [`refresh of Web succeeded: ${waits('failed')}`] },
    ],
    [
      'one that somebody stopped',
      ran('ingestion', 'aborted', {}, 'ingestion'),
      {
        failed: ['refresh of CRM was aborted: that fires nothing'],
        crm: ['refresh of CRM was aborted: that fires nothing'],
        succeeded: ['refresh of CRM was aborted: that fires nothing'],
      },
    ],
    [
      'a full refresh that was started by hand',
      ran('all', 'successful', { submissionKind: 'ondemand' }, 'merge'),
      {
        unified: ['called'],
        full: ['full refresh succeeded: a user started it, and this flow waits for those that a schedule starts'],
      },
    ],
    [
      'one that was scheduled',
      ran('all', 'failed', { submissionKind: 'scheduled' }, 'merge'),
      { unified: ['called'], full: ['called'] },
    ],
    [
      'one that was scheduled and skipped',
      ran('all', 'skipped', { submissionKind: 'scheduled' }, 'merge'),
      {
        unified: ['unification was skipped: that fires nothing'],
        full: ['full refresh was skipped: that fires nothing'],
      },
    ],
    [
      'a run that only matched',
      ran('match', 'successful', {}, 'match'),
      { unified: ['match-only run succeeded: a run without a merge is not a unification'] },
    ],
  ])('%s', async (_, one, expected) => {
    expect(await seen(one)).toEqual(expected);
  });
});

test('what failed may be tried again as long as a job is open, and is reported when none is', async () => {
  const failed = task({ taskId: 't1', status: 'failed', endedAt: ended });
  const open = job({ jobId: 'j1', status: 'running', endedAt: undefined, idList: [CRM], tasks: [failed] });
  const again = ['refresh of CRM failed: Customer Insights may retry it'];
  expect(await seen(open)).toEqual({ failed: again, crm: again, succeeded: again });
  expect(await seen({ ...open, status: 'failed', endedAt: at(31) })).toMatchObject({
    failed: ['called'],
    crm: ['called'],
  });
});

test('what was over before the subscription was made, or before the days that are asked for, is left out', async () => {
  const before = ran('all', 'successful', { endedAt: at(-1) });
  expect(await seen(before)).toEqual({});
  expect(await seen(ran('all', 'successful'))).toHaveProperty('full');
  await fixture.clock.advance(7 * 24 * HOUR_MS);
  expect(await seen(ran('all', 'successful'))).toEqual({});
});

test('without an answer of Customer Insights it says so', async () => {
  fixture.insights.beforeCall = failing('unavailable', { methods: ['jobs'] });
  expect(await fixture.backend.operator.observations(ids['full'] ?? '', 7)).toMatchObject({
    value: [],
    historyMissing: expect.stringContaining('jobs'),
  });
});

test('a full refresh of a schedule says so to a flow that waits for those that a user starts', async () => {
  const { id } = await fixture.subscribe('full-refresh-completed', {
    callbackUrl: callbackUrl('user'),
    startedBy: 'user',
  });
  ids = { user: id };
  expect(await seen(ran('all', 'successful', { submissionKind: 'scheduled' }))).toMatchObject({
    user: ['full refresh succeeded: a schedule started it, and this flow waits for those that a user starts'],
  });
});

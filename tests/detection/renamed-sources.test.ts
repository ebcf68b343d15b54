import { beforeEach, describe, expect, test } from '@jest/globals';
import { STATE_TABLE } from '../../shared/events/outbox-row.ts';
import type { DataSource, Job, Node } from '../../shared/insights/customer-insights.ts';
import { at, job, task } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const CRM = 'aaaaaaaa-0000-0000-0000-000000000001';
const WEB = 'aaaaaaaa-0000-0000-0000-000000000002';
let fixture: MemoryBackend;

beforeEach(async () => {
  fixture = memoryBackend();
  fixture.data.dataSources = [source(CRM, 'CRM'), source(WEB, 'Web')];
  for (const [name, dataSourceId] of Object.entries({ crm: CRM, web: WEB })) {
    await fixture.subscribe('data-source-refresh-succeeded', { callbackUrl: callbackUrl(name), dataSourceId });
  }
});

function source(dataSourceId: string, displayName: string): DataSource {
  const name = displayName.toLowerCase();
  return { dataSourceId, name, displayName, active: true, refreshState: 'updated', lastRefreshAt: undefined };
}

function node(identifier: string, friendlyName: string, more: Partial<Node> = {}): Node {
  const common = { operationType: 'ingestion', jobIds: ['full'], status: 'successful', endedAt: undefined };
  return { ...common, identifier, friendlyName, ...more };
}

/** A full refresh: it was asked for nothing in particular, its tasks have only names. */
const full = (...names: string[]): Job =>
  job({
    jobId: 'full',
    operationType: 'all',
    tasks: names.map((friendlyName, index) => task({ friendlyName, endedAt: at(2 + index) })),
  });

const called = (): string[] =>
  fixture.calls
    .splice(0)
    .map(({ url }) => new URL(url).hostname.split('.')[0] ?? '')
    .sort();

describe('a data source that was renamed before the poll', () => {
  beforeEach(() => {
    fixture.data.dataSources = [source(CRM, 'Customers'), source(WEB, 'Web')];
  });

  test('is known by the name that it had', async () => {
    fixture.data.jobs = [full('CRM', 'Web')];
    await fixture.poll();
    expect(fixture.calls.find(({ url }) => url === callbackUrl('crm'))?.body).toMatchObject({
      dataSourceId: CRM,
      dataSourceName: 'Customers',
    });
    expect(called()).toEqual(['crm', 'web']);
  });

  test('is known by either name from then on', async () => {
    fixture.data.jobs = [full('CRM', 'Web')];
    await fixture.poll();
    called();
    fixture.data.jobs = [{ ...full('Customers', 'CRM'), jobId: 'next' }];
    await fixture.poll();
    expect(called()).toEqual(['crm', 'crm']);
  });

  test('gives its old name to another that has it now', async () => {
    fixture.data.dataSources = [source(CRM, 'Customers'), source(WEB, 'CRM')];
    fixture.data.jobs = [full('CRM')];
    await fixture.poll();
    expect(called()).toEqual(['web']);
  });

  describe('and whose names an earlier version has not remembered', () => {
    beforeEach(async () => {
      const row = await fixture.tables.get(STATE_TABLE, INSTANCE, 'jobs');
      const { values } = row ?? { values: {} };
      const older = { ...values, partitionKey: INSTANCE, rowKey: 'jobs', names: undefined };
      await fixture.tables.write(STATE_TABLE, [{ kind: 'upsert', row: older }]);
    });

    test('is the one that no other task belongs to', async () => {
      fixture.data.nodes = [node(CRM, 'Customers'), node(WEB, 'Web')];
      fixture.data.jobs = [full('CRM', 'Web')];
      await fixture.poll();
      expect(called()).toEqual(['crm', 'web']);
    });

    test('is the one whose node ended at the same instant', async () => {
      fixture.data.dataSources = [source(CRM, 'Customers'), source(WEB, 'Shop')];
      fixture.data.nodes = [node(WEB, 'Shop', { endedAt: at(3) }), node(CRM, 'Customers', { endedAt: at(2) })];
      fixture.data.jobs = [full('CRM', 'Web')];
      await fixture.poll();
      expect(fixture.calls.map(({ url, body }) => [url, body['endedAt']]).sort()).toEqual([
        [callbackUrl('crm'), at(2)],
        [callbackUrl('web'), at(3)],
      ]);
    });

    test('is the other one of those that its job was asked for', async () => {
      fixture.data.jobs = [{ ...full('CRM', 'Web'), operationType: 'ingestion', idList: [CRM, WEB] }];
      await fixture.poll();
      expect(called()).toEqual(['crm', 'web']);
    });
  });
});

describe('a refresh that is listed behind 30 newer ones', () => {
  const newer = (count = 30): Job[] =>
    Array.from({ length: count }, (_, index) =>
      job({ jobId: `newer-${index}`, operationType: 'segmentation', submittedAt: at(5), endedAt: at(6) }),
    );
  const late = (): Job =>
    job({
      jobId: 'late',
      idList: [CRM],
      submittedAt: at(-5),
      tasks: [task({ taskId: 't', submittedAt: at(-5), endedAt: at(7) })],
    });
  const methods = async (): Promise<string[]> => {
    fixture.insights.calls.length = 0;
    await fixture.poll();
    return fixture.insights.calls.map(({ method }) => method);
  };

  test('is found by the task history in the poll after the newer ones', async () => {
    fixture.data.jobs = newer();
    await fixture.poll();
    fixture.data.jobs = [...newer(), late()];
    await fixture.poll();
    expect(called()).toEqual(['crm']);
  });

  test('is found within a quarter of an hour when nothing else happens', async () => {
    fixture.data.jobs = newer();
    for (let polls = 0; polls < 3; polls++) await fixture.poll();
    fixture.data.jobs = [...newer(), late()];
    await fixture.clock.advance(15 * 60_000);
    await fixture.poll();
    expect(called()).toEqual(['crm']);
  });

  test('is reported with its job, also when that is a full refresh', async () => {
    await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('full') });
    fixture.data.jobs = newer();
    await fixture.poll();
    const scheduled = { ...late(), operationType: 'all', submissionKind: 'scheduled', endedAt: at(8) };
    fixture.data.jobs = [...newer(), scheduled];
    await fixture.poll();
    expect(called()).toEqual(['full']);
  });

  test('is searched for only now and then: with nothing new a poll is one list call', async () => {
    fixture.data.jobs = newer();
    for (let polls = 0; polls < 3; polls++) await fixture.poll();
    expect(await methods()).toEqual(['jobs']);
    await fixture.clock.advance(15 * 60_000);
    expect(await methods()).toEqual(['jobs', 'tasks']);
    expect(await methods()).toEqual(['jobs']);
  });

  test('is searched again when the history did not respond, and what the page shows is reported anyway', async () => {
    fixture.data.jobs = newer();
    await fixture.poll();
    const { insights } = fixture;
    const tasks = insights.tasks.bind(insights);
    insights.tasks = () => insights.jobs('no such instance', { top: 1 }).then(() => []);
    fixture.data.jobs = [
      job({ jobId: 'seen', idList: [WEB], submittedAt: at(9), tasks: [task()] }),
      ...newer(),
      late(),
    ];
    await fixture.poll();
    expect(called()).toEqual(['web']);
    insights.tasks = tasks;
    await fixture.clock.advance(15 * 60_000);
    await fixture.poll();
    expect(called()).toEqual(['crm']);
  });

  test('is nobody’s when it ended long before the first subscribe', async () => {
    fixture = memoryBackend();
    fixture.data.dataSources = [source(CRM, 'CRM')];
    fixture.data.jobs = Array.from({ length: 100 }, (_, index) =>
      job({ submittedAt: at(600), endedAt: at(index < 99 ? 601 : 2) }),
    );
    await fixture.subscribe('data-source-refresh-succeeded', { callbackUrl: callbackUrl('any') });
    fixture.data.jobs = [...fixture.data.jobs, late()];
    await fixture.poll();
    expect(called()).toEqual([]);
  });
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { STATE_TABLE } from '../../shared/events/open-event-row.ts';
import type { DataSource, Job, Node } from '../../shared/insights/customer-insights.ts';
import { at, job, task } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const CRM = 'aaaaaaaa-0000-0000-0000-000000000001';
const WEB = 'aaaaaaaa-0000-0000-0000-000000000002';
let world: MemoryBackend;

beforeEach(async () => {
  world = memoryBackend();
  world.data.dataSources = [source(CRM, 'CRM'), source(WEB, 'Web')];
  for (const [name, dataSourceId] of Object.entries({ crm: CRM, web: WEB })) {
    await world.subscribe('data-source-refresh-succeeded', { callbackUrl: callbackUrl(name), dataSourceId });
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
  world.calls
    .splice(0)
    .map(({ url }) => new URL(url).hostname.split('.')[0] ?? '')
    .sort();

describe('a data source that was renamed before the poll', () => {
  beforeEach(() => {
    world.data.dataSources = [source(CRM, 'Customers'), source(WEB, 'Web')];
  });

  test('is known by the name that it had', async () => {
    world.data.jobs = [full('CRM', 'Web')];
    await world.poll();
    expect(world.calls.find(({ url }) => url === callbackUrl('crm'))?.body).toMatchObject({
      dataSourceId: CRM,
      dataSourceName: 'Customers',
    });
    expect(called()).toEqual(['crm', 'web']);
  });

  test('is known by either name from then on', async () => {
    world.data.jobs = [full('CRM', 'Web')];
    await world.poll();
    called();
    world.data.jobs = [{ ...full('Customers', 'CRM'), jobId: 'next' }];
    await world.poll();
    expect(called()).toEqual(['crm', 'crm']);
  });

  test('gives its old name to another that has it now', async () => {
    world.data.dataSources = [source(CRM, 'Customers'), source(WEB, 'CRM')];
    world.data.jobs = [full('CRM')];
    await world.poll();
    expect(called()).toEqual(['web']);
  });

  describe('and whose names an earlier version has not remembered', () => {
    beforeEach(async () => {
      const row = await world.tables.get(STATE_TABLE, INSTANCE, 'jobs');
      const { values } = row ?? { values: {} };
      const older = { ...values, partitionKey: INSTANCE, rowKey: 'jobs', names: undefined };
      await world.tables.write(STATE_TABLE, [{ kind: 'upsert', row: older }]);
    });

    test('is the one that no other task belongs to', async () => {
      world.data.nodes = [node(CRM, 'Customers'), node(WEB, 'Web')];
      world.data.jobs = [full('CRM', 'Web')];
      await world.poll();
      expect(called()).toEqual(['crm', 'web']);
    });

    test('is the one whose node ended at the same instant', async () => {
      world.data.dataSources = [source(CRM, 'Customers'), source(WEB, 'Shop')];
      world.data.nodes = [node(WEB, 'Shop', { endedAt: at(3) }), node(CRM, 'Customers', { endedAt: at(2) })];
      world.data.jobs = [full('CRM', 'Web')];
      await world.poll();
      expect(world.calls.map(({ url, body }) => [url, body['endedAt']]).sort()).toEqual([
        [callbackUrl('crm'), at(2)],
        [callbackUrl('web'), at(3)],
      ]);
    });

    test('is the other one of those that its job was asked for', async () => {
      world.data.jobs = [{ ...full('CRM', 'Web'), operationType: 'ingestion', idList: [CRM, WEB] }];
      await world.poll();
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
    world.insights.calls.length = 0;
    await world.poll();
    return world.insights.calls.map(({ method }) => method);
  };

  test('is found by the task history in the poll after the newer ones', async () => {
    world.data.jobs = newer();
    await world.poll();
    world.data.jobs = [...newer(), late()];
    await world.poll();
    expect(called()).toEqual(['crm']);
  });

  test('is found within a quarter of an hour when nothing else happens', async () => {
    world.data.jobs = newer();
    for (let polls = 0; polls < 3; polls++) await world.poll();
    world.data.jobs = [...newer(), late()];
    await world.clock.advance(15 * 60_000);
    await world.poll();
    expect(called()).toEqual(['crm']);
  });

  test('is told with its job, also when that is a full refresh', async () => {
    await world.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('full') });
    world.data.jobs = newer();
    await world.poll();
    const scheduled = { ...late(), operationType: 'all', submissionKind: 'scheduled', endedAt: at(8) };
    world.data.jobs = [...newer(), scheduled];
    await world.poll();
    expect(called()).toEqual(['full']);
  });

  test('is looked for only now and then: with nothing new a poll is one list call', async () => {
    world.data.jobs = newer();
    for (let polls = 0; polls < 3; polls++) await world.poll();
    expect(await methods()).toEqual(['jobs']);
    await world.clock.advance(15 * 60_000);
    expect(await methods()).toEqual(['jobs', 'tasks']);
    expect(await methods()).toEqual(['jobs']);
  });

  test('is looked for again when the history gave no answer, and what the page shows is told all the same', async () => {
    world.data.jobs = newer();
    await world.poll();
    const { insights } = world;
    const tasks = insights.tasks.bind(insights);
    insights.tasks = () => insights.jobs('no such instance', { top: 1 }).then(() => []);
    world.data.jobs = [job({ jobId: 'seen', idList: [WEB], submittedAt: at(9), tasks: [task()] }), ...newer(), late()];
    await world.poll();
    expect(called()).toEqual(['web']);
    insights.tasks = tasks;
    await world.clock.advance(15 * 60_000);
    await world.poll();
    expect(called()).toEqual(['crm']);
  });

  test('is nobody’s when it ended long before the first subscribe', async () => {
    world = memoryBackend();
    world.data.dataSources = [source(CRM, 'CRM')];
    world.data.jobs = Array.from({ length: 100 }, (_, index) =>
      job({ submittedAt: at(600), endedAt: at(index < 99 ? 601 : 2) }),
    );
    await world.subscribe('data-source-refresh-succeeded', { callbackUrl: callbackUrl('any') });
    world.data.jobs = [...world.data.jobs, late()];
    await world.poll();
    expect(called()).toEqual([]);
  });
});

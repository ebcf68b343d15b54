import { expect, test } from '@jest/globals';
import { unlimitedPermits } from '../../shared/insights/call-permits.ts';
import { restEntityData } from '../../shared/insights/rest-entity-data.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { atTheEnd, failure, open } from './open-adapter.ts';
import { jumpingClock } from './jumping-clock.ts';
import { startScriptedServer, type ScriptedAnswer } from './scripted-server.ts';

const PERSON = 'ada@example.org';

async function dataWith(...answers: ScriptedAnswer[]): Promise<{
  data: ReturnType<typeof restEntityData>;
  lines: () => string;
}> {
  const lines: unknown[] = [];
  const line = (event: string, fields?: object): void => void lines.push({ event, ...fields });
  const server = await startScriptedServer(...answers);
  const data = restEntityData({
    baseUrl: server.baseUrl,
    permits: unlimitedPermits,
    timeoutMs: 10_000,
    clock: jumpingClock(10_000),
    random: { fraction: () => 0, token: () => '' },
    log: { info: line, warn: line, error: line },
    telemetry: noTelemetry,
  });
  atTheEnd(server.stop, data.close);
  return { data, lines: () => JSON.stringify(lines) };
}

test.each([
  ['answered', { status: 204, body: '' }],
  ['refused', { status: 400, body: { message: `No item ${PERSON}.` } }],
])('an update that is %s is logged without the item', async (_what, answer) => {
  const { data, lines } = await dataWith(answer);
  await data.updateItem('i', `of ${PERSON}`, PERSON, '{}', { caller: PERSON });
  expect(lines()).toContain('PATCH instances/i/data/{entityName}/{entityId}');
  expect(lines()).not.toContain('ada');
});

test('nor does an error say it that ends in another line of the log', async () => {
  const { data, lines } = await dataWith({ status: 501, body: { message: `No item ${PERSON}.` } });
  const error = await failure(data.items('i', 'Customer', { $filter: `Email eq '${PERSON}'` }));
  expect(error.message).toBe('Customer Insights: GET instances/i/data/{entityName}: status 501');
  expect(lines()).not.toContain('ada');
});

test('what a caller gets to read is what the service said', async () => {
  const { data } = await dataWith({ status: 400, body: { message: `No item ${PERSON}.` } });
  expect(await data.items('i', 'Customer', {})).toMatchObject({
    kind: 'call-refused',
    serviceMessage: `No item ${PERSON}.`,
  });
});

test('measures and jobs are logged as templates too', async () => {
  const { insights, lines } = await open([{ status: 404 }, { status: 404 }]);
  await insights.measure('i', PERSON, { historyDays: 1 });
  await insights.job('i', PERSON);
  expect(lines.map(({ fields }) => fields?.['call'])).toEqual([
    'GET instances/i/manage/measures/{measureName}',
    'GET instances/i/workflows/main/jobs/{jobId}',
  ]);
  expect(JSON.stringify(lines)).not.toContain('ada');
});

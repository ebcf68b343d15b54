import { beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId, crmDataSourceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { expectProblem } from './expect-problem.ts';
import { customerInsights, startBackend, type StartedBackend } from './start-backend.ts';

const path = `instances/${contosoInstanceId}/status-report`;
const instant: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

interface Report {
  readonly value: { id: string; name: string; status: string }[];
  readonly html: string;
}

let backend: StartedBackend;
beforeAll(async () => {
  backend = await startBackend();
});

async function reportOf(reportType: string): Promise<Report> {
  const { status, body } = await backend.call('GET', `${path}?reportType=${reportType}`);
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { instanceId: contosoInstanceId, reportType, generatedAt: instant },
  });
  return body as Report;
}

test.each([
  ['dataSources', { id: crmDataSourceId, name: 'Contoso CRM', status: 'updated', state: 'Refreshed', at: instant }],
  [
    'segments',
    { id: 'ChurnRisk', name: 'Churn risk', status: 'completedsuccess', state: 'Successful', at: instant, value: 118 },
  ],
  [
    'segments',
    { id: 'LapsedCustomers', name: 'Lapsed customers', status: 'inactive', state: 'Inactive', at: instant, value: 31 },
  ],
  [
    'measures',
    {
      id: 'TotalRevenue',
      name: 'Total revenue',
      status: 'completed',
      state: 'Successful',
      at: instant,
      value: 1250340.75,
    },
  ],
])('the report of %s has %j', async (reportType, row) => {
  const { value, html } = await reportOf(reportType);
  expect(value).toContainEqual(row);
  for (const { name } of value) expect(html).toContain(`>${name}</td>`);
});

test('the report of the system has the latest run of each process', async () => {
  const { value } = await reportOf('system');
  const row = value.find(({ id }) => id === `ingestion/${crmDataSourceId}`);
  expect(row).toMatchObject({
    name: expect.stringMatching(/^ingestion: /) as unknown,
    status: 'successful',
    at: instant,
  });
  expect(value.map(({ id }) => id)).toContain('merge');
});

test('a name cannot break out of the table', async () => {
  const { control } = await customerInsights();
  const displayName = `</td><img src=x onerror="alert('1')">&`;
  control.addSegment({ instanceId: contosoInstanceId, name: 'Hostile', displayName });
  const { value, html } = await reportOf('segments');
  expect(value).toContainEqual({
    id: 'Hostile',
    name: displayName,
    status: expect.any(String) as unknown,
    state: 'Not run yet',
  });
  expect(html).not.toContain('<img');
  expect(html).toContain('&lt;/td&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;</td>');
  expect(html.match(/<[^>]*>/g)?.filter((tag) => !/^<\/?(table|caption|thead|tbody|tr|th|td)\b/.test(tag))).toEqual([]);
});

describe('a report is refused', () => {
  test.each([
    '',
    '?reportType=',
    '?reportType=nope',
    '?reportType=Segments',
    '?reportType=__proto__',
    '?reportType=system&reportType=system',
  ])('for %s', async (query) => {
    await expectProblem(() => backend.call('GET', `${path}${query}`), 400, 'query-invalid');
  });
});

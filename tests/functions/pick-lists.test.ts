import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  contosoInstanceId,
  contosoSandboxInstanceId,
  crmDataSourceId,
  loyaltyDataSourceId,
  storeDataSourceId,
} from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { expectProblem } from './expect-problem.ts';
import { customerInsights, startBackend, type StartedBackend } from './start-backend.ts';

const contoso = `instances/${contosoInstanceId}`;
const nobody = '99999999-9999-4999-8999-999999999999';

let backend: StartedBackend;
beforeAll(async () => {
  const { control } = await customerInsights();
  control.addSegment({ instanceId: contosoInstanceId, name: 'Ünïcode', displayName: 'Größer als ź 🚀' });
  backend = await startBackend();
});

test.each<[string, unknown[]]>([
  [
    'instances',
    [
      { id: contosoInstanceId, name: 'Contoso', title: 'Contoso', instanceType: 'production' },
      {
        id: contosoSandboxInstanceId,
        name: 'Contoso Sandbox',
        title: 'Contoso Sandbox (sandbox)',
        instanceType: 'sandbox',
      },
    ],
  ],
  [
    `${contoso}/data-sources`,
    [
      { id: crmDataSourceId, name: 'Contoso CRM', title: 'Contoso CRM' },
      { id: storeDataSourceId, name: 'Online store', title: 'Online store' },
      { id: loyaltyDataSourceId, name: 'Loyalty programme', title: 'Loyalty programme' },
    ],
  ],
  [
    `${contoso}/segments`,
    [
      { id: 'HighValueCustomers', name: 'High value customers', title: 'High value customers (42)', state: 'active' },
      { id: 'ChurnRisk', name: 'Churn risk', title: 'Churn risk (118)', state: 'active' },
      { id: 'NewsletterReaders', name: 'Newsletter readers', title: 'Newsletter readers (175)', state: 'active' },
      { id: 'LapsedCustomers', name: 'Lapsed customers', title: 'Lapsed customers (inactive)', state: 'inactive' },
      { id: 'Ünïcode', name: 'Größer als ź 🚀', title: 'Größer als ź 🚀 (not evaluated yet)', state: 'active' },
    ],
  ],
  [
    `${contoso}/measures`,
    [
      { id: 'TotalRevenue', name: 'Total revenue', title: 'Total revenue (1,250,340.75)', value: 1250340.75 },
      { id: 'ActiveCustomers', name: 'Active customers', title: 'Active customers (231)', value: 231 },
    ],
  ],
])('%s lists what can be picked, measures only without dimension', async (path, value) => {
  const { status, headers, body } = await backend.call('GET', path);
  expect({ status, type: headers['content-type'], body }).toEqual({
    status: 200,
    type: 'application/json',
    body: { value },
  });
});

test('an instance may be written in upper case', async () => {
  const { body } = await backend.call('GET', `instances/${contosoInstanceId.toUpperCase()}/measures`);
  expect(body).toEqual((await backend.call('GET', `${contoso}/measures`)).body);
});

describe.each(['data-sources', 'segments', 'measures'])('the %s of', (list) => {
  test.each([nobody, 'contoso', '%01', 'a%2Fb', `${contosoInstanceId}x`, `urn:uuid:${contosoInstanceId}`])(
    'the instance %s, which there is not, are a 404',
    async (instanceId) => {
      await expectProblem(() => backend.call('GET', `instances/${instanceId}/${list}`), 404, 'instance-unknown');
    },
  );
});

test('an operator who allows one instance shows no other', async () => {
  const limited = await startBackend({ settings: { ALLOWED_INSTANCES: contosoInstanceId.toUpperCase() } });
  expect((await limited.call('GET', 'instances')).body).toEqual({
    value: [{ id: contosoInstanceId, name: 'Contoso', title: 'Contoso', instanceType: 'production' }],
  });
  expect((await limited.call('GET', `${contoso}/segments`)).status).toBe(200);
  for (const list of ['data-sources', 'segments', 'measures']) {
    const path = `instances/${contosoSandboxInstanceId}/${list}`;
    await expectProblem(() => limited.call('GET', path), 403, 'instance-not-allowed');
  }
});

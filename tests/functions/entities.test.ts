import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  contosoInstanceId,
  contosoSandboxInstanceId,
  crmDataSourceId,
} from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { expectProblem } from './expect-problem.ts';
import { startBackend, type StartedBackend } from './start-backend.ts';

const nobody = '99999999-9999-4999-8999-999999999999';
const entities = `instances/${contosoInstanceId}/entities`;

let backend: StartedBackend;
beforeAll(async () => {
  backend = await startBackend({ settings: { ALLOWED_INSTANCES: `${contosoInstanceId},${nobody}` } });
});

test('the list has every entity with the id that it is addressed by, ingested ones by their data source', async () => {
  const { status, body } = await backend.call('GET', entities);
  expect(status).toBe(200);
  const { value } = body as { value: { id: string }[] };
  expect(value).toContainEqual({ id: 'Customer', name: 'Customer', entityType: 'profile' });
  expect(value).toContainEqual({
    id: `${crmDataSourceId}_Contacts`,
    name: 'ContosoCRM_Contacts',
    entityType: 'profile',
  });
  for (const { id } of value) {
    expect(await backend.call('GET', `${entities}/${id}`)).toMatchObject({ status: 200, body: { id } });
  }
});

test('one entity comes with the JSON schema of its items', async () => {
  const { body } = await backend.call('GET', `${entities}/Customer`);
  expect(body).toMatchObject({
    id: 'Customer',
    name: 'Customer',
    entityType: 'profile',
    schema: {
      type: 'object',
      properties: {
        CustomerId: { type: 'string', title: 'CustomerId' },
        BirthDate: { type: 'string', format: 'date', title: 'BirthDate' },
        NewsletterSubscribed: { type: 'boolean', title: 'NewsletterSubscribed' },
        LoyaltyPoints: { type: 'integer', format: 'int64', title: 'LoyaltyPoints' },
        TotalSpend: { type: 'number', format: 'double', title: 'TotalSpend' },
      },
    },
  });
});

describe('an entity that there is not is unknown under the name', () => {
  test.each([
    'NoSuch',
    'customer',
    '%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E',
    '%27%20or%201%20eq%201',
    '%22%3B--',
    '..%2f',
    '..%2Fdata%2FCustomer',
    '%252e%252e',
    '%E5%AE%A2%E6%88%B7',
    '%F0%9F%92%A9',
    '%01',
    '%25zz',
    '%ED%A0%80',
    '__proto__',
    'constructor',
    'x'.repeat(2000),
  ])('%s', async (name) => {
    for (const address of [
      `${entities}/${name}`,
      `${entities}/${name}/items`,
      `${entities}/${name}/items/1`,
      `${entities}/${name}/partitions`,
      `${entities}/${name}/partitions/0`,
    ]) {
      await expectProblem(() => backend.call('GET', address), 404, 'entity-unknown');
    }
    for (const [method, address] of [
      ['POST', `${entities}/${name}/items`],
      ['PATCH', `${entities}/${name}/items/1`],
    ] as const) {
      await expectProblem(() => backend.call(method, address, { body: { A: 1 } }), 404, 'entity-unknown');
    }
  });
});

describe('every route refuses', () => {
  const routes: [string, string][] = [
    ['GET', 'entities'],
    ['GET', 'entities/Customer'],
    ['GET', 'entities/Customer/items'],
    ['GET', 'entities/Customer/items/1'],
    ['POST', 'entities/Customer/items'],
    ['PATCH', 'entities/Customer/items/1'],
    ['GET', 'entities/Customer/partitions'],
    ['GET', 'entities/Customer/partitions/part-0'],
    ['GET', 'status-report?reportType=segments'],
  ];
  test.each(routes)('%s %s of an instance that there is not', async (method, route) => {
    const body = method === 'GET' ? undefined : {};
    const call = () => backend.call(method, `instances/${nobody}/${route}`, { body });
    await expectProblem(call, 404, 'instance-unknown');
  });

  test.each(routes)('%s %s of an instance that may not be used', async (method, route) => {
    const call = () => backend.call(method, `instances/${contosoSandboxInstanceId}/${route}`);
    await expectProblem(call, 403, 'instance-not-allowed');
  });

  test.each(routes)('%s %s of an instance id that is no GUID', async (method, route) => {
    await expectProblem(() => backend.call(method, `instances/..%2F/${route}`), 404, 'instance-unknown');
  });
});

test('a key is asked for where the host asks for keys', async () => {
  const guarded = await startBackend({ enableAuth: true, hostKeys: { flows: 'k3y' } });
  for (const route of ['entities', 'entities/Customer', 'entities/Customer/items', 'entities/Customer/partitions']) {
    const address = `instances/${contosoInstanceId}/${route}`;
    expect((await guarded.call('GET', address)).status).toBe(401);
    expect((await guarded.call('GET', address, { headers: { 'x-functions-key': 'k3y' } })).status).toBe(200);
  }
});

import { beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId, storeDataSourceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { expectProblem } from './expect-problem.ts';
import { customerInsights, startBackend, type StartedBackend } from './start-backend.ts';

const entities = `instances/${contosoInstanceId}/entities`;
const activities = `${entities}/UnifiedActivity/items`;
const customers = `${entities}/Customer/items`;

let backend: StartedBackend;
let customerId: string;
beforeAll(async () => {
  backend = await startBackend();
  const { body } = await backend.call('GET', `${customers}?$top=1&$select=CustomerId`);
  customerId = String((body as { value: { CustomerId: string }[] }).value[0]?.CustomerId);
});

const inDays = (days: number): string => new Date(Date.now() + days * 24 * 3_600_000).toISOString();

describe('creating', () => {
  test('an activity is 201 with the item, which is then there', async () => {
    const item = { ActivityId: 'made-1', CustomerId: customerId, Title: 'Größe "L" <b>' };
    expect(await backend.call('POST', activities, { body: item })).toMatchObject({ status: 201, body: item });
    expect(await backend.call('GET', `${activities}/made-1`)).toMatchObject({ status: 200, body: item });
  });

  test('a row of a source table is 202, without a Location that Power Automate would ask at', async () => {
    const item = { PurchaseId: 'P-new', Amount: 12.5 };
    const address = `${entities}/${storeDataSourceId}_Purchases/items`;
    const { status, body, headers } = await backend.call('POST', address, { body: item });
    expect({ status, body }).toEqual({ status: 202, body: item });
    expect(headers).not.toHaveProperty('location');
  });

  test('passes validUntil and caller on', async () => {
    const late = `${activities}?validUntil=${inDays(31)}`;
    await expectProblem(() => backend.call('POST', late, { body: { ActivityId: 'late' } }), 400, 'call-refused');
    const soon = `${activities}?validUntil=${encodeURIComponent(inDays(1))}&caller=flow%20%26%201`;
    expect(await backend.call('POST', soon, { body: { ActivityId: 'soon' } })).toMatchObject({ status: 201 });
  });

  test('what there is already is 409', async () => {
    await backend.call('POST', activities, { body: { ActivityId: 'twice' } });
    await expectProblem(() => backend.call('POST', activities, { body: { ActivityId: 'twice' } }), 409, 'item-exists');
  });

  test('in an entity that takes none is refused in the words of Customer Insights', async () => {
    const { body } = await expectProblem(
      () => backend.call('POST', customers, { body: { CustomerId: 'x' } }),
      400,
      'call-refused',
    );
    expect(body).toMatchObject({
      detail: expect.stringContaining("Customer Insights refused the call: Rows of 'Customer' cannot be created."),
    });
  });
});

describe('updating', () => {
  test('a profile is 204 without a body, and then it is changed', async () => {
    const address = `${customers}/${customerId}`;
    const changed = await backend.call('PATCH', `${address}?validUntil=${inDays(2)}`, { body: { City: 'Aix' } });
    expect(changed).toMatchObject({ status: 204, body: undefined });
    expect(await backend.call('GET', address)).toMatchObject({ body: { City: 'Aix' } });
  });

  test('a profile that there is not is unknown', async () => {
    const call = () => backend.call('PATCH', `${customers}/nobody`, { body: { City: 'Aix' } });
    await expectProblem(call, 404, 'item-unknown');
  });

  test('with a property that there is not is refused', async () => {
    const call = () => backend.call('PATCH', `${customers}/${customerId}`, { body: { '<img onerror>': 1 } });
    await expectProblem(call, 400, 'call-refused');
  });
});

describe('a body that is no item is refused:', () => {
  test.each(['', 'null', '[]', '[{"A":1}]', '"x"', '7', '{"A":', Buffer.from('{"A":"é"}', 'latin1')])(
    '%s',
    async (body) => {
      await expectProblem(() => backend.call('POST', activities, { body }), 400, 'body-invalid');
      await expectProblem(() => backend.call('PATCH', `${customers}/${customerId}`, { body }), 400, 'body-invalid');
    },
  );

  test('one that is too large', async () => {
    const call = () => backend.call('POST', activities, { body: { Title: 'x'.repeat(64 * 1024) } });
    await expectProblem(call, 413, 'body-too-large');
  });
});

describe('when Customer Insights fails', () => {
  const made = (id: string) => backend.call('POST', activities, { body: { ActivityId: id } });

  test.each([
    [{ kind: 'status', status: 429, retryAfter: 17 } as const, 429, 'customer-insights-throttled', '17'],
    [{ kind: 'status', status: 503, retryAfter: 30 } as const, 503, 'customer-insights-unconfirmed', '30'],
    [{ kind: 'status', status: 500 } as const, 503, 'customer-insights-unconfirmed', '10'],
    [{ kind: 'status', status: 403 } as const, 503, 'customer-insights-refused-us', '10'],
    [{ kind: 'reset' } as const, 503, 'customer-insights-unconfirmed', '10'],
  ] as const)('with %j', async (fault, status, code, retryAfter) => {
    const { control } = await customerInsights();
    control.addFault({ fault, times: 1, method: 'POST' });
    const { headers } = await expectProblem(() => made('faulty'), status, code);
    expect(headers['retry-after']).toBe(retryAfter);
    expect(control.faults()).toEqual([]);
    expect(await backend.call('GET', `${activities}/faulty`)).toMatchObject({ status: 404 });
  });

  test('with a short 429, the call is repeated, for it was not carried out', async () => {
    const { control } = await customerInsights();
    control.addFault({ fault: { kind: 'status', status: 429, retryAfter: 1 }, method: 'POST' });
    expect(await made('patient')).toMatchObject({ status: 201 });
  });
});

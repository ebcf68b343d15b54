import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId, crmDataSourceId } from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import { openSandbox } from './open-sandbox.ts';
import type { OpenSandbox } from './open-sandbox.ts';

const instanceId = contosoInstanceId;
type Rows = Record<string, unknown>[];
interface Payload {
  readonly value: Rows;
  readonly '@odata.nextLink'?: string;
}

let sandbox: OpenSandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterAll(() => sandbox.stop());

async function query(entity: string, options: Record<string, string> = {}) {
  const { status, body } = await sandbox.get(`/data/${entity}?${new URLSearchParams(options).toString()}`);
  return { status, rows: (body as Payload).value, body: body as Payload & { message?: string; target?: string } };
}

const idsOf = (rows: Rows): unknown[] => rows.map(({ CustomerId }) => CustomerId);
const customer = async (index: number): Promise<string> =>
  String((await query('Customer', { $top: '1', $skip: String(index) })).rows[0]?.['CustomerId']);

describe('paging', () => {
  test('a page has 100 rows unless $top says otherwise', async () => {
    expect((await query('Customer')).rows).toHaveLength(100);
    expect((await query('Customer', { $top: '7' })).rows).toHaveLength(7);
    expect((await query('Customer', { $top: '150' })).rows).toHaveLength(150);
    expect((await query('Customer', { $top: '0' })).rows).toEqual([]);
  });

  test('skipping from page to page finds each customer once, and no next link is given', async () => {
    const found: unknown[] = [];
    for (let skip = 0; ; skip += 100) {
      const { rows, body } = await query('Customer', { $skip: String(skip) });
      expect(body).not.toHaveProperty(['@odata.nextLink']);
      found.push(...idsOf(rows));
      if (rows.length < 100) break;
    }
    expect(found).toHaveLength(260);
    expect(new Set(found).size).toBe(260);
  });

  test('with next links switched on, following them finds each customer once', async () => {
    sandbox.control.changeBehaviour({ nextLinks: true });
    try {
      const found: unknown[] = [];
      let pages = 0;
      let next: string | undefined = `${sandbox.url}/instances/${instanceId}/data/Customer?$orderby=FullName`;
      while (next !== undefined) {
        const payload = (await (await fetch(next)).json()) as Payload;
        found.push(...idsOf(payload.value));
        pages += 1;
        next = payload['@odata.nextLink'];
      }
      expect(pages).toBe(3);
      expect(new Set(found).size).toBe(260);
      expect(found).toHaveLength(260);
    } finally {
      sandbox.control.changeBehaviour({ nextLinks: false });
    }
  });

  test('$skip and $top hold across the pages of next links', async () => {
    sandbox.control.changeBehaviour({ nextLinks: true });
    try {
      const first = await query('Customer', { $skip: '10', $top: '120' });
      expect(first.rows).toHaveLength(100);
      const second = (await (await fetch(first.body['@odata.nextLink'] ?? '')).json()) as Payload;
      expect(second.value).toHaveLength(20);
      expect(second).not.toHaveProperty(['@odata.nextLink']);
      expect(idsOf(second.value)[0]).toBe(await customer(110));
    } finally {
      sandbox.control.changeBehaviour({ nextLinks: false });
    }
  });
});

describe('filters', () => {
  test('one customer is found by id, also with the property in lower case as the examples write it', async () => {
    const id = await customer(3);
    expect(idsOf((await query('Customer', { $filter: `CustomerId eq '${id}'` })).rows)).toEqual([id]);
    expect(idsOf((await query('Customer', { $filter: `customerid eq '${id}'` })).rows)).toEqual([id]);
  });

  test('customers are found by alternate key and by a list of ids', async () => {
    const [second, third] = [await customer(1), await customer(2)];
    const byKey = await query('Customer', { $filter: "ContosoCRM_Contacts_ContactId eq 'CNTID_1002'" });
    expect(idsOf(byKey.rows)).toEqual([third]);
    const byList = await query('Customer', { $filter: `CustomerId in ('${third}', '${second}')` });
    expect(idsOf(byList.rows)).toEqual([second, third]);
  });

  test('a segment has as many members as its last evaluation counted', async () => {
    const { rows } = await query('Customer', { $filter: "IsMemberOfSegment('HighValueCustomers')", $top: '1000' });
    expect(rows).toHaveLength(42);
    expect(idsOf((await query('HighValueCustomers', { $top: '1000' })).rows).sort()).toEqual(idsOf(rows).sort());
  });

  test('activities of a customer are found within a span of time', async () => {
    const id = await customer(0);
    const all = await query('UnifiedActivity', { $filter: `CustomerId eq '${id}'` });
    expect(all.rows).toHaveLength(2);
    const latest = all.rows.map(({ ActivityTime }) => String(ActivityTime)).sort()[1] ?? '';
    const span = `CustomerId eq '${id}' and ActivityTime ge ${latest} and ActivityTime lt 2030-01-01T00:00:00Z`;
    expect((await query('UnifiedActivity', { $filter: span })).rows).toHaveLength(1);
  });

  test.each([
    ['Customer', "FirstName eq 'Amara'", 'not in the search and filter index'],
    ['Customer', "Nothing eq 'x'", 'no property'],
    ['Customer', "contains(FullName, 'a')", "Expected an operator after 'contains'"],
    ['Customer', "IsMemberOfSegment('Nobody')", "no segment 'Nobody'"],
    ['ContosoCRM_Contacts', "ContactId eq 'CNTID_1000'", 'ingested'],
    ['Customer_Measure', 'CustomerLifetimeValue gt 1', 'not in the search and filter index'],
  ])('on %s, %s is refused', async (entity, $filter, message) => {
    const { status, body } = await query(entity, { $filter });
    expect({ status, target: body.target }).toEqual({ status: 400, target: '$filter' });
    expect(body.message).toContain(message);
  });
});

describe('$select, $orderby, $search, $expand', () => {
  test('only the selected properties are answered', async () => {
    const { rows } = await query('Customer', { $select: 'CustomerId, FullName', $top: '1' });
    expect(Object.keys(rows[0] ?? {})).toEqual(['CustomerId', 'FullName']);
    expect(Object.keys((await query('Customer', { $select: '*', $top: '1' })).rows[0] ?? {})).toHaveLength(12);
  });

  test('rows come in the order asked for, missing values first', async () => {
    const ascending = (await query('Customer', { $orderby: 'Email', $top: '260' })).rows.map(({ Email }) => Email);
    expect(ascending.slice(0, 26)).toEqual(Array(26).fill(null));
    const emails = ascending.slice(26) as string[];
    expect(emails).toEqual([...emails].sort());
    const points = (await query('Customer', { $orderby: 'Country asc,LoyaltyPoints desc', $top: '260' })).rows;
    const pairs = points.map(({ Country, LoyaltyPoints }) => [String(Country), Number(LoyaltyPoints)] as const);
    expect(pairs).toEqual([...pairs].sort((a, b) => (a[0] === b[0] ? b[1] - a[1] : a[0] < b[0] ? -1 : 1)));
  });

  test('a quoted term is searched in the indexed properties of customers', async () => {
    const { rows } = await query('Customer', { $search: '"o\'neill"', $top: '260' });
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.every(({ LastName }) => LastName === "O'Neill")).toBe(true);
    expect((await query('Customer', { $search: '"nobody at all"' })).rows).toEqual([]);
  });

  test('a customer is expanded by its activities and measures', async () => {
    const id = await customer(5);
    const { rows } = await query('Customer', {
      $expand: 'UnifiedActivity,Customer_Measure',
      $filter: `CustomerId eq '${id}'`,
    });
    expect(rows).toMatchObject([
      {
        CustomerId: id,
        UnifiedActivity: [{ CustomerId: id }, { CustomerId: id }],
        Customer_Measure: [{ CustomerId: id, CustomerLifetimeValue: expect.any(Number) as unknown }],
      },
    ]);
  });

  test.each([
    ['Customer', { $select: 'Nothing' }, '$select'],
    ['Customer', { $orderby: 'CustomerId sideways' }, '$orderby'],
    ['Customer', { $orderby: 'Nothing' }, '$orderby'],
    ['UnifiedActivity', { $search: '"x"' }, '$search'],
    ['Customer', { $expand: 'UnifiedActivity', $search: '"x"' }, '$expand'],
    ['Customer', { $expand: 'UnifiedActivity', $select: 'CustomerId' }, '$expand'],
    ['Customer', { $expand: 'Segments' }, '$expand'],
    ['UnifiedActivity', { $expand: 'Customer_Measure' }, '$expand'],
    ['Customer', { $top: '-1' }, '$top'],
    ['Customer', { $skip: 'x' }, '$skip'],
    ['Customer', { $skiptoken: 'x' }, '$skiptoken'],
  ] as [string, Record<string, string>, string][])('%s with %j is refused', async (entity, options, target) => {
    const { status, body } = await query(entity, options);
    expect({ status, target: body.target }).toEqual({ status: 400, target });
  });
});

describe('entities', () => {
  test('ingested tables are found by source and table, or by their qualified name', async () => {
    expect((await query('ContosoCRM_Contacts', { $top: '1' })).rows).toHaveLength(1);
    expect((await query(`${crmDataSourceId}_Contacts`, { $top: '1' })).rows).toHaveLength(1);
    expect((await query('Contacts')).status).toBe(404);
  });

  test('the rows of an entity have exactly the properties its metadata names', async () => {
    const { entities } = (await sandbox.get('/manage/entities')).body as {
      entities: { name: string; qualifiedEntityName: string; attributes: { name: string }[] }[];
    };
    const names = entities.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['Customer', 'UnifiedActivity', 'Segments', 'ChurnRisk', 'TotalRevenue']),
    );
    for (const { qualifiedEntityName, attributes } of entities) {
      const { rows } = await query(qualifiedEntityName, { $top: '1' });
      expect(Object.keys(rows[0] ?? {})).toEqual(attributes.map(({ name }) => name));
    }
  });

  test('a measure without dimension is an entity of one row, one with a dimension has a row for each value', async () => {
    expect((await query('TotalRevenue')).rows).toEqual([{ TotalRevenue: 1250340.75 }]);
    expect((await query('RevenueByCountry')).rows.map(({ Country }) => Country)).toHaveLength(7);
    expect((await query('CustomerLifetimeValue', { $top: '1000' })).rows).toHaveLength(260);
  });

  test('the size of an entity counts its rows', async () => {
    const size = async (entity: string) => (await sandbox.get(`/manage/entities/${entity}/entitysize`)).body;
    expect(await size('Customer')).toMatchObject({ qualifiedEntityName: 'Customer', rowCount: 260 });
    expect(await size('ChurnRisk')).toMatchObject({ rowCount: 118 });
  });
});

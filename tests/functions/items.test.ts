import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { contosoInstanceId, crmDataSourceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { expectProblem } from './expect-problem.ts';
import { customerInsights, PUBLIC_BASE_URL, startBackend, type StartedBackend } from './start-backend.ts';

const entities = `instances/${contosoInstanceId}/entities`;
const customers = `${entities}/Customer/items`;

type Item = Readonly<Record<string, unknown>>;
interface Page {
  readonly value: Item[];
  readonly '@odata.nextLink'?: string;
}

let backend: StartedBackend;
/** All 260, as Customer Insights has them. */
let all: Item[];
beforeAll(async () => {
  backend = await startBackend();
  const { url } = await customerInsights();
  const answer = await fetch(`${url}/instances/${contosoInstanceId}/data/Customer?$top=1000`);
  all = ((await answer.json()) as { value: Item[] }).value;
  expect(all).toHaveLength(260);
});

const pageOf = async (path: string): Promise<Page> => {
  const { status, body } = await backend.call('GET', path);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body as Page;
};

/** Every page from the first one on, as somebody gets them who follows the links. */
async function pagesFrom(first: string): Promise<Item[][]> {
  const pages: Item[][] = [];
  let next: string | undefined = first;
  while (next !== undefined) {
    const page: Page = await pageOf(next);
    pages.push(page.value);
    const link = page['@odata.nextLink'];
    if (link !== undefined) expect(link).toMatch(`${PUBLIC_BASE_URL}/api/instances/${contosoInstanceId}/entities/`);
    next = link?.slice(`${PUBLIC_BASE_URL}/api/`.length);
  }
  return pages;
}

const query = (options: Record<string, string>): string =>
  Object.entries(options)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');

describe.each([
  ['all at once', false],
  ['in pages with next links', true],
])('when Customer Insights answers %s', (_, nextLinks) => {
  beforeEach(async () => {
    (await customerInsights()).control.changeBehaviour({ nextLinks });
  });

  test('items come in pages of 100, and nextLink leads to each of them once', async () => {
    const pages = await pagesFrom(customers);
    expect(pages.map(({ length }) => length)).toEqual([100, 100, 60]);
    expect(pages.flat()).toEqual(all);
  });

  test('250 items page by page with $skip are each there once', async () => {
    const seen: Item[] = [];
    for (let skip = 0; skip < 250; skip += 50) {
      seen.push(...(await pageOf(`${customers}?$top=50&$skip=${skip}`)).value);
    }
    expect(seen).toEqual(all.slice(0, 250));
  });

  test('$top is how many there are in all: there is no link behind them', async () => {
    for (const top of [0, 1, 99, 100, 101, 250, 260]) {
      const page = await pageOf(`${customers}?$top=${top}`);
      expect(page).toEqual({ value: all.slice(0, top) });
    }
  });

  test('$top beyond what there is gives what there is', async () => {
    expect((await pagesFrom(`${customers}?$top=5000`)).flat()).toEqual(all);
  });

  test('$skip begins there, and beyond the end there is nothing', async () => {
    expect((await pagesFrom(`${customers}?$skip=130`)).flat()).toEqual(all.slice(130));
    for (const skip of [260, 261, 999_999_999]) {
      expect(await pageOf(`${customers}?$skip=${skip}`)).toEqual({ value: [] });
      expect(await pageOf(`${customers}?$top=10&$skip=${skip}`)).toEqual({ value: [] });
    }
  });

  test('a link keeps every option: quotes, plus, percent and what is not ASCII', async () => {
    const first = query({
      $filter: "FullName in ('Greta O''Neill','100% + 1','Ünïcode 客户') or LoyaltyPoints ge 0",
      $select: 'CustomerId,LastName',
      $orderby: 'LastName desc,CustomerId',
    });
    const pages = await pagesFrom(`${customers}?${first}`);
    expect(pages.flat()).toHaveLength(260);
    expect(new Set(pages.flat().map(({ CustomerId }) => CustomerId)).size).toBe(260);
    const names = pages.flat().map(({ LastName }) => String(LastName));
    expect(names).toEqual([...names].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)));
    expect(Object.keys(pages[2]?.[0] ?? {})).toEqual(['CustomerId', 'LastName']);
  });
});

test('a link is written so that it is read alike whatever is made of plus and percent', async () => {
  const filter = "FullName eq 'a+b%41 ü&$top=1#?' or LoyaltyPoints ge 0";
  const page = await pageOf(`${customers}?${query({ $filter: filter })}`);
  const link = new URL(page['@odata.nextLink'] ?? '');
  expect(link.search).not.toContain('+');
  expect(Object.fromEntries(link.searchParams)).toEqual({ $filter: filter, $skip: '100' });
});

test('a link never holds the key of the caller', async () => {
  const page = await pageOf(`${customers}?code=s3cret`);
  expect(page['@odata.nextLink']).toBe(`${PUBLIC_BASE_URL}/api/${customers}?$skip=100`);
});

test('$search and $expand are passed on', async () => {
  const found = await pageOf(`${customers}?${query({ $search: '"bakker"' })}`);
  expect(found.value.length).toBeGreaterThan(0);
  for (const { LastName, Email } of found.value) expect(`${String(LastName)} ${String(Email)}`).toMatch(/bakker/i);
  const [expanded] = (await pageOf(`${customers}?${query({ $expand: 'UnifiedActivity', $top: '1' })}`)).value;
  expect(expanded?.['UnifiedActivity']).toHaveLength(2);
});

describe('an entity whose name needs encoding', () => {
  const name = "Käufer/50% + 'more'";
  beforeAll(async () => {
    (await customerInsights()).control.addSegment({ instanceId: contosoInstanceId, name, memberCount: 230 });
  });

  test.each([
    ['once', encodeURIComponent(name)],
    ['twice, as the connector does', encodeURIComponent(encodeURIComponent(name))],
  ])('is found when it is encoded %s, and by its links', async (_, encoded) => {
    const pages = await pagesFrom(`${entities}/${encoded}/items`);
    expect(pages.map(({ length }) => length)).toEqual([100, 100, 30]);
  });
});

describe('a call that Customer Insights rejects is explained in its words:', () => {
  test.each([
    ["$filter=Nope eq 'x'", "'Customer' has no property 'Nope'."],
    ['$filter=((((', undefined],
    ["$filter=FirstName eq 'x'", "The property 'FirstName' is not in the search and filter index."],
    ['$orderby=Nope', undefined],
    ['$select=Nope', undefined],
    ['$expand=Nope', "'Nope' cannot be expanded."],
    ['$expand=UnifiedActivity&$select=CustomerId', '$expand is not supported with a partial $select.'],
  ])('%s', async (options, said) => {
    const call = () => backend.call('GET', `${customers}?${options.replaceAll(' ', '%20')}`);
    const { body } = await expectProblem(call, 400, 'call-refused');
    const { detail } = body as { detail: string };
    if (said !== undefined) expect(detail.startsWith(`Customer Insights refused the call: ${said} `)).toBe(true);
  });

  test('$filter on an ingested entity', async () => {
    const call = () =>
      backend.call('GET', `${entities}/${crmDataSourceId}_Contacts/items?$filter=Email%20eq%20%27x%27`);
    await expectProblem(call, 400, 'call-refused');
  });
});

describe('an option that is none is refused here:', () => {
  test.each([
    '$top=-1',
    '$top=1.5',
    '$top=ten',
    '$top=1e3',
    '$top=9999999999',
    '$top=1&$top=2',
    '$skip=-1',
    '$skip=NaN',
    '$count=true',
    '$apply=x',
    '$TOP=1',
    '$skiptoken=5',
  ])('?%s', async (options) => {
    await expectProblem(() => backend.call('GET', `${customers}?${options}`), 400, 'query-invalid');
  });
});

describe('one item', () => {
  const activities = `${entities}/UnifiedActivity/items`;

  test('is found by the key of its entity', async () => {
    expect(await pageOf(`${customers}/${String(all[7]?.['CustomerId'])}`)).toEqual(all[7]);
    const [activity] = (await pageOf(`${activities}?$top=1`)).value;
    expect(await pageOf(`${activities}/${String(activity?.['ActivityId'])}`)).toEqual(activity);
    const [member] = (await pageOf(`${entities}/Segments/items?$top=1`)).value;
    expect(await pageOf(`${entities}/Segments/items/${String(member?.['CustomerId'])}`)).toEqual(member);
  });

  test('is found by a key that holds quotes, slashes and more', async () => {
    const { url } = await customerInsights();
    const ids = ["O'Neill", "''", "' or 1 eq 1 or '", 'a/b', '..', '50%', 'a+b c', '<img onerror>', '客户', '%41'];
    for (const ActivityId of ids) {
      const made = await fetch(`${url}/instances/${contosoInstanceId}/data/UnifiedActivity`, {
        method: 'POST',
        body: JSON.stringify({ ActivityId }),
      });
      expect(made.status).toBe(201);
      const twice = encodeURIComponent(encodeURIComponent(ActivityId)).replaceAll('.', '%252E');
      expect(await pageOf(`${activities}/${twice}`)).toMatchObject({ ActivityId });
    }
  });

  test.each(['nobody', '%27%20or%20CustomerId%20ne%20%27', '%27', '..%2f', '%3Cimg%20onerror%3E', '%01', '客'])(
    'that there is not is unknown: %s',
    async (id) => {
      await expectProblem(() => backend.call('GET', `${customers}/${encodeURI(decodeURI(id))}`), 404, 'item-unknown');
    },
  );

  test('of an ingested entity cannot be asked for, and Customer Insights says why', async () => {
    const call = () => backend.call('GET', `${entities}/${crmDataSourceId}_Contacts/items/CNTID_1000`);
    await expectProblem(call, 400, 'call-refused');
  });
});

describe('when Customer Insights fails', () => {
  test.each([
    [{ kind: 'status', status: 429, retryAfter: 17 } as const, 1, 429, 'customer-insights-throttled', '17'],
    [{ kind: 'status', status: 503, retryAfter: 30 } as const, 1, 503, 'customer-insights-unavailable', '30'],
    [{ kind: 'status', status: 401 } as const, 1, 503, 'customer-insights-refused-us', '10'],
    [{ kind: 'html' } as const, 1, 503, 'customer-insights-unavailable', '10'],
    [{ kind: 'empty' } as const, 1, 503, 'customer-insights-unavailable', '10'],
  ] as const)('with %j', async (fault, times, status, code, retryAfter) => {
    (await customerInsights()).control.addFault({ fault, times, pathIncludes: '/data/' });
    const { headers } = await expectProblem(() => backend.call('GET', customers), status, code);
    expect(headers['retry-after']).toBe(retryAfter);
  });

  test('in the middle of a long list, what was read is answered, with a link to the rest', async () => {
    const { control } = await customerInsights();
    control.changeBehaviour({ nextLinks: true });
    control.addFault({ fault: { kind: 'status', status: 429, retryAfter: 60 }, times: 1, pathIncludes: '$skip=100' });
    const pages = await pagesFrom(`${customers}?$top=250`);
    expect(pages.map(({ length }) => length)).toEqual([100, 150]);
    expect(pages.flat()).toEqual(all.slice(0, 250));
    control.changeBehaviour({ nextLinks: false });
  });
});

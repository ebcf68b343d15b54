import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { expectProblem } from './expect-problem.ts';
import { customerInsights, PUBLIC_BASE_URL, startBackend, type StartedBackend } from './start-backend.ts';

const entities = `instances/${contosoInstanceId}/entities`;

interface Rows {
  readonly value: Readonly<Record<string, unknown>>[];
  readonly nextLink?: string;
}

const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
});

const idsOf = async (backend: StartedBackend, entity: string): Promise<string[]> => {
  const { body } = await backend.call('GET', `${entities}/${entity}/partitions`);
  return (body as { value: { id: string }[] }).value.map(({ id }) => id);
};

const rowsOf = async (backend: StartedBackend, path: string): Promise<Rows> => {
  const { status, body } = await backend.call('GET', path);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body as Rows;
};

describe('the partitions of Customer Insights', () => {
  let backend: StartedBackend;
  beforeAll(async () => {
    backend = await startBackend({ verbose: true });
  });

  test('hold each item once, with the columns and types that the items have', async () => {
    const ids = await idsOf(backend, 'Customer');
    expect(ids).toEqual(['part-0', 'part-1', 'part-2']);
    const rows = await Promise.all(ids.map((id) => rowsOf(backend, `${entities}/Customer/partitions/${id}`)));
    const { body } = await backend.call('GET', `${entities}/Customer/items?$top=260`);
    expect(rows.flatMap(({ value }) => value)).toEqual((body as Rows).value);
    expect(rows.every(({ nextLink }) => nextLink === undefined)).toBe(true);
  });

  test('with a header give the same rows as without', async () => {
    const { value } = await rowsOf(backend, `${entities}/HighValueCustomers/partitions/part-0`);
    const { body } = await backend.call('GET', `${entities}/HighValueCustomers/items`);
    expect(value).toEqual((body as Rows).value);
    expect(value).toHaveLength(42);
  });

  test('come in pages of top rows, in which each stands once', async () => {
    let next: string | undefined = `${entities}/Customer/partitions/part-1?top=30`;
    const pages: Rows['value'][] = [];
    while (next !== undefined) {
      const page: Rows = await rowsOf(backend, next);
      pages.push(page.value);
      next = page.nextLink?.slice(`${PUBLIC_BASE_URL}/api/`.length);
    }
    expect(pages.map(({ length }) => length)).toEqual([30, 30, 30, 10]);
    const whole = await rowsOf(backend, `${entities}/Customer/partitions/part-1`);
    expect(pages.flat()).toEqual(whole.value);
    expect(await rowsOf(backend, `${entities}/Customer/partitions/part-1?skip=100`)).toEqual({ value: [] });
  });

  test.each(['part-3', '0', '-1', 'part-0.csv', '..%2Fpart-0', '%3Cimg%20onerror%3E', '%27', '__proto__'])(
    'that there are not are unknown: %s',
    async (id) => {
      const call = () => backend.call('GET', `${entities}/Customer/partitions/${id}`);
      await expectProblem(call, 404, 'partition-unknown');
    },
  );

  test.each(['top=0', 'top=5001', 'top=x', 'top=-1', 'skip=-1', 'skip=x', 'skip=1&skip=2', 'skip=1e3'])(
    'refuse ?%s',
    async (query) => {
      const call = () => backend.call('GET', `${entities}/Customer/partitions/part-0?${query}`);
      await expectProblem(call, 400, 'query-invalid');
    },
  );

  test.each([
    [{ kind: 'status', status: 403 } as const, 503, 'customer-insights-unavailable'],
    [{ kind: 'status', status: 429, retryAfter: 9 } as const, 429, 'customer-insights-throttled'],
    [{ kind: 'status', status: 404 } as const, 404, 'partition-unknown'],
    [{ kind: 'reset' } as const, 503, 'customer-insights-unavailable'],
  ] as const)('that cannot be fetched say so: %j', async (fault, status, code) => {
    (await customerInsights()).control.addFault({ fault, pathIncludes: '/partitions/' });
    await expectProblem(() => backend.call('GET', `${entities}/Customer/partitions/part-0`), status, code);
  });

  test('never show the address or the signature that they are fetched with', async () => {
    const { url } = await customerInsights();
    const { origin } = new URL(url);
    const said = [...backend.answers, ...backend.lines].join('\n');
    expect(backend.lines.join('\n')).toContain('insights.downloaded');
    expect(said).not.toContain('sig=');
    expect(backend.answers.join('\n')).not.toContain(origin);
    expect(said).not.toContain('x-ms-version');
  });
});

/**
 * A Customer Insights whose entities have the columns A and B: texts, or in `Numbers` numbers.
 * Their partitions lie where the test says.
 */
async function standIn(
  uris: (origin: string) => readonly string[],
  serve: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.writeHead(404).end(),
): Promise<{ origin: string; backend: StartedBackend; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const { url = '' } = request;
    const json = (body: unknown): unknown => response.end(JSON.stringify(body));
    if (url.includes('/manage/entities/')) {
      const dataType = url.endsWith('/Numbers') ? 'Edm.Int64' : 'Edm.String';
      json({ name: 'Things', attributes: ['A', 'B'].map((name) => ({ name, dataType })) });
    } else if (url.includes('/data/')) {
      const headers = { 'x-ms-version': '2019-12-12', host: 'evil.example' };
      json({ httpRequests: uris(origin).map((uri) => ({ uri, headers })) });
    } else serve(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stops.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const backend = await startBackend({ settings: { CUSTOMER_INSIGHTS_API_URL: `${origin}/v1` } });
  return { origin, backend, requests };
}

const partitions = `${entities}/Things/partitions`;

test('partitions without names are named by their position, and their CSV may hold whatever CSV can', async () => {
  const csv = '"one\r\nline, ""two""",<img onerror>\r\n"",\r\n,"客户"\r\nonly\r\na,b,c\r\n';
  const { backend, requests, origin } = await standIn(
    (here) => [`${here}/a.csv?sig=s`, `${here}/b.csv?sig=s`],
    (_, response) => response.end(csv),
  );
  expect(await idsOf(backend, 'Things')).toEqual(['0', '1']);
  expect((await rowsOf(backend, `${partitions}/1`)).value).toEqual([
    { A: 'one\r\nline, "two"', B: '<img onerror>' },
    { A: '', B: null },
    { A: null, B: '客户' },
    { A: 'only', B: null },
    { A: 'a', B: 'b', column3: 'c' },
  ]);
  const download = requests.at(-1);
  expect(download).toMatchObject({ url: '/b.csv?sig=s', headers: { host: new URL(origin).host } });
  expect(download?.headers).toHaveProperty('x-ms-version', '2019-12-12');
  expect(download?.headers).not.toHaveProperty('authorization');
});

test('a number is answered with all its digits', async () => {
  const { backend } = await standIn(
    (here) => [`${here}/a.csv`],
    (_, response) => response.end('9007199254740993,-1\n'),
  );
  await rowsOf(backend, `${entities}/Numbers/partitions/0`);
  expect(backend.answers).toContain('{"value":[{"A":9007199254740993,"B":-1}]}\n');
});

test('a partition that lies elsewhere is not fetched', async () => {
  const elsewhere = await standIn(() => []);
  const { port } = new URL(elsewhere.origin);
  const uris = [`${elsewhere.origin}/a.csv`, `http://localhost:${port}/a.csv`, 'file:///etc/passwd', 'nonsense'];
  const { backend } = await standIn(() => uris);
  for (const id of await idsOf(backend, 'Things')) {
    await expectProblem(() => backend.call('GET', `${partitions}/${id}`), 422, 'partition-unreadable');
  }
  expect(elsewhere.requests).toEqual([]);
});

test('a partition that sends on to elsewhere is not followed', async () => {
  const { backend, requests } = await standIn(
    (here) => [`${here}/a.csv`],
    (_, response) => response.writeHead(302, { location: '/b.csv' }).end(),
  );
  await expectProblem(() => backend.call('GET', `${partitions}/0`), 503, 'customer-insights-unavailable');
  expect(requests.filter(({ url }) => url === '/b.csv')).toEqual([]);
});

test.each<[string, (response: ServerResponse) => unknown]>([
  ['no CSV', (response) => response.end('"never closed, '.padEnd(3_000_000, 'x'))],
  ['compressed', (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('a,b')],
])('data that is %s is said to be unreadable', async (_, serve) => {
  const { backend } = await standIn(
    (here) => [`${here}/a.csv`],
    (_request, response) => void serve(response),
  );
  await expectProblem(() => backend.call('GET', `${partitions}/0`), 422, 'partition-unreadable');
});

test('of a partition that never ends, no more is read than a page takes', async () => {
  let sent = 0;
  const { promise: hungUp, resolve } = Promise.withResolvers<undefined>();
  const piece = Buffer.from('some value,another value\n'.repeat(10_000));
  const { backend } = await standIn(
    (here) => [`${here}/a.csv`],
    (_, response) => {
      response.on('close', () => resolve(undefined));
      const pour = (): void => {
        do sent += piece.length;
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', pour);
      pour();
    },
  );
  const page = await rowsOf(backend, `${partitions}/0?top=10&skip=5`);
  expect(page.value).toHaveLength(10);
  expect(page.nextLink).toBe(`${PUBLIC_BASE_URL}/api/${partitions}/0?top=10&skip=15`);
  await hungUp;
  // What the kernel holds of a connection is some megabytes.
  expect(sent).toBeLessThan(16 * 1024 * 1024);
});

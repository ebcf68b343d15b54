import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import { openSandbox } from './open-sandbox.ts';
import type { OpenSandbox } from './open-sandbox.ts';

interface Download {
  readonly uri: string;
  readonly headers: Record<string, string>;
}

let sandbox: OpenSandbox;
beforeAll(async () => {
  sandbox = await openSandbox({ requiredKey: 'k1' });
});
afterAll(() => sandbox.stop());

const authorized = { headers: { authorization: 'Bearer t', 'ocp-apim-subscription-key': 'k1' } };
const below = (path: string): string => `${sandbox.url}/instances/${instanceId}${path}`;

async function downloads(entity: string): Promise<Download[]> {
  const answer = await fetch(below(`/data/${entity}?$select=*&proxy=true`), authorized);
  return ((await answer.json()) as { httpRequests: Download[] }).httpRequests;
}

async function download({ uri, headers }: Download): Promise<string[]> {
  const text = await (await fetch(uri, { headers })).text();
  return text.split('\r\n').slice(0, -1);
}

test('the partitions of an entity hold each row once, without a header and without the key of the API', async () => {
  const requests = await downloads('Customer');
  const lines = await Promise.all(requests.map(download));
  expect(lines.map(({ length }) => length)).toEqual([100, 100, 60]);
  const page = (await (await fetch(below('/data/Customer?$top=260'), authorized)).json()) as {
    value: { CustomerId: string; LastName: string; Email: string | null }[];
  };
  expect(lines.flat().map((line) => line.split(',')[0])).toEqual(page.value.map(({ CustomerId }) => CustomerId));
  const first = page.value[0];
  expect(lines[0]?.[0]?.split(',').slice(3, 5)).toEqual([first?.LastName, first?.Email]);
});

test('the partitions of a segment begin with the name of the column', async () => {
  const [request] = await downloads('HighValueCustomers');
  const lines = request === undefined ? [] : await download(request);
  expect(lines[0]).toBe('CustomerId');
  expect(lines).toHaveLength(43);
});

test('a table without rows is one empty partition', async () => {
  sandbox.control.addSegment({ instanceId, name: 'Nobody' });
  const requests = await downloads('Nobody');
  expect(requests).toHaveLength(1);
  expect(await Promise.all(requests.map(download))).toEqual([['CustomerId']]);
});

test('values with commas and quotes are quoted', async () => {
  const page = (await (await fetch(below('/data/Customer?$top=1'), authorized)).json()) as {
    value: { CustomerId: string }[];
  };
  await fetch(below(`/data/Customer/${page.value[0]?.CustomerId ?? ''}`), {
    ...authorized,
    method: 'PATCH',
    body: JSON.stringify({ City: 'Aix, "la belle"' }),
  });
  const [request] = await downloads('Customer');
  expect(request === undefined ? [] : (await download(request))[0]).toContain(',"Aix, ""la belle""",');
});

test('an address with another signature, or a download without the headers, gives nothing', async () => {
  const [request] = await downloads('Customer');
  const { uri, headers } = request ?? { uri: '', headers: {} };
  const statusOf = async (address: string, init: RequestInit): Promise<number> => (await fetch(address, init)).status;
  expect(await statusOf(uri, { headers })).toBe(200);
  expect(await statusOf(uri, {})).toBe(403);
  expect(await statusOf(uri.replace('part-0', 'part-1'), { headers })).toBe(403);
  expect(await statusOf(uri.replace(/sig=[^&]+/, 'sig=x'), { headers })).toBe(403);
});

test('the metadata of an entity names the same partitions', async () => {
  const requests = await downloads('Customer');
  const answer = await fetch(below('/manage/entities/Customer'), authorized);
  const { partitions } = (await answer.json()) as { partitions: { location: string; hasHeader: boolean }[] };
  expect(partitions.map(({ location }) => location)).toEqual(requests.map(({ uri }) => uri.split('?')[0]));
  expect(partitions.every(({ hasHeader }) => !hasHeader)).toBe(true);
});

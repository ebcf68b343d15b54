import type { RequestPolicy, StorageService } from './storage-clients.ts';

/** Counts what storage is asked, so that a test can assert what something costs. Repeated requests count each time. */
export interface RequestCounter {
  /** To be given to `openStorageClients`. */
  readonly policy: (service: StorageService) => RequestPolicy;
  /** Requests so far by service and operation, e.g. `{ 'tables.get': 2, 'queues.send': 1 }`. */
  counts(): Readonly<Record<string, number>>;
  /** All requests so far. */
  total(): number;
  /** Rows that queries brought back so far. */
  rows(): number;
  /** Begins at nothing again. */
  reset(): void;
}

export function createRequestCounter(): RequestCounter {
  const counts = new Map<string, number>();
  let rows = 0;
  return {
    policy: (service) => ({
      name: 'requestCounter',
      async sendRequest(request, next) {
        const operation = `${service}.${OPERATIONS[service](request.method, new URL(request.url))}`;
        counts.set(operation, (counts.get(operation) ?? 0) + 1);
        const response = await next(request);
        if (operation === 'tables.query') rows += rowsIn(response.bodyAsText);
        return response;
      },
    }),
    counts: () => Object.fromEntries(counts),
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    rows: () => rows,
    reset() {
      counts.clear();
      rows = 0;
    },
  };
}

/** What a request asks for, told by its method and the shape of its URL (learn.microsoft.com/rest/api/storageservices). */
const OPERATIONS: Readonly<Record<StorageService, (method: string, url: URL) => string>> = {
  tables(method, { pathname }) {
    const resource = pathname.slice(pathname.lastIndexOf('/') + 1);
    if (resource === '$batch') return 'transaction';
    if (/^Tables(\(|$)/.test(resource))
      return { GET: 'listTables', POST: 'createTable', DELETE: 'dropTable' }[method] ?? method;
    if (method === 'GET') return resource.endsWith('()') ? 'query' : 'get';
    return { POST: 'insert', PUT: 'replaceOrUpsert', DELETE: 'delete' }[method] ?? method;
  },
  queues(method, { pathname, searchParams }) {
    if (searchParams.get('peekonly') === 'true') return 'peek';
    if (pathname.endsWith('/messages')) return { POST: 'send', GET: 'receive' }[method] ?? method;
    if (pathname.includes('/messages/')) return { PUT: 'update', DELETE: 'delete' }[method] ?? method;
    return { GET: 'length', PUT: 'createQueue', DELETE: 'dropQueue' }[method] ?? method;
  },
};

/** None in the answer that there is no such table. */
function rowsIn(body: string | null | undefined): number {
  const { value } = JSON.parse(body ?? '{}') as { value?: readonly unknown[] };
  return value?.length ?? 0;
}

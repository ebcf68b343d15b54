import type { RequestPolicy, StorageService } from './storage-clients.ts';

/**
 * Counts the requests to storage, so that a test can assert the cost of an operation. Each retry
 * counts.
 */
export interface RequestCounter {
  /** The option `policyFor` of `openStorageClients`. */
  readonly policyFor: (service: StorageService) => RequestPolicy;
  /** Requests so far by service and operation, e.g. `{ 'tables.get': 2, 'queues.send': 1 }`. */
  counts(): Readonly<Record<string, number>>;
  /** All requests so far. */
  total(): number;
  /** Rows that queries have returned so far. */
  rows(): number;
  /** Sets all counts to zero. */
  reset(): void;
}

export function createRequestCounter(): RequestCounter {
  const counts = new Map<string, number>();
  let rows = 0;
  return {
    policyFor: (service) => ({
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

/**
 * Names the operation of a request by its method and the shape of its URL
 * (learn.microsoft.com/rest/api/storageservices).
 */
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

/** Returns 0 for the error response of a table that does not exist. */
function rowsIn(body: string | null | undefined): number {
  const { value } = JSON.parse(body ?? '{}') as { value?: readonly unknown[] };
  return value?.length ?? 0;
}

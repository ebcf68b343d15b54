import { request, type Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { parseRetryAfter } from '../outgoing/retry-after.ts';
import { readCsvRows, type CsvTable } from './csv-rows.ts';
import { CustomerInsightsError } from './customer-insights.ts';
import type { Missing, RowPage, RowRange, UnreadablePartition } from './entity-data.ts';
import { codeOf } from './rest-attempt.ts';

/**
 * Maximum time from the connection to the last row of the range. A flow waits two minutes for a
 * response.
 */
const TIMEOUT_MS = 60_000;
/** Headers that the HTTP client sets itself. */
const clientHeaders = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/**
 * A request for the data of a partition, which Customer Insights has authorised in advance. Its
 * address is a secret, because it gives access to the data.
 */
export interface Download {
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface DownloadDeps {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Fetches rows of a partition. The data is streamed, redirects are not followed, and the download
 * ends after the last row of the range. `call` names the download in the log and in errors, which
 * never contain its address. Rejects with `CustomerInsightsError`.
 */
export async function downloadRows(
  deps: DownloadDeps,
  { call, download, table, range }: { call: string; download: Download; table: CsvTable; range: RowRange },
): Promise<RowPage | Missing | UnreadablePartition> {
  const { clock, log } = deps;
  const startedAt = clock.now();
  const finished = new AbortController();
  const timeout = clock.sleep(TIMEOUT_MS, finished.signal).then((): never => {
    throw new CustomerInsightsError('unavailable', call, `the rows were not complete within ${TIMEOUT_MS} ms`);
  });
  try {
    const page = await Promise.race([fetchRows(deps, call, download, table, range, finished.signal), timeout]);
    const rows = page.kind === 'rows' ? page.rows.length : 0;
    log.info('insights.downloaded', { call, outcome: page.kind, rows, durationMs: clock.now() - startedAt });
    return page;
  } catch (error) {
    if (error instanceof CustomerInsightsError) {
      log.warn('insights.downloaded', { call, outcome: error.kind, reason: error.message });
    }
    throw error;
  } finally {
    finished.abort();
  }
}

async function fetchRows(
  { dispatcher, clock }: DownloadDeps,
  call: string,
  { uri, headers }: Download,
  table: CsvTable,
  range: RowRange,
  signal: AbortSignal,
): Promise<RowPage | Missing | UnreadablePartition> {
  try {
    const sent = Object.entries(headers).filter(([name]) => !clientHeaders.has(name.toLowerCase()));
    const response = await request(uri, { dispatcher, signal, headers: Object.fromEntries(sent) });
    const { statusCode: status } = response;
    if (status === 404) return { kind: 'missing', what: 'partition' };
    if (status !== 200) {
      const { 'retry-after': retryAfter } = response.headers;
      const retryAfterMs = typeof retryAfter === 'string' ? parseRetryAfter(retryAfter, clock.now()) : undefined;
      const kind = status === 429 ? 'throttled' : 'unavailable';
      throw new CustomerInsightsError(kind, call, `the download returned status ${status}`, { status, retryAfterMs });
    }
    const isPlain = response.headers['content-encoding'] === undefined;
    const read = isPlain ? await readCsvRows(response.body, table, range) : ({ kind: 'not-csv' } as const);
    return read.kind === 'rows' ? read : { kind: 'unreadable', reason: 'The data of this partition is not plain CSV.' };
  } catch (error) {
    if (error instanceof CustomerInsightsError) throw error;
    // The cause is left out, because an error about an address contains the address.
    throw new CustomerInsightsError('unavailable', call, `the download failed (${codeOf(error)})`);
  }
}

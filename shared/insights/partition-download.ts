import { request, type Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { parseRetryAfter } from '../outgoing/retry-after.ts';
import { readCsvRows, type CsvTable } from './csv-rows.ts';
import { CustomerInsightsError } from './customer-insights.ts';
import type { Missing, RowPage, RowRange, UnreadablePartition } from './entity-data.ts';
import { codeOf } from './rest-attempt.ts';

/** From the connection to the last row that is wanted: a flow waits for an answer for two minutes. */
const TIMEOUT_MS = 60_000;
/** What the HTTP client says by itself. */
const ownHeaders = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/** A partition's data as one request, which the service has authorised beforehand: its address is a secret. */
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
 * Fetches rows of a partition: streamed, without redirects, and broken off behind the last row that is wanted. `call` names
 * it in the log and in errors, which never hold its address. Rejects with `CustomerInsightsError`.
 */
export async function downloadRows(
  deps: DownloadDeps,
  { call, download, table, range }: { call: string; download: Download; table: CsvTable; range: RowRange },
): Promise<RowPage | Missing | UnreadablePartition> {
  const { clock, log } = deps;
  const startedAt = clock.now();
  const over = new AbortController();
  const late = clock.sleep(TIMEOUT_MS, over.signal).then((): never => {
    throw new CustomerInsightsError('unavailable', call, `the rows did not come within ${TIMEOUT_MS} ms`);
  });
  try {
    const page = await Promise.race([fetchRows(deps, call, download, table, range, over.signal), late]);
    const rows = page.kind === 'rows' ? page.rows.length : 0;
    log.info('insights.downloaded', { call, outcome: page.kind, rows, durationMs: clock.now() - startedAt });
    return page;
  } catch (error) {
    if (error instanceof CustomerInsightsError) {
      log.warn('insights.downloaded', { call, outcome: error.kind, reason: error.message });
    }
    throw error;
  } finally {
    over.abort();
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
    const sent = Object.entries(headers).filter(([name]) => !ownHeaders.has(name.toLowerCase()));
    const answer = await request(uri, { dispatcher, signal, headers: Object.fromEntries(sent) });
    const { statusCode: status } = answer;
    if (status === 404) return { kind: 'missing', what: 'partition' };
    if (status !== 200) {
      const { 'retry-after': retryAfter } = answer.headers;
      const retryAfterMs = typeof retryAfter === 'string' ? parseRetryAfter(retryAfter, clock.now()) : undefined;
      const kind = status === 429 ? 'throttled' : 'unavailable';
      throw new CustomerInsightsError(kind, call, `the data was answered ${status}`, { status, retryAfterMs });
    }
    const isPlain = answer.headers['content-encoding'] === undefined;
    const read = isPlain ? await readCsvRows(answer.body, table, range) : ({ kind: 'not-csv' } as const);
    return read.kind === 'rows' ? read : { kind: 'unreadable', reason: 'The data of this partition is not plain CSV.' };
  } catch (error) {
    if (error instanceof CustomerInsightsError) throw error;
    // Without its cause: an error about an address quotes it.
    throw new CustomerInsightsError('unavailable', call, `the data broke off (${codeOf(error)})`);
  }
}

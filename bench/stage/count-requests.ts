import { startStorageProxy, type ProxiedRequest } from '../../tests/helpers/storage-proxy.ts';
import type { BenchApp } from './start-app.ts';
import type { Side } from './bench-stage.ts';

/** The requests of an app and its host to storage, recorded by a proxy in front of storage. */
export interface CountedRequests {
  readonly app: BenchApp;
  /** The requests since the last call. */
  take(): ProxiedRequest[];
  stop(): Promise<void>;
}

/**
 * Starts another host of a side and counts all its requests. The side's own host must not run
 * meanwhile.
 */
export async function countRequests(side: Side): Promise<CountedRequests> {
  const url = (service: string): string =>
    new RegExp(`${service}Endpoint=([^;]+)`).exec(side.azurite.connectionString)?.[1] ?? '';
  const proxy = await startStorageProxy({
    connectionString: side.azurite.connectionString,
    blobUrl: url('Blob'),
    queueUrl: url('Queue'),
    tableUrl: url('Table'),
  });
  const app = await side.startApp({ AzureWebJobsStorage: proxy.connectionString });
  let taken = 0;
  return {
    app,
    take() {
      const requests = proxy.requests.slice(taken);
      taken += requests.length;
      return requests;
    },
    async stop() {
      await app.kill();
      await proxy.stop();
    },
  };
}

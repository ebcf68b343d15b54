import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import type { PeerJob, PeerOrder, PeerReport, PeerSettings } from '../stage/peer.ts';
import { nowMs, signAndPost } from './sign-and-post.ts';

/**
 * Delivers with graphile-worker: one job a delivery, tuned as worker.graphile.org/docs/performance
 * says.
 */
const settings = JSON.parse(process.argv[2] ?? '') as PeerSettings;
const post = signAndPost(settings);
const logger = new Logger(() => () => undefined);
const connectionString = settings.url;
const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
await run({
  connectionString,
  logger,
  noHandleSignals: true,
  taskList: { deliver: (job) => post(job as PeerJob) },
  preset: {
    worker: {
      concurrentJobs: 64,
      maxPoolSize: 10,
      // Jobs are fetched, completed and failed in batches.
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
});

process.on('message', ({ order, jobs }: PeerOrder) => {
  // One statement and transaction, so no job starts before all are added.
  void utils.addJobs(jobs.map((payload) => ({ identifier: 'deliver', payload }))).then(() => {
    process.send?.({ kind: 'added', order, atMs: nowMs() } satisfies PeerReport);
  });
});
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'ready' } satisfies PeerReport);

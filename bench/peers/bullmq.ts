import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { PeerJob, PeerOrder, PeerReport, PeerSettings } from '../stage/peer.ts';
import { nowMs, signAndPost } from './sign-and-post.ts';

/** Delivers with BullMQ: one job a delivery. */
const settings = JSON.parse(process.argv[2] ?? '') as PeerSettings;
const post = signAndPost(settings);
const connect = (): Redis => new Redis(settings.url, { maxRetriesPerRequest: null });
const queue = new Queue<PeerJob>('deliveries', {
  connection: connect(),
  defaultJobOptions: { removeOnComplete: true, attempts: 10, backoff: { type: 'exponential', delay: 1_000 } },
});
const worker = new Worker<PeerJob>('deliveries', ({ data }) => post(data), {
  connection: connect(),
  concurrency: 256,
});
worker.on('error', (error) => console.error(error.message));
await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);

async function add({ order, jobs, held }: PeerOrder): Promise<void> {
  if (held) await queue.pause();
  await queue.addBulk(jobs.map((data) => ({ name: 'deliver', data })));
  const atMs = nowMs();
  if (held) await queue.resume();
  process.send?.({ kind: 'added', order, atMs } satisfies PeerReport);
}

process.on('message', (order: PeerOrder) => void add(order));
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'ready' } satisfies PeerReport);

import type { ProxiedRequest } from '../tests/helpers/storage-proxy.ts';
import { pause, subscribe, type Side, type Stage } from './stage/bench-stage.ts';
import { countRequests, type CountedRequests } from './stage/count-requests.ts';
import type { Variant } from './stage/variant.ts';

/** The storage requests of one design. */
interface Requests {
  /** All requests of a large fan-out, divided by the number of deliveries. */
  readonly perDelivery: number;
  /** The requests of an event for one subscriber, from the outbox to the outcome. */
  readonly oneToOne: number;
}

export type StorageRequests = Readonly<Record<Variant, Requests>>;

/**
 * Counts requests after the time measurements, because the proxy costs time. Ends the apps of both
 * sides.
 */
export async function storageRequests(
  stage: Stage,
  sides: Readonly<Record<Variant, Side>>,
  deliveries: number,
): Promise<StorageRequests> {
  return {
    ours: await measureSide(stage, sides.ours, deliveries),
    conventional: await measureSide(stage, sides.conventional, deliveries),
  };
}

async function measureSide(stage: Stage, side: Side, deliveries: number): Promise<Requests> {
  await side.app.stop();
  const counted = await countRequests(side);
  try {
    const many = await requestsOf(stage, side, counted, deliveries);
    const single = await requestsOf(stage, side, counted, 1);
    return { perDelivery: many.length / deliveries, oneToOne: single.filter(isOfOutbox).length };
  } finally {
    await counted.stop();
  }
}

/** Counts the second event, because the first one of a month creates tables. */
async function requestsOf(
  stage: Stage,
  side: Side,
  counted: CountedRequests,
  subscribers: number,
): Promise<ProxiedRequest[]> {
  const instanceId = stage.addInstance(1);
  await subscribe(side, { instanceId, segment: 0, urls: stage.flowUrls(subscribers) });
  for (const isCounted of [false, true]) {
    counted.take();
    stage.raise(instanceId, 0);
    const round = await stage.sink.begin({ expected: subscribers });
    await counted.app.poll(instanceId);
    await round.complete;
    await side.drain(instanceId, { app: counted.app });
    if (isCounted) return counted.take();
    await pause(100);
  }
  return [];
}

/**
 * Excludes requests of every poll, with or without an event (the state before, the note of the next
 * poll), and polls of empty queues.
 */
function isOfOutbox({ method, url }: ProxiedRequest): boolean {
  const isQueuePoll = method === 'GET' && url.pathname.endsWith('/messages');
  const isState = method === 'GET' && url.pathname.includes('/state(');
  const isPollRow = method === 'PUT' && decodeURIComponent(url.pathname).includes("RowKey='poll'");
  return !isQueuePoll && !isState && !isPollRow;
}

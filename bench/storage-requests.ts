import type { ProxiedRequest } from '../tests/helpers/storage-proxy.ts';
import { pause, subscribe, type Side, type Stage } from './stage/bench-stage.ts';
import { countRequests, type CountedRequests } from './stage/count-requests.ts';
import type { Variant } from './stage/variant.ts';

/** What one design asks of storage. */
interface Requests {
  /** Of a large fan-out: all requests by the number of deliveries. */
  readonly perDelivery: number;
  /** Of an event for one subscriber, from the outbox to settled. */
  readonly oneToOne: number;
}

export type StorageRequests = Readonly<Record<Variant, Requests>>;

/** Counts after the measurements of time: the proxy in between costs some. Ends the apps of both sides. */
export async function storageRequests(
  stage: Stage,
  sides: Readonly<Record<Variant, Side>>,
  deliveries: number,
): Promise<StorageRequests> {
  return {
    ours: await count(stage, sides.ours, deliveries),
    conventional: await count(stage, sides.conventional, deliveries),
  };
}

async function count(stage: Stage, side: Side, deliveries: number): Promise<Requests> {
  await side.app.stop();
  const counted = await countRequests(side);
  try {
    const many = await requestsOf(stage, side, counted, deliveries);
    const one = await requestsOf(stage, side, counted, 1);
    return { perDelivery: many.length / deliveries, oneToOne: one.filter(isOfOutbox).length };
  } finally {
    await counted.stop();
  }
}

/** The second event, since the first of a month makes tables. */
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
    await side.settle(instanceId, { app: counted.app });
    if (isCounted) return counted.take();
    await pause(100);
  }
  return [];
}

/** Not what a poll asks anyway, event or not (the state before, the note of the poll after), nor looks at empty queues. */
function isOfOutbox({ method, url }: ProxiedRequest): boolean {
  const isLook = method === 'GET' && url.pathname.endsWith('/messages');
  const isState = method === 'GET' && url.pathname.includes('/state(');
  const isPollNote = method === 'PUT' && decodeURIComponent(url.pathname).includes("RowKey='poll'");
  return !isLook && !isState && !isPollNote;
}

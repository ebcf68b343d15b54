import type { BareUndici } from './bare-undici.ts';
import { pause, subscribe, waitAtMost, type Side, type Stage } from './bench-stage.ts';
import { roundOf, type Round } from './fan-out-round.ts';
import type { CapturedRequest } from './sink.ts';

export const ROUND_MS = 180_000;
const SETTLE_MS = 60_000;

/**
 * Each side has its own instance, because a change that one side has read is not new to the other.
 */
export async function subscribed(stage: Stage, side: Side, count: number): Promise<string> {
  const instanceId = stage.addInstance(1);
  await subscribe(side, { instanceId, segment: 0, urls: stage.flowUrls(count) });
  return instanceId;
}

/**
 * Makes one event and waits until its callbacks have arrived and their outcomes are stored.
 * `captured` are the POSTs, if they are to be captured.
 */
export async function runFanOut(
  stage: Stage,
  side: Side,
  {
    instanceId,
    deliveries,
    capture = false,
    endsAfterMs,
  }: { instanceId: string; deliveries: number; capture?: boolean; endsAfterMs?: number },
): Promise<{ round: Round; captured: CapturedRequest[] }> {
  side.openedAtMs.clear();
  stage.raise(instanceId, 0);
  const round = await stage.sink.begin({ expected: deliveries, capture });
  await side.app.poll(instanceId);
  await waitAtMost(endsAfterMs ?? ROUND_MS, round.complete);
  const arrivals = await round.arrivals();
  for (const eventId of side.openedAtMs.keys()) designOf.set(eventId, side.variant);
  const measured = roundOf(arrivals, {
    deliveries,
    openedAtMs: side.openedAtMs,
    mayEndEarly: endsAfterMs !== undefined,
    designOf,
  });
  const captured = capture ? await round.captured() : [];
  if (measured.arrived === deliveries) await side.drain(instanceId, { withinMs: SETTLE_MS });
  return { round: measured, captured: firstOfEachDelivery(captured) };
}

/** The design of each event so far. */
const designOf = new Map<string, string>();

function firstOfEachDelivery(requests: readonly CapturedRequest[]): CapturedRequest[] {
  return [...new Map(requests.map((request) => [request.headers['webhook-id'], request])).values()];
}

/** Repeats the POSTs with bare undici. Resolves with their rate a second. */
export async function runBare(stage: Stage, bare: BareUndici, requests: readonly CapturedRequest[]): Promise<number> {
  const round = await stage.sink.begin({ expected: requests.length });
  const startedAtMs = await bare.post(stage.sink.origin, requests);
  const ids = new Set(requests.map(({ headers }) => headers['webhook-id']));
  const lastAtMs = (await round.arrivals()).filter(({ id }) => ids.has(id)).at(-1)?.atMs ?? NaN;
  await pause(100);
  return (requests.length / (lastAtMs - startedAtMs)) * 1000;
}

import type { Clock } from '../clock.ts';
import type { OpenEvent } from '../events/open-event.ts';
import type { Random } from '../random.ts';
import type { Queues } from '../storage/queues.ts';
import { StorageError } from '../storage/tables.ts';
import type { BirthPorts } from '../subscriptions/birth.ts';
import { concerns } from '../subscriptions/subscription.ts';
import type { DeliveredOutcome } from './activity-rows.ts';
import type { ActivityStore, StoredChunk } from './activity-store.ts';
import { attemptDelivery, type AttemptPorts } from './attempt.ts';
import { readChunk } from './audience.ts';
import { chunkCount, type Member } from './chunk.ts';
import { formatDeliveryId } from './delivery-id.ts';
import { dispositionOf, type Disposition } from './disposition.ts';
import { RETRIES_QUEUE, type RetryMessage } from './messages.ts';
import { applyQuietly, type EffectPorts } from './subscription-effects.ts';
import { targetOf } from './target.ts';
import type { Trouble } from './trouble.ts';

export interface ChunkPorts extends BirthPorts, AttemptPorts, EffectPorts {
  readonly activity: ActivityStore;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly random: Random;
  readonly claimMs: number;
  readonly scheduleSeconds: readonly number[];
}

/** What is settled by then is written down; stragglers (a receiver may take up to its deadline) follow with a second write. */
const EARLY_WRITE_MS = 2_000;
/** All of a chunk, whatever was born or deleted since it was cut. */
const NO_LIMIT = 100_000;

/**
 * Sees one chunk through: claims it, POSTs to everyone concerned, and writes down what became of it. `busy`: somebody else's claim
 * holds. The members are read unless the caller just did.
 */
export async function workChunk(
  ports: ChunkPorts,
  open: OpenEvent,
  chunk: number,
  alreadyRead?: readonly Member[],
): Promise<'settled' | 'busy'> {
  const claim = await claimChunk(ports, open, chunk);
  if (claim.kind !== 'claimed') return claim.kind;
  const done = await doneAlready(ports, open, claim);
  const members = claim.isNew && alreadyRead ? alreadyRead : (await readChunk(ports, open, chunk, NO_LIMIT)).members;
  const todo = members.filter(
    ({ range, subscription }) =>
      concerns(subscription, open.sequence) &&
      !done.has(formatDeliveryId(open.event.eventId, range, subscription.address.rowKey)),
  );
  const settled = await deliverAll(ports, open, chunk, claim.row, todo);
  if (settled === 'settled' && chunkCount(open) === 1) await ports.activity.close(open);
  return settled;
}

type Claim =
  | { readonly kind: 'claimed'; readonly row: StoredChunk; readonly isNew: boolean }
  | { readonly kind: 'settled' }
  | { readonly kind: 'busy' };

/** A chunk without a row is free; one whose claim has run out is taken over by compare-and-swap. */
async function claimChunk(ports: ChunkPorts, { event }: OpenEvent, chunk: number): Promise<Claim> {
  const nowMs = ports.clock.now();
  const owner = ports.random.token(9);
  const fresh = { owner, untilMs: nowMs + ports.claimMs, settled: false, delivered: [], troubled: 0 };
  const inserted = await ports.activity.insertClaim(event, chunk, fresh);
  if (inserted.kind === 'claimed') return { kind: 'claimed', row: { ...fresh, etag: inserted.etag }, isNew: true };
  const row = await ports.activity.chunk(event.eventId, chunk);
  if (row === undefined) return { kind: 'busy' };
  if (row.settled) return { kind: 'settled' };
  // The insert may have taken effect although its answer was lost and the client sent it again.
  if (row.owner === owner) return { kind: 'claimed', row, isNew: true };
  if (row.untilMs > nowMs) return { kind: 'busy' };
  const taken: StoredChunk = { ...row, owner, untilMs: nowMs + ports.claimMs };
  const etag = await ports.activity.saveChunk(event, chunk, taken, []);
  return etag === undefined ? { kind: 'busy' } : { kind: 'claimed', row: { ...taken, etag }, isNew: false };
}

/** The deliveries that an earlier claim has settled. */
async function doneAlready(
  ports: ChunkPorts,
  { event }: OpenEvent,
  claim: Claim & { kind: 'claimed' },
): Promise<Set<string>> {
  if (claim.isNew) return new Set();
  const delivered = claim.row.delivered.map(({ range, rowKey }) => formatDeliveryId(event.eventId, range, rowKey));
  const troubled = (await ports.activity.troublesOf(event)).map(({ deliveryId }) => deliveryId);
  return new Set([...delivered, ...troubled]);
}

/** Runs all deliveries at once (places bound how many are in flight) and writes outcomes when they are in, or early once. */
async function deliverAll(
  ports: ChunkPorts,
  open: OpenEvent,
  chunk: number,
  claimed: StoredChunk,
  members: readonly Member[],
): Promise<'settled' | 'busy'> {
  let row: StoredChunk | undefined = claimed;
  let unsaved: Outcome[] = [];
  let isComplete = true;
  const effects: Promise<void>[] = [];
  const finished = Promise.all(
    members.map(async (member) => {
      const outcome = await orUnsettled(
        ports,
        open,
        deliverTo(ports, open, member, () => row?.untilMs ?? 0),
      );
      if (outcome.kind === 'unsettled') isComplete = false;
      else {
        unsaved.push(outcome);
        effects.push(outcome.effect);
      }
    }),
  ).then(() => 'finished' as const);

  const save = async (settled: boolean, keepsClaim: boolean): Promise<void> => {
    if (row === undefined) return;
    const saving = unsaved;
    unsaved = [];
    const delivered = saving.flatMap((outcome) => (outcome.kind === 'delivered' ? [outcome.delivered] : []));
    const troubles = saving.flatMap((outcome) => (outcome.kind === 'trouble' ? [outcome.trouble] : []));
    const next: StoredChunk = {
      ...row,
      untilMs: ports.clock.now() + (keepsClaim ? ports.claimMs : 0),
      settled,
      delivered: [...row.delivered, ...delivered],
      troubled: row.troubled + troubles.length,
    };
    const etag = await ports.activity.saveChunk(open.event, chunk, next, troubles);
    // Without an etag the claim is somebody else's now: no further attempt begins, and nothing more is written.
    row = etag === undefined ? undefined : { ...next, etag };
  };

  let waitMs = EARLY_WRITE_MS;
  const alarm = new AbortController();
  const rest = (): Promise<'waited'> => ports.clock.sleep(waitMs, alarm.signal).then(() => 'waited');
  while ((await Promise.race([finished, rest().catch(() => 'waited' as const)])) === 'waited') {
    await save(false, true);
    waitMs = Math.max(EARLY_WRITE_MS, ports.claimMs / 3);
  }
  alarm.abort();
  await save(isComplete, false);
  await Promise.all(effects);
  return row !== undefined && isComplete ? 'settled' : 'busy';
}

/** Left for the next claim: the claim ran out before its turn, or storage failed in the middle. */
interface Unsettled {
  readonly kind: 'unsettled';
}

/** One delivery that storage fails must not take the outcomes of the others with it. */
async function orUnsettled(
  ports: ChunkPorts,
  { event }: OpenEvent,
  outcome: Promise<Outcome | Unsettled>,
): Promise<Outcome | Unsettled> {
  try {
    return await outcome;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    ports.log.warn('delivery.unsettled', { eventId: event.eventId, reason: error.message });
    return { kind: 'unsettled' };
  }
}

type Outcome =
  | { readonly kind: 'delivered'; readonly delivered: DeliveredOutcome; readonly effect: Promise<void> }
  | { readonly kind: 'trouble'; readonly trouble: Trouble; readonly effect: Promise<void> };

async function deliverTo(
  ports: ChunkPorts,
  open: OpenEvent,
  { range, subscription: own }: Member,
  claimUntilMs: () => number,
): Promise<Outcome | Unsettled> {
  const { event } = open;
  const { rowKey } = own.address;
  const deliveryId = formatDeliveryId(event.eventId, range, rowKey);
  const target = await targetOf(ports.store, own, deliveryId, ports.clock.now());
  const trouble = (
    status: Trouble['status'],
    code: string,
    dueAtMs: number,
    attempts: Trouble['attempts'],
  ): Promise<Trouble> =>
    startTrouble(ports, {
      deliveryId,
      instanceId: event.instanceId,
      subscriptionId: own.id,
      status,
      code,
      dueAtMs,
      attempts,
    });
  if (target.kind === 'park') {
    return {
      kind: 'trouble',
      trouble: await trouble('parked', target.code, target.untilMs, []),
      effect: Promise.resolve(),
    };
  }
  if (target.kind === 'end') {
    return { kind: 'trouble', trouble: await trouble('ended', target.code, 0, []), effect: Promise.resolve() };
  }
  const called = target.subscription;
  const attempted = await attemptDelivery(ports, {
    event,
    deliveryId,
    own,
    called,
    number: 1,
    notAfterMs: claimUntilMs(),
  });
  if (attempted.kind === 'too-late') return { kind: 'unsettled' };
  const { record, verdict } = attempted;
  const disposition = dispositionOf(verdict, {
    earlier: [],
    scheduleSeconds: ports.scheduleSeconds,
    jitter: ports.random.fraction(),
  });
  const nowMs = ports.clock.now();
  const effect = applyQuietly(ports, called, deliveryId, disposition, nowMs);
  if (disposition.kind === 'delivered')
    return { kind: 'delivered', delivered: { range, rowKey, attempt: record }, effect };
  const { status, dueAtMs } = statusOf(disposition, nowMs);
  return { kind: 'trouble', trouble: await trouble(status, disposition.code, dueAtMs, [record]), effect };
}

/** The trouble status a disposition leads to, and when it is looked at again. */
export function statusOf(
  disposition: Exclude<Disposition, { kind: 'delivered' }>,
  nowMs: number,
): { status: Trouble['status']; dueAtMs: number } {
  switch (disposition.kind) {
    case 'retrying':
    case 'parked':
      return { status: disposition.kind, dueAtMs: nowMs + disposition.delayMs };
    case 'dead':
      return { status: 'dead', dueAtMs: 0 };
    case 'gone':
      return { status: 'ended', dueAtMs: 0 };
  }
}

/** A waiting delivery gets its message before its row: a row without a message would wait for ever. */
async function startTrouble(
  ports: ChunkPorts,
  start: Omit<Trouble, 'nonce' | 'owner' | 'untilMs' | 'etag'>,
): Promise<Trouble> {
  const nonce = ports.random.token(9);
  const trouble: Trouble = { ...start, nonce, owner: '', untilMs: 0, etag: '' };
  if (trouble.status === 'retrying' || trouble.status === 'parked') await sendRetry(ports, trouble);
  return trouble;
}

/** Sends the message that a waiting delivery owns. */
export async function sendRetry(
  ports: Pick<ChunkPorts, 'queues' | 'clock'>,
  { deliveryId, nonce, dueAtMs }: Pick<Trouble, 'deliveryId' | 'nonce' | 'dueAtMs'>,
): Promise<void> {
  const message: RetryMessage = { v: 1, kind: 'retry', deliveryId, nonce };
  await ports.queues.send(RETRIES_QUEUE, message, { delayMs: Math.max(0, dueAtMs - ports.clock.now()) });
}

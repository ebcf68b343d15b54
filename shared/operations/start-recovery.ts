import { Type, type Static } from '@sinclair/typebox';
import { instanceNotAllowed } from '../allowed-instances.ts';
import { bodyRefusal } from '../body-error.ts';
import type { Refusal } from '../problem.ts';
import { StorageError } from '../storage/tables.ts';
import { shortHash } from '../triggers/subject.ts';
import { triggerNames, type Trigger } from '../triggers/trigger.ts';
import { inputValidatorOf } from '../validation.ts';
import type { WorkList } from '../work/work-list.ts';
import { lostRows, type LostFilter, type LostRowsPorts } from './lost-deliveries.ts';
import type { LostCount, Recovery } from './recovery.ts';
import { resumeRecovery, type ResumeRecoveryPorts } from './resume-recovery.ts';
import { parseTimeRange, timestamp } from './time-range.ts';

/**
 * The body of a request that starts a recovery: sends the lost deliveries of all subscriptions
 * again.
 */
export const recoveryRequest = Type.Object(
  {
    since: timestamp,
    until: Type.Optional(timestamp),
    instanceId: Type.Optional(Type.String({ format: 'uuid' })),
    trigger: Type.Optional(Type.Unsafe<Trigger>({ type: 'string', enum: triggerNames })),
    code: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    dryRun: Type.Optional(Type.Boolean({ description: 'Only count what would be sent again.' })),
  },
  { additionalProperties: false },
);
export const validateRecoveryRequest = inputValidatorOf(recoveryRequest);

/** Maximum number of deliveries that are counted. */
const MAX_COUNTED = 10_000;
/** Maximum number of storage requests per count. */
const MAX_QUERIES = 500;
/**
 * How long after the end of a recovery the same request still returns this recovery. Later the
 * request starts a new one.
 */
const REPEATED_WITHIN_MS = 3_600_000;
/**
 * How far ahead of the clock the request itself makes deliveries due: one batch. The reconciler
 * continues.
 */
const FIRST_STEP_MS = 10_000;

/** How many of the counted deliveries have which status. */
export interface LostByStatus {
  readonly dead: number;
  readonly parked: number;
}

export interface StartRecoveryPorts extends ResumeRecoveryPorts {
  readonly work: Pick<WorkList, 'add'>;
}

/**
 * Starts to resend the lost deliveries that a request selects, or only counts them (`dryRun`). The
 * work list and the recovery's row are written before the first delivery is sent, so the reconciler
 * continues even if this process crashes. While a recovery runs, and for an hour afterwards, the
 * same request returns the same recovery.
 */
export async function startRecovery(
  ports: StartRecoveryPorts,
  body: unknown,
): Promise<({ kind: 'counted' } & LostCount & LostByStatus) | { kind: 'started'; recoveryId: string } | Refusal> {
  const validated = validateRecoveryRequest(body);
  if (validated.kind === 'invalid') return bodyRefusal(validated.errors);
  const request = validated.value;
  const range = parseTimeRange(request);
  if (range.kind === 'invalid') return bodyRefusal(range.errors);
  const { sinceMs, untilMs } = range;
  if (untilMs !== undefined && untilMs < sinceMs) {
    return bodyRefusal([{ pointer: '/until', message: 'must not be before since' }]);
  }
  const instanceId = request.instanceId?.toLowerCase();
  if (instanceId !== undefined && !ports.isAllowed(instanceId)) return instanceNotAllowed();
  const filter = { sinceMs, untilMs, instanceId, trigger: request.trigger, code: request.code };
  if (request.dryRun === true) {
    const { counted, byStatus } = await countLost(ports, filter);
    return { kind: 'counted', ...counted, ...byStatus };
  }
  const recoveryId = idOf(request, range);
  if (await storeNewRecovery(ports, recoveryId, filter)) await firstStep(ports, recoveryId);
  return { kind: 'started', recoveryId };
}

function idOf(
  { instanceId = '', trigger, code = '' }: Static<typeof recoveryRequest>,
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number | undefined },
): string {
  return `rec_${shortHash(String(sinceMs), String(untilMs ?? ''), instanceId.toLowerCase(), trigger ?? '', code)}`;
}

/** Stores a new recovery unless the request already has one. Returns whether it was stored. */
async function storeNewRecovery(ports: StartRecoveryPorts, recoveryId: string, filter: LostFilter): Promise<boolean> {
  const nowMs = ports.clock.now();
  const before = await ports.recoveries.read(recoveryId);
  if (before !== undefined && nowMs < (before.finishedAtMs ?? Infinity) + REPEATED_WITHIN_MS) return false;
  const recovery: Recovery = {
    recoveryId,
    ...filter,
    startedAtMs: nowMs,
    counted: (await countLost(ports, filter)).counted,
    sent: 0,
    skipped: 0,
    batch: [],
    claimedUntilMs: 0,
    pacedUntilMs: nowMs,
    isSearched: false,
  };
  await ports.work.add({ kind: 'recovery', recoveryId }, nowMs);
  return (await ports.recoveries.save(recovery, before?.etag)) !== undefined;
}

/** Sends the first batch. The recovery is already stored, so a storage error only delays it. */
async function firstStep(ports: StartRecoveryPorts, recoveryId: string): Promise<void> {
  try {
    await resumeRecovery(ports, recoveryId, FIRST_STEP_MS);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
}

/**
 * Counts up to `MAX_COUNTED` lost deliveries. Makes one storage request for every 1,000 of them,
 * and at least one for each instance, month and status.
 */
async function countLost(
  ports: LostRowsPorts,
  filter: LostFilter,
): Promise<{ readonly counted: LostCount; readonly byStatus: LostByStatus }> {
  const { rows, next } = await lostRows(ports, filter, { limit: MAX_COUNTED, maxQueries: MAX_QUERIES });
  const subscriptions = new Set(rows.map(({ values }) => values['subscriptionId']));
  const dead = rows.filter(({ values }) => values['status'] === 'dead').length;
  return {
    counted: { deliveries: rows.length, subscriptions: subscriptions.size, ...(next && { more: true }) },
    byStatus: { dead, parked: rows.length - dead },
  };
}

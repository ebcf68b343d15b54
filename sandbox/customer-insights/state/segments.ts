import { unreachable } from '../../../shared/unreachable.ts';
import { RefusedError } from './refused-error.ts';
import type { HistoricalSegmentStats, SegmentMetadata } from './documented-shapes.ts';
import { newRevision, nodeKey, touch } from './instance.ts';
import type { Instance } from './instance.ts';
import { instantAfter, newGuid } from './ports.ts';
import type { Ports } from './ports.ts';

/**
 * The outcome of one evaluation of a segment. A failed evaluation keeps the last member count
 * unless it names another one.
 */
export type SegmentOutcome =
  | { readonly kind: 'succeeded'; readonly memberCount: number }
  | { readonly kind: 'failed'; readonly memberCount?: number; readonly error?: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'running' };

export interface NewSegment {
  readonly name: string;
  readonly displayName?: string;
  readonly active?: boolean;
}

/** Adds a segment that was never evaluated. Throws `RefusedError` (409) when the name is in use. */
export function addSegment(instance: Instance, segment: NewSegment, { clock }: Ports): SegmentMetadata {
  if (instance.segments.some(({ name }) => name === segment.name)) {
    throw new RefusedError(409, `There is a segment '${segment.name}' already.`);
  }
  const added: SegmentMetadata = {
    kind: 'default',
    name: segment.name,
    friendlyName: segment.displayName ?? segment.name,
    description: null,
    state: segment.active === false ? 'inactive' : 'active',
    errorDescription: null,
    endDate: null,
    evaluationStatus: {
      jobStatus: 'None',
      evaluationDate: null,
      entityCount: null,
      error: null,
      lastSuccessfulRunId: null,
    },
    evaluationStatusHistory: [],
    ...newRevision(instance.metadata.instanceId, instantAfter(clock, null)),
  };
  instance.segments.push(added);
  return added;
}

export interface SegmentChange {
  readonly name?: string;
  readonly displayName?: string;
  readonly active?: boolean;
}

/**
 * Renames, activates or deactivates a segment. Throws `RefusedError` (409) when the new name is in
 * use.
 */
export function changeSegment(
  instance: Instance,
  segment: SegmentMetadata,
  change: SegmentChange,
  { clock }: Ports,
): void {
  if (change.name !== undefined && change.name !== segment.name) {
    if (instance.segments.some(({ name }) => name === change.name)) {
      throw new RefusedError(409, `There is a segment '${change.name}' already.`);
    }
    instance.nodes.delete(nodeKey('segmentation', segment.name));
    segment.name = change.name;
  }
  segment.friendlyName = change.displayName ?? segment.friendlyName;
  if (change.active !== undefined) segment.state = change.active ? 'active' : 'inactive';
  touch(segment, instantAfter(clock, segment.updatedUtc));
}

export function removeSegment(instance: Instance, segment: SegmentMetadata): void {
  instance.segments.splice(instance.segments.indexOf(segment), 1);
  instance.nodes.delete(nodeKey('segmentation', segment.name));
}

/** The segment with that name. Throws `RefusedError` (404) when there is none. */
export function findSegment(instance: Instance, name: string): SegmentMetadata {
  const segment = instance.segments.find((candidate) => candidate.name === name);
  if (segment === undefined) throw new RefusedError(404, `There is no segment '${name}'.`);
  return segment;
}

/**
 * Evaluates the segment, later than its previous evaluation. Throws `RefusedError` (409) when the
 * segment is inactive, because a scheduled refresh leaves inactive segments out
 * (learn.microsoft.com/dynamics365/customer-insights/data/segments).
 */
export function evaluateSegment(segment: SegmentMetadata, outcome: SegmentOutcome, ports: Ports): void {
  if (segment.state === 'inactive') throw new RefusedError(409, `The segment '${segment.name}' is inactive.`);
  const latest = segment.evaluationStatus;
  const evaluationDate = instantAfter(ports.clock, latest.evaluationDate);
  const stats = statsOf(outcome, evaluationDate, latest.entityCount);
  const lastSuccessfulRunId = outcome.kind === 'succeeded' ? newGuid(ports.random) : latest.lastSuccessfulRunId;
  segment.evaluationStatus = { ...stats, lastSuccessfulRunId };
  if (outcome.kind !== 'running') segment.evaluationStatusHistory.push(stats);
}

function statsOf(outcome: SegmentOutcome, evaluationDate: string, lastCount: number | null): HistoricalSegmentStats {
  switch (outcome.kind) {
    case 'succeeded':
      return { evaluationDate, entityCount: outcome.memberCount, jobStatus: 'CompletedSuccess', error: null };
    case 'failed':
      return {
        evaluationDate,
        entityCount: outcome.memberCount ?? lastCount,
        jobStatus: 'CompletedFailure',
        error: {
          value: outcome.error ?? 'The segment could not be evaluated.',
          key: 'segmentEvaluationOrchestrationFailed',
          args: [],
        },
      };
    case 'cancelled':
      return { evaluationDate, entityCount: lastCount, jobStatus: 'Cancelled', error: null };
    case 'running':
      return { evaluationDate, entityCount: lastCount, jobStatus: 'Running', error: null };
    default:
      return unreachable(outcome);
  }
}

/** The member count of the last successful evaluation. A failed evaluation does not change it. */
export function memberCountOf(segment: SegmentMetadata): number {
  const succeeded = segment.evaluationStatusHistory.findLast(({ jobStatus }) => jobStatus === 'CompletedSuccess');
  return succeeded?.entityCount ?? 0;
}

import type { Task } from '../insights/customer-insights.ts';
import { isFiringOperation, type FiringOperation } from '../triggers/trigger.ts';

/**
 * The kinds of refresh that are one task (a step of a job), so that the task's id identifies the
 * refresh: `ingestion` (of a data source) and `merge` (a unification). A full refresh (`all`) is a
 * whole job.
 */
export type TaskKind = Exclude<FiringOperation, 'all'>;

/** The kind of refresh that a task performs. `undefined` when it fires no trigger. */
export function kindOf({ operationType }: Task): TaskKind | undefined {
  return isFiringOperation(operationType) && operationType !== 'all' ? operationType : undefined;
}

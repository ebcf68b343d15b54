import type { Task } from '../insights/customer-insights.ts';
import { isFiringOperation, type FiringOperation } from '../triggers/trigger.ts';

/**
 * The kinds of refresh that are identified by task: `ingestion` (of a data source) and `merge` (a
 * unification). A full refresh (`all`) is identified by job.
 */
export type TaskKind = Exclude<FiringOperation, 'all'>;

/** The kind of refresh that a task performs. `undefined` when it fires no trigger. */
export function kindOf({ operationType }: Task): TaskKind | undefined {
  return isFiringOperation(operationType) && operationType !== 'all' ? operationType : undefined;
}

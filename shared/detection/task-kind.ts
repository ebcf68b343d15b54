import type { Task } from '../insights/customer-insights.ts';

/** The kind of refresh that a task is. `undefined` when it fires no trigger. */
export function kindOf(task: Task): 'ingestion' | 'merge' | undefined {
  return task.operationType === 'ingestion' || task.operationType === 'merge' ? task.operationType : undefined;
}

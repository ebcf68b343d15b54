import { startedBy } from './subject-kinds.ts';
import type { TriggerRecord } from './trigger-record.ts';

/** A full refresh of the instance ended successful, failed or timed out. */
export const fullRefreshCompleted = {
  code: 'e',
  operationId: 'FullRefreshCompleted',
  subject: startedBy,
  hasThreshold: false,
  source: 'jobs',
} as const satisfies TriggerRecord<typeof startedBy.inputs>;

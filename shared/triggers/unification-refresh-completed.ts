import { wholeInstance } from './subject-kinds.ts';
import type { TriggerRecord } from './trigger-record.ts';

/** A unification of the customer profiles ended successful, failed or timed out. */
export const unificationRefreshCompleted = {
  code: 'f',
  operationId: 'UnificationRefreshCompleted',
  subject: wholeInstance,
  hasThreshold: false,
  source: 'jobs',
} as const satisfies TriggerRecord<typeof wholeInstance.inputs>;

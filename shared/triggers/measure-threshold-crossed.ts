import { measure } from './subject-kinds.ts';
import type { TriggerRecord } from './trigger-record.ts';

/** The value of a business measure rose above a threshold. */
export const measureThresholdCrossed = {
  code: 'd',
  operationId: 'MeasureThresholdCrossed',
  subject: measure,
  hasThreshold: true,
  source: 'measures',
} as const satisfies TriggerRecord<typeof measure.inputs>;

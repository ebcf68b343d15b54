import { segment } from './subject-kinds.ts';
import type { TriggerRecord } from './trigger-record.ts';

/** The member count of a segment rose above a threshold. */
export const segmentThresholdCrossed = {
  code: 'c',
  operationId: 'SegmentThresholdCrossed',
  subject: segment,
  hasThreshold: true,
  source: 'segments',
} as const satisfies TriggerRecord<typeof segment.inputs>;

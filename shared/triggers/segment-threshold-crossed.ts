import { text } from './payload-schema.ts';
import { segment } from './subject-kinds.ts';
import { crossedThresholds, crossing, crossingTitle, riseSentence, sampleRise } from './threshold-crossing.ts';
import type { TriggerRecord } from './trigger-record.ts';

const payload = { segmentName: text('Segment Name', 'The unique name of the segment.'), ...crossing };

/** The member count of a segment rose above a threshold. */
export const segmentThresholdCrossed = {
  code: 'c',
  operationId: 'SegmentThresholdCrossed',
  subject: segment,
  hasThreshold: true,
  source: 'segments',
  payload,
  title: crossingTitle,
  recipients: (event) => [crossedThresholds(event.segmentName, event)],
  sentence: riseSentence,
  sample: (subscription) => ({ segmentName: subscription.subject, ...sampleRise(subscription) }),
} as const satisfies TriggerRecord<typeof segment.inputs, typeof payload>;

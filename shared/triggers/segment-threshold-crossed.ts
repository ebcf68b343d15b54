import { text } from './payload-schema.ts';
import { segment } from './subject-kinds.ts';
import { crossedThresholds, crossing, crossingTitle, riseSentence, sampleRise } from './threshold-crossing.ts';
import type { TriggerRecord } from './trigger-record.ts';

const payload = { segmentName: text('Segment Name', 'The unique name of the segment.'), ...crossing };

/** The member count of a segment rose above a threshold. */
export const segmentThresholdCrossed = {
  // Stored in keys and ids, so it never changes.
  code: 'c',
  operationId: 'SegmentThresholdCrossed',
  subject: segment,
  hasThreshold: true,
  source: 'segments',
  preview: { operationId: 'PreviewSegmentThreshold', summary: 'Preview a threshold of a segment' },
  texts: {
    summary: 'When a segment crosses above a threshold',
    description:
      'This operation triggers when the member count of a segment rises from a number that is not above the threshold to one that is.',
    hint: 'To see it work now, set the threshold to the present member count, let the segment grow, and refresh it.',
    unsubscribe: 'Unsubscribe from a segment threshold',
    notification: 'The rise of the segment above the threshold.',
  },
  payload,
  title: crossingTitle,
  recipients: (event) => [crossedThresholds(event.segmentName, event)],
  sentence: riseSentence,
  sample: (subscription) => ({ segmentName: subscription.subject, ...sampleRise(subscription) }),
} as const satisfies TriggerRecord<typeof segment.inputs, typeof payload>;

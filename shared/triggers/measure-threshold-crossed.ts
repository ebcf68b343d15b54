import { text } from './payload-schema.ts';
import { measure } from './subject-kinds.ts';
import { crossedThresholds, crossing, crossingTitle, riseSentence, sampleRise } from './threshold-crossing.ts';
import type { TriggerRecord } from './trigger-record.ts';

const payload = { measureName: text('Measure Name', 'The unique name of the measure.'), ...crossing };

/** The value of a business measure rose above a threshold. */
export const measureThresholdCrossed = {
  // Stored in keys and ids, so it never changes.
  code: 'd',
  operationId: 'MeasureThresholdCrossed',
  subject: measure,
  hasThreshold: true,
  source: 'measures',
  preview: { operationId: 'PreviewMeasureThreshold', summary: 'Preview a threshold of a measure' },
  texts: {
    summary: 'When a measure crosses above a threshold',
    description:
      'This operation triggers when the value of a business measure without dimension rises from a number that is not above the threshold to one that is.',
    hint: 'To see it work now, set the threshold to the present value, let the value rise, and refresh the measure.',
    unsubscribe: 'Unsubscribe from a measure threshold',
    notification: 'The rise of the measure above the threshold.',
  },
  payload,
  title: crossingTitle,
  recipients: (event) => [crossedThresholds(event.measureName, event)],
  sentence: riseSentence,
  sample: (subscription) => ({ measureName: subscription.subject, ...sampleRise(subscription) }),
} as const satisfies TriggerRecord<typeof measure.inputs, typeof payload>;

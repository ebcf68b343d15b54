import { text } from './payload-schema.ts';
import { measure } from './subject-kinds.ts';
import { crossedThresholds, crossing, crossingTitle, riseSentence, sampleRise } from './threshold-crossing.ts';
import type { TriggerRecord } from './trigger-record.ts';

const payload = { measureName: text('Measure Name', 'The unique name of the measure.'), ...crossing };

/** The value of a business measure rose above a threshold. */
export const measureThresholdCrossed = {
  code: 'd',
  operationId: 'MeasureThresholdCrossed',
  subject: measure,
  hasThreshold: true,
  source: 'measures',
  payload,
  title: crossingTitle,
  recipients: (event) => [crossedThresholds(event.measureName, event)],
  sentence: riseSentence,
  sample: (subscription) => ({ measureName: subscription.subject, ...sampleRise(subscription) }),
} as const satisfies TriggerRecord<typeof measure.inputs, typeof payload>;

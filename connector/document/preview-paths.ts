import { MAX_PREVIEW_DAYS, previewRequestSchemas } from '../../shared/subscriptions/preview-request.ts';
import { thresholdTriggers, triggers, type ThresholdTrigger } from '../../shared/triggers/trigger.ts';
import { ok, responses } from './responses.ts';
import { instant, integer, list, number, object, text } from './schemas.ts';
import { presentedBody } from './subscribe-body.ts';
import type { PathItem } from './swagger-document.ts';

/** The property of a preview that names the subject, by the kind of subject. */
const names = {
  segment: { segmentName: text('Segment', 'The segment that was checked.') },
  measure: { measureName: text('Measure', 'The measure that was checked.') },
};

const crossing = object('Crossing', 'One time at which a flow would have been called.', {
  always: {
    evaluatedAt: instant('Evaluated At', 'When the value was calculated.'),
    previousValue: number('Previous Value', 'The value before, not above the threshold.'),
    value: number('Value', 'The value, above the threshold.'),
  },
});

/** The operations with which a maker finds a suitable threshold. */
export const previewPaths: Readonly<Record<string, PathItem>> = Object.fromEntries(
  thresholdTriggers.map((trigger) => [`/triggers/${trigger}/preview`, previewPath(trigger)]),
);

function previewPath(trigger: ThresholdTrigger): PathItem {
  const { preview, subject } = triggers[trigger];
  return {
    post: {
      ...preview,
      description: `This operation lists when a flow with this threshold of the ${subject.kind} would have been called recently.`,
      parameters: [presentedBody(previewRequestSchemas[trigger])],
      responses: responses(
        ok(
          'When a flow would have been called.',
          object('Preview', 'When a flow would have been called, newest first.', {
            always: {
              instanceId: text('Instance ID', 'The instance of it.'),
              ...names[subject.kind],
              displayName: text('Display Name', 'What a person knows it by.'),
              threshold: number('Threshold', 'The number that the value has to rise above.'),
              since: instant(
                'Since',
                `The beginning of the time that was checked, ${MAX_PREVIEW_DAYS} days ago at most.`,
              ),
              evaluations: integer('Evaluations', 'How often the value was calculated in that time.'),
              value: list('Value', 'The times at which a flow would have been called.', crossing),
            },
          }),
        ),
        403,
        404,
        ...(subject.kind === 'measure' ? ([422] as const) : []),
      ),
    },
  };
}

import { MAX_PREVIEW_DAYS, previewRequestSchemas } from '../../shared/subscriptions/preview-request.ts';
import { thresholdTriggers, triggers, type ThresholdTrigger } from '../../shared/triggers/trigger.ts';
import { ok, responses } from './responses.ts';
import { instant, integer, list, number, object, text } from './schemas.ts';
import { presentedBody } from './subscribe-body.ts';
import type { PathItem } from './swagger-document.ts';

const texts = {
  'segment-threshold-crossed': {
    operationId: 'PreviewSegmentThreshold',
    summary: 'Preview a threshold of a segment',
    of: 'segment',
    name: { segmentName: text('Segment', 'The segment that was looked at.') },
  },
  'measure-threshold-crossed': {
    operationId: 'PreviewMeasureThreshold',
    summary: 'Preview a threshold of a measure',
    of: 'measure',
    name: { measureName: text('Measure', 'The measure that was looked at.') },
  },
} as const satisfies Record<ThresholdTrigger, object>;

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
  const { operationId, summary, of, name } = texts[trigger];
  return {
    post: {
      operationId,
      summary,
      description: `This operation lists when a flow with this threshold of the ${of} would have been called recently.`,
      parameters: [presentedBody(previewRequestSchemas[trigger])],
      responses: responses(
        ok(
          'When a flow would have been called.',
          object('Preview', 'When a flow would have been called, newest first.', {
            always: {
              instanceId: text('Instance ID', 'The instance of it.'),
              ...name,
              displayName: text('Display Name', 'What a person knows it by.'),
              threshold: number('Threshold', 'The number that the value has to rise above.'),
              since: instant(
                'Since',
                `The beginning of the time that was looked at, ${MAX_PREVIEW_DAYS} days ago at most.`,
              ),
              evaluations: integer('Evaluations', 'How often the value was calculated in that time.'),
              value: list('Value', 'The times at which a flow would have been called.', crossing),
            },
          }),
        ),
        403,
        404,
        ...(triggers[trigger].subject.kind === 'measure' ? ([422] as const) : []),
      ),
    },
  };
}

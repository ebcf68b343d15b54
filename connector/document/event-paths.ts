import { eventProperties } from '../../shared/deliveries/attempt/callback-schemas.ts';
import { inQuery, instanceInQuery, pageSize } from './parameters.ts';
import { ok, responses } from './responses.ts';
import { list, object, swaggerSchema, text } from './schemas.ts';
import type { PathItem, Schema } from './swagger-document.ts';

const { properties, required } = eventProperties();
const eventSchema: Schema = {
  type: 'object',
  title: 'Event',
  description: 'The events that flows with this trigger received.',
  properties: Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, swaggerSchema(schema)])),
  required,
};

/** The operation with which a flow catches up on events that it missed while it was turned off. */
export const eventPaths: Readonly<Record<string, PathItem>> = {
  '/events': {
    get: {
      operationId: 'ListRecentEvents',
      summary: 'List recent events',
      description:
        'This operation lists what happened in an instance lately, newest first, so that a flow can catch up on what it missed.',
      'x-ms-pageable': { nextLinkName: 'nextLink' },
      parameters: [
        instanceInQuery,
        inQuery('since', 'The instant from which on events are listed; a day ago when left empty.', {
          format: 'date-time',
        }),
        pageSize,
      ],
      responses: responses(
        ok(
          'One page of events.',
          object('Events', 'One page of events, newest first.', {
            always: { value: list('Value', 'The events.', eventSchema) },
            maybe: { nextLink: text('Next Link', 'Where the next page is.', { 'x-ms-visibility': 'internal' }) },
          }),
        ),
        403,
        404,
      ),
    },
  },
};

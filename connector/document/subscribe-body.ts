import type { TObject } from '@sinclair/typebox';
import { labelOf } from '../../shared/input-labels.ts';
import { subscribeRequestSchemas } from '../../shared/subscriptions/subscribe-request.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { dropDown } from './drop-down.ts';
import { swaggerSchema } from './schemas.ts';
import type { BodyParameter, Schema } from './swagger-document.ts';

const ofInstance = { instanceId: 'body/instanceId' };

/**
 * How the designer shows each property of a subscribe body. The allowed values come from the schema
 * that validates requests.
 */
const shown: Readonly<Record<string, Schema>> = {
  callbackUrl: {
    description: 'Where the flow is called. The platform fills it in.',
    'x-ms-notification-url': true,
    'x-ms-visibility': 'internal',
  },
  instanceId: {
    description: 'The Customer Insights instance to watch.',
    'x-ms-visibility': 'important',
    ...dropDown({ operationId: 'ListInstances' }),
  },
  label: {
    description: 'A name to recognise the subscription of this flow by, shown in lists of subscriptions.',
    'x-ms-visibility': 'advanced',
  },
  dataSourceId: {
    description: 'The data source to watch; any data source of the instance when left empty.',
    'x-ms-visibility': 'important',
    ...dropDown({ operationId: 'ListDataSources', references: ofInstance }),
  },
  segmentName: {
    description: 'The segment to watch.',
    'x-ms-visibility': 'important',
    ...dropDown({ operationId: 'ListSegments', references: ofInstance }),
  },
  measureName: {
    description: 'The business measure to watch, one without dimension.',
    'x-ms-visibility': 'important',
    ...dropDown({ operationId: 'ListMeasures', references: ofInstance }),
  },
  threshold: {
    description: 'The flow is called when the value rises above this number; equal is not above.',
    'x-ms-visibility': 'important',
  },
  startedBy: {
    description: 'Which full refreshes call the flow: those of a schedule, those of a user, or any when left empty.',
    default: 'any',
    'x-ms-visibility': 'important',
  },
  days: {
    description: 'How many days to look back, 30 when left empty.',
    'x-ms-visibility': 'advanced',
  },
};

/** The body of a subscribe call. */
export function subscribeBody(trigger: Trigger): BodyParameter {
  return presentedBody(subscribeRequestSchemas[trigger]);
}

/** The body with texts for the designer. Throws an error for a property without texts. */
export function presentedBody(of: TObject): BodyParameter {
  const { properties = {}, ...schema } = swaggerSchema(of);
  const presented = Object.entries(properties).map(([name, property]) => {
    const [show, title] = [shown[name], labelOf(name)];
    if (show === undefined || title === undefined)
      throw new Error(`nothing says how a designer shows the property ${name}`);
    return [name, { ...property, title, ...show }];
  });
  return {
    name: 'body',
    in: 'body',
    required: true,
    schema: { ...schema, properties: Object.fromEntries(presented) as Record<string, Schema> },
  };
}

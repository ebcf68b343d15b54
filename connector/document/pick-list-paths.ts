import { instanceInPath } from './parameters.ts';
import { ok, responses } from './responses.ts';
import { list, number, object, text } from './schemas.ts';
import type { PathItem, Schema } from './swagger-document.ts';

/** The operations that fill the drop-downs. They are hidden from makers. */
export const pickListPaths: Readonly<Record<string, PathItem>> = {
  '/instances': pickList('ListInstances', 'instances', {
    instanceType: text('Instance Type', 'What kind of instance it is, such as production or sandbox.'),
  }),
  '/instances/{instanceId}/data-sources': pickList('ListDataSources', 'data sources'),
  '/instances/{instanceId}/segments': pickList('ListSegments', 'segments', {
    state: text('State', 'Whether the segment is active.'),
  }),
  '/instances/{instanceId}/measures': pickList('ListMeasures', 'business measures without dimension', {
    value: number('Value', 'The value of the last evaluation, when it is one number.'),
  }),
};

function pickList(operationId: string, things: string, maybe: Record<string, Schema> = {}): PathItem {
  const ofInstance = operationId !== 'ListInstances';
  const choice = object('Choice', 'One entry of the list.', {
    always: {
      id: text('ID', 'What a request names it by.'),
      name: text('Name', 'What a person knows it by.'),
      title: text('Title', 'The name with what helps to choose, such as a state or a size.'),
    },
    maybe,
  });
  return {
    get: {
      operationId,
      summary: `List ${things}`,
      description: `This operation lists the ${things}${ofInstance ? ' of an instance' : ' that the service can read'}.`,
      'x-ms-visibility': 'internal',
      ...(ofInstance && { parameters: [instanceInPath] }),
      responses: responses(
        ok(
          `The ${things}.`,
          object('Choices', 'A list to choose from.', { always: { value: list('Value', 'The entries.', choice) } }),
        ),
        ...(ofInstance ? ([403, 404] as const) : []),
      ),
    },
  };
}

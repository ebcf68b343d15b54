import type { LocatedOperation } from '../document/operations.ts';
import {
  answerSchema,
  inputLocations,
  operationLocations,
  operationsWhere,
  locationsWhere,
  schemaLocations,
} from './locations.ts';
import type { SchemaLocation } from './locations.ts';
import type { Connector } from './connector.ts';
import type { Rule } from './rule.ts';

/**
 * Rules for webhook triggers
 * (learn.microsoft.com/connectors/custom-connectors/create-webhook-trigger).
 */
export const webhookRules: readonly Rule[] = [
  {
    id: 'WebhookOperationsMissingNotificationUrlProperty',
    says: 'The body of a trigger has one property that the callback URL is put in.',
    find: (connector) => {
      const urls = notificationUrls(connector).filter(({ part }) => part === 'body');
      return operationsWhere(
        connector,
        (operation) =>
          isTrigger(operation) &&
          urls.filter((url) => url.operation.operation.operationId === operation.operation.operationId).length !== 1,
      );
    },
  },
  {
    id: 'NotificationUrlNotAllowedInThisPosition',
    says: 'The callback URL is a property of a trigger’s body and nothing else.',
    find: (connector) => [
      ...locationsWhere(
        notificationUrls(connector),
        ({ part, property, operation }) => part !== 'body' || property === undefined || !isTrigger(operation),
      ),
      ...locationsWhere(inputLocations(connector), ({ input }) => 'in' in input && 'x-ms-notification-url' in input),
    ],
  },
  {
    id: 'NotificationUrlNotString',
    says: 'The callback URL is a text.',
    find: (connector) => locationsWhere(notificationUrls(connector), ({ schema }) => schema.type !== 'string'),
  },
  {
    id: 'NotificationUrlNotInternal',
    says: 'No maker sees the callback URL.',
    find: (connector) => locationsWhere(notificationUrls(connector), ({ internal }) => !internal),
  },
  {
    id: 'NotificationUrlNotRequired',
    says: 'The callback URL is required, and so is all that it is in.',
    find: (connector) => locationsWhere(notificationUrls(connector), ({ required }) => !required),
  },
  {
    id: 'OperationMustHaveNotificationContentExtension',
    says: 'The path of a trigger, and no other, says what its flows are sent.',
    find: (connector) =>
      operationsWhere(
        connector,
        (operation) => isTrigger(operation) !== (operation.item['x-ms-notification-content'] !== undefined),
      ),
  },
  {
    id: 'NotificationContentDescriptionMissing',
    says: 'What flows are sent is described.',
    find: (connector) =>
      operationsWhere(connector, ({ item }) => item['x-ms-notification-content']?.description.trim() === ''),
  },
  {
    id: 'SchemaDefinitionSetIncorrectly',
    says: 'A trigger has the schema of what flows are sent, and none of the answer to its subscription.',
    find: (connector) =>
      operationsWhere(connector, (operation) => isTrigger(operation) && answerSchema(operation) !== undefined),
  },
  {
    id: 'TriggerNotPost',
    says: 'A flow subscribes by POST.',
    find: (connector) => operationsWhere(connector, (operation) => isTrigger(operation) && operation.method !== 'post'),
  },
  {
    id: 'TriggerNotSingle',
    says: 'A call back starts one run: batches are for triggers that poll.',
    find: (connector) => operationsWhere(connector, ({ operation }) => operation['x-ms-trigger'] === 'batch'),
  },
  {
    id: 'TriggerHintMissing',
    says: 'A trigger says how to make it happen.',
    find: (connector) =>
      operationsWhere(connector, (located) => isTrigger(located) && !located.operation['x-ms-trigger-hint']?.trim()),
  },
  {
    id: 'TriggerWithoutLocation',
    says: 'A subscription is answered with 201 and a Location, which the platform deletes.',
    find: (connector) =>
      operationsWhere(
        connector,
        (located) => isTrigger(located) && located.operation.responses['201']?.headers?.['Location']?.type !== 'string',
      ),
  },
  {
    id: 'TriggerWithoutUnsubscribe',
    says: 'Below the path of a trigger there is an internal DELETE, which the Location leads to.',
    find: (connector) =>
      operationsWhere(
        connector,
        (located) =>
          isTrigger(located) &&
          !operationLocations(connector).some(
            ({ path, method, operation }) =>
              method === 'delete' &&
              path === `${located.path}/{id}` &&
              operation['x-ms-visibility'] === 'internal' &&
              Object.keys(operation.responses).some((status) => ['200', '204'].includes(status)),
          ),
      ),
  },
  {
    id: 'NotificationExtensionNotAllowed',
    says: 'A trigger that has its own notification does not refer to that of another.',
    find: (connector) => operationsWhere(connector, ({ operation }) => 'x-ms-notification' in operation),
  },
];

export function isTrigger({ operation }: LocatedOperation): boolean {
  return operation['x-ms-trigger'] !== undefined;
}

function notificationUrls(connector: Connector): SchemaLocation[] {
  return schemaLocations(connector).filter(({ schema }) => schema['x-ms-notification-url'] !== undefined);
}

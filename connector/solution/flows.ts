import { triggers, type Trigger } from '../../shared/triggers/trigger.ts';
import { readExpressionOf, variables } from './environment-variables.ts';

/** A step of a flow: an operation of a connector. */
export interface Step {
  readonly name: string;
  readonly connector: 'own' | 'teams' | 'outlook';
  readonly operationId: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A cloud flow: one trigger of the connector, and steps that run in sequence. */
export interface Flow {
  readonly name: string;
  readonly trigger: Trigger;
  /**
   * The inputs of the trigger except the label. The names, such as `body/…`, are those of the
   * connector's definition.
   */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

export function operationOf({ trigger }: Flow): string {
  return triggers[trigger].operationId;
}

/** Formats a property of the callback for use within an expression. */
const fact = (name: string): string => `triggerOutputs()?['body/${name}']`;
/** Formats a property of the callback for use within a text. */
const shown = (name: string): string => `@{${fact(name)}}`;
/** Formats a text from Customer Insights for use in HTML. */
const html = (expression: string): string => `@{replace(replace(${expression}, '&', '&amp;'), '<', '&lt;')}`;
/** Formats a timestamp for people. */
const time = (name: string): string => `@{formatDateTime(${fact(name)}, 'yyyy-MM-dd HH:mm')} UTC`;
/** A prefix that marks test events. */
const test = `@{if(equals(${fact('test')}, true), 'Test: ', '')}`;

const instance = { 'body/instanceId': readExpressionOf(variables.instance) };
const segment = {
  ...instance,
  'body/segmentName': readExpressionOf(variables.segment),
  'body/threshold': readExpressionOf(variables.threshold),
};
const crossing =
  `<p><strong>${test}${html(fact('displayName'))} has ${shown('value')} members, more than ${shown('threshold')}.</strong><br>` +
  `Before it had ${shown('previousValue')}. Customer Insights counted them on ${time('evaluatedAt')}.</p>`;

/**
 * The two examples of Microsoft's page, a message about a segment to a team, and a report to the
 * people who maintain the data.
 */
export const flows: readonly Flow[] = [
  {
    name: 'Post to Teams when a data source refresh fails',
    trigger: 'data-source-refresh-failed',
    inputs: instance,
    steps: [
      post(
        `<p><strong>${test}The refresh of ${html(fact('dataSourceName'))} has failed.</strong><br>` +
          `It ended on ${time('endedAt')} (${shown('refreshStatus')}). ` +
          `${html(`coalesce(${fact('errorMessage')}, 'Customer Insights gives no reason.')`)}</p>`,
      ),
    ],
  },
  {
    name: 'Mail the data owners when a segment crosses its threshold',
    trigger: 'segment-threshold-crossed',
    inputs: segment,
    steps: [mail(`${test}${shown('displayName')} is above ${shown('threshold')}`, crossing)],
  },
  {
    name: 'Post to Teams when a segment crosses its threshold',
    trigger: 'segment-threshold-crossed',
    inputs: segment,
    steps: [post(crossing)],
  },
  {
    name: 'Mail a status report after a full refresh',
    trigger: 'full-refresh-completed',
    inputs: { ...instance, 'body/startedBy': 'any' },
    steps: [
      {
        name: 'Get_a_status_report',
        connector: 'own',
        operationId: 'GetStatusReport',
        parameters: { instanceId: readExpressionOf(variables.instance), reportType: 'dataSources' },
      },
      mail(
        `${test}Full refresh of Customer Insights: ${shown('status')}`,
        `<p>The full refresh of ${time('submittedAt')} ended on ${time('endedAt')}: ${shown('status')}.</p>` +
          `@{outputs('Get_a_status_report')?['body/html']}`,
      ),
    ],
  },
];

function post(message: string): Step {
  return {
    name: 'Post_message_in_a_channel',
    connector: 'teams',
    operationId: 'PostMessageToConversation',
    parameters: {
      poster: 'Flow bot',
      location: 'Channel',
      'body/recipient/groupId': readExpressionOf(variables.team),
      'body/recipient/channelId': readExpressionOf(variables.channel),
      'body/messageBody': message,
    },
  };
}

function mail(subject: string, body: string): Step {
  return {
    name: 'Send_an_email_(V2)',
    connector: 'outlook',
    operationId: 'SendEmailV2',
    parameters: {
      'emailMessage/To': readExpressionOf(variables.owners),
      'emailMessage/Subject': subject,
      'emailMessage/Body': body,
    },
  };
}

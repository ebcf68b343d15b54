import {
  contosoInstanceId,
  contosoSandboxInstanceId,
  crmDataSourceId,
} from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { ProblemCode } from '../../shared/problem.ts';

/**
 * Something that a maker gets wrong, and the answer that it has to get. The words of the answer are
 * in the document that is made of this.
 */
export interface Mistake {
  /** The operation of the connector. */
  readonly operationId: string;
  /** What the maker does. */
  readonly made: string;
  /**
   * By name: what stands in the path or the query, and the body as `body`. Without `callbackUrl`
   * and `instanceId` a trigger gets good ones.
   */
  readonly inputs: Readonly<Record<string, unknown>>;
  /**
   * The code of the refusal; `warned`: it is done, with a warning; `done`: the service understands
   * it all the same.
   */
  readonly answer: ProblemCode | 'warned' | 'done';
  /** Who must have settings of their own to be answered so. */
  readonly where?:
    'one-instance-allowed' | 'data-actions-off' | 'two-calls-allowed' | 'insights-down' | 'one-subscription-allowed';
}

const nobody = '99999999-9999-4999-8999-999999999999';
const instanceId = contosoInstanceId;
const callbackUrl =
  'https://prod-12.westeurope.logic.azure.com:443/workflows/0123456789abcdef0123456789abcdef/triggers/T/versions/1/run?sig=secret';

type Row = readonly [
  made: string,
  inputs: Readonly<Record<string, unknown>>,
  answer: Mistake['answer'],
  where?: Mistake['where'],
];

function of(operationId: string, always: Readonly<Record<string, unknown>>, rows: readonly Row[]): Mistake[] {
  return rows.map(([made, inputs, answer, where]) => ({
    operationId,
    made,
    inputs: { ...always, ...inputs },
    answer,
    ...(where && { where }),
  }));
}

/** Mistakes of a trigger or a preview: what is given is a part of the body. */
function inBody(operationId: string, always: Readonly<Record<string, unknown>>, rows: readonly Row[]): Mistake[] {
  const whole = rows.map(([made, more, ...rest]): Row => [
    made,
    'body' in more ? more : { body: { ...always, ...more } },
    ...rest,
  ]);
  return of(operationId, {}, whole);
}

const segment = { callbackUrl, instanceId, segmentName: 'ChurnRisk', threshold: 150 };
const measure = { callbackUrl, instanceId, measureName: 'TotalRevenue', threshold: 2_000_000 };
const any = { callbackUrl, instanceId };
const customers = { instanceId, entity: 'Customer' };

/** One table: the document is made of it, and the functions are asked each of it. */
export const mistakes: readonly Mistake[] = [
  ...inBody('SegmentThresholdCrossed', segment, [
    ['the display name in the place of the name', { segmentName: 'Churn risk' }, 'segment-unknown'],
    ['the name in another case', { segmentName: 'churnrisk' }, 'segment-unknown'],
    ['a slip in the name', { segmentName: 'ChurnRisc' }, 'segment-unknown'],
    ['the name of a measure', { segmentName: 'TotalRevenue' }, 'segment-unknown'],
    ['blanks around the name', { segmentName: ' ChurnRisk ' }, 'done'],
    ['no segment', { segmentName: '' }, 'body-invalid'],
    ['no threshold', { threshold: null }, 'body-invalid'],
    ['a threshold with a group separator', { threshold: '1,500' }, 'body-invalid'],
    ['an expression that gives a text for the threshold', { threshold: '150' }, 'body-invalid'],
    ['a threshold below 0', { threshold: -1 }, 'warned'],
    ['a threshold that the segment is above already', { threshold: 40 }, 'warned'],
    ['an inactive segment', { segmentName: 'LapsedCustomers' }, 'warned'],
    ['the name of the instance in the place of its id', { instanceId: 'Contoso' }, 'body-invalid'],
    ['an instance that was deleted', { instanceId: nobody }, 'instance-unknown'],
    [
      'an instance that the operator does not allow',
      { instanceId: contosoSandboxInstanceId },
      'instance-not-allowed',
      'one-instance-allowed',
    ],
    ['an input of another trigger', { measureName: 'TotalRevenue' }, 'body-invalid'],
    ['a label that is too long', { label: 'x'.repeat(257) }, 'body-invalid'],
    ['a label of blanks alone', { label: '   ' }, 'done'],
    [
      'by hand: a callback URL without https',
      { callbackUrl: callbackUrl.replace('https', 'http').replace(':443', '') },
      'callback-url-not-allowed',
    ],
    [
      'by hand: a callback URL of another host',
      { callbackUrl: 'https://example.com/hook' },
      'callback-url-not-allowed',
    ],
    ['by hand: no callback URL', { callbackUrl: undefined }, 'body-invalid'],
    ['by hand: a body that is not JSON', { body: 'segmentName=ChurnRisk' }, 'body-invalid'],
    ['one flow more than the connection may have', {}, 'subscriptions-exhausted', 'one-subscription-allowed'],
    ['more calls than the connection may make', {}, 'too-many-calls', 'two-calls-allowed'],
    ['a save while Customer Insights is down', {}, 'customer-insights-unavailable', 'insights-down'],
  ]),
  ...inBody('MeasureThresholdCrossed', measure, [
    ['a measure with a dimension', { measureName: 'RevenueByCountry' }, 'measure-has-dimension'],
    ['a customer measure', { measureName: 'CustomerLifetimeValue' }, 'measure-has-dimension'],
    ['a slip in the name', { measureName: 'TotalRevenues' }, 'measure-unknown'],
    ['the name of a segment', { measureName: 'ChurnRisk' }, 'measure-unknown'],
    ['a measure whose value is a text', { measureName: 'BestSeller' }, 'warned'],
    ['a measure whose value is a date', { measureName: 'LastOrder' }, 'warned'],
    ['a threshold below 0 for a measure that counts', { measureName: 'ActiveCustomers', threshold: -5 }, 'warned'],
    ['a threshold that the value is above already', { threshold: 1_000_000 }, 'warned'],
    ['no threshold', { threshold: undefined }, 'body-invalid'],
  ]),
  ...inBody('DataSourceRefreshFailed', any, [
    ['the name of the data source in the place of its id', { dataSourceId: 'Contoso CRM' }, 'data-source-unknown'],
    ['a data source that was deleted', { dataSourceId: nobody }, 'data-source-unknown'],
    ['a star for any data source', { dataSourceId: '*' }, 'body-invalid'],
    ['an empty box for any data source', { dataSourceId: '' }, 'done'],
    ['an inactive data source', { dataSourceId: 'OLD' }, 'warned'],
    ['a threshold', { threshold: 3 }, 'body-invalid'],
  ]),
  ...inBody('DataSourceRefreshSucceeded', any, [
    ['the id of another instance', { dataSourceId: nobody }, 'data-source-unknown'],
    ['blanks around the id', { dataSourceId: ` ${crmDataSourceId} ` }, 'done'],
    ['a segment', { segmentName: 'ChurnRisk' }, 'body-invalid'],
  ]),
  ...inBody('FullRefreshCompleted', any, [
    ['another word for who started it', { startedBy: 'manual' }, 'body-invalid'],
    ['the word in another case', { startedBy: 'Schedule' }, 'body-invalid'],
    ['a schedule on a sandbox instance', { instanceId: contosoSandboxInstanceId, startedBy: 'schedule' }, 'warned'],
    ['any on a sandbox instance', { instanceId: contosoSandboxInstanceId }, 'warned'],
    ['a data source', { dataSourceId: crmDataSourceId }, 'body-invalid'],
  ]),
  ...inBody('UnificationRefreshCompleted', any, [
    ['no instance', { instanceId: '' }, 'body-invalid'],
    ['an instance that does not exist', { instanceId: nobody }, 'instance-unknown'],
    ['who started it, which this trigger does not ask', { startedBy: 'user' }, 'body-invalid'],
  ]),
  ...of('ListSubscriptions', { trigger: 'segment-threshold-crossed' }, [
    ['a trigger that there is not', { trigger: 'segments' }, 'trigger-unknown'],
    ['a page of nothing', { top: 0 }, 'query-invalid'],
    ['a word for a number', { top: 'all' }, 'query-invalid'],
    ['by hand: a parameter that there is not', { $top: 5 }, 'query-invalid'],
    ['by hand: a next page that nobody linked to', { next: 'page2' }, 'query-invalid'],
  ]),
  ...of('SendTestEvent', { trigger: 'segment-threshold-crossed' }, [
    ['a slip in the label', { id: 'Churn alarn' }, 'subscription-unknown'],
    ['a label that several flows have', { id: 'Twice' }, 'label-ambiguous'],
    ['a label in another case', { id: 'churn ALARM' }, 'done'],
    ['the trigger of another flow', { trigger: 'full-refresh-completed', id: 'Churn alarm' }, 'subscription-unknown'],
    ['the id of a subscription of another connection', { id: 'THEIRS' }, 'subscription-unknown'],
    ['the id of a version of the flow that was replaced', { id: 'SUPERSEDED' }, 'subscription-ended'],
  ]),
  ...of('DeleteSubscription', { trigger: 'segment-threshold-crossed' }, [
    ['a subscription that is gone already', { id: 'sub_1' }, 'done'],
    ['a trigger that there is not', { trigger: 'segments', id: 'sub_1' }, 'trigger-unknown'],
  ]),
  ...inBody('PreviewSegmentThreshold', { instanceId, segmentName: 'ChurnRisk', threshold: 150 }, [
    ['more days than there is history', { days: 90 }, 'body-invalid'],
    ['half a day', { days: 0.5 }, 'body-invalid'],
    ['a slip in the name', { segmentName: 'ChurnRisks' }, 'segment-unknown'],
  ]),
  ...inBody('PreviewMeasureThreshold', { instanceId, measureName: 'TotalRevenue', threshold: 1 }, [
    ['a measure with a dimension', { measureName: 'RevenueByCountry' }, 'measure-has-dimension'],
    ['a slip in the name', { measureName: 'TotalRevenu' }, 'measure-unknown'],
    ['a label, which only a subscription has', { label: 'x' }, 'body-invalid'],
  ]),
  ...of('ListRecentEvents', { instanceId }, [
    ['no instance', { instanceId: undefined }, 'query-invalid'],
    ['the name of the instance', { instanceId: 'Contoso' }, 'query-invalid'],
    ['a word for an instant', { since: 'yesterday' }, 'query-invalid'],
    ['a date as it is written at home', { since: '23.11.2026' }, 'query-invalid'],
    ['a page that is too long', { top: 500 }, 'query-invalid'],
  ]),
  ...of('GetEntities', {}, [['an instance that does not exist', { instanceId: nobody }, 'instance-unknown']]),
  ...of('GetItems', customers, [
    ['a slip in the name of the entity', { entity: 'Customers' }, 'entity-unknown'],
    ['the name of an ingested table without its source', { entity: 'Contact' }, 'entity-unknown'],
    ['a filter that is no OData', { $filter: 'CustomerId = 1' }, 'call-refused'],
    ['a filter on an ingested table', { entity: 'INGESTED', $filter: "Id eq '1'" }, 'call-refused'],
    [
      'a filter on a field that cannot be filtered',
      { entity: 'UnifiedActivity', $filter: "Title eq 'x'" },
      'call-refused',
    ],
    ['a word for a number', { $top: 'all' }, 'query-invalid'],
    ['by hand: an option without its $', { filter: "CustomerId eq '1'" }, 'query-invalid'],
    ['search and expand together', { $search: '"Anna"', $expand: 'UnifiedActivity' }, 'call-refused'],
    ['the action while the operator has it switched off', {}, 'data-actions-off', 'data-actions-off'],
  ]),
  ...of('GetItem', customers, [
    ['a key that there is not', { itemId: 'nobody' }, 'item-unknown'],
    ['an entity that there is not', { entity: 'Customr', itemId: '1' }, 'entity-unknown'],
  ]),
  ...of('CreateItem', { instanceId, entity: 'UnifiedActivity' }, [
    ['several items at once', { body: [{ ActivityId: '1' }, { ActivityId: '2' }] }, 'body-invalid'],
    ['by hand: nothing in the body', { body: '' }, 'body-invalid'],
    ['an item that is there already', { body: { ActivityId: 'twice', CustomerId: '1' } }, 'item-exists'],
    ['an item without a key', { body: { CustomerId: '1' } }, 'call-refused'],
    ['an entity that cannot be written', { entity: 'ChurnRisk', body: { CustomerId: '1' } }, 'call-refused'],
  ]),
  ...of('UpdateItem', customers, [
    ['a key that there is not', { itemId: 'nobody', body: { FirstName: 'Ada' } }, 'item-unknown'],
    [
      'an item for an activity, which nobody can change',
      { entity: 'UnifiedActivity', itemId: '1', body: { Title: 'x' } },
      'call-refused',
    ],
    [
      'a validity that is too long',
      { itemId: 'FIRST', validUntil: '2027-12-31T00:00:00Z', body: { FirstName: 'Ada' } },
      'call-refused',
    ],
  ]),
  ...of('ListPartitions', { instanceId }, [
    ['a slip in the name of the entity', { entity: 'Custommer' }, 'entity-unknown'],
  ]),
  ...of('GetPartitionData', customers, [
    ['a partition that the last refresh replaced', { partitionId: 'old' }, 'partition-unknown'],
    ['more rows than an answer holds', { partitionId: '1', top: 10_000 }, 'query-invalid'],
  ]),
  ...of('GetStatusReport', { instanceId }, [
    ['no report type', {}, 'query-invalid'],
    ['a report type in another case', { reportType: 'Segments' }, 'query-invalid'],
    ['a report type that there is not', { reportType: 'users' }, 'query-invalid'],
  ]),
];

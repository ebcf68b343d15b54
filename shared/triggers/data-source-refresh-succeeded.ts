import {
  dataSourcePayload,
  dataSourceRecipients,
  dataSourceSentence,
  dataSourceTitle,
  sampleRefresh,
} from './data-source-refresh.ts';
import { dataSource } from './subject-kinds.ts';
import type { TriggerRecord } from './trigger-record.ts';

const payload = dataSourcePayload('successful');

/** The refresh of a data source, which Customer Insights calls an ingestion, succeeded. */
export const dataSourceRefreshSucceeded = {
  // Stored in keys and ids, so it never changes.
  code: 'b',
  operationId: 'DataSourceRefreshSucceeded',
  subject: dataSource,
  hasThreshold: false,
  source: 'jobs',
  operationType: 'ingestion',
  texts: {
    summary: 'When a data source refresh succeeds',
    description: 'This operation triggers when the refresh of a data source has ended successfully.',
    hint: 'To see it work now, refresh a data source by hand.',
    unsubscribe: 'Unsubscribe from successful data source refreshes',
    notification: 'The data source refresh that succeeded.',
  },
  payload,
  title: (subscription) => `${dataSourceTitle(subscription)} succeeds`,
  recipients: dataSourceRecipients,
  sentence: dataSourceSentence,
  sample: (subscription) => sampleRefresh(subscription, 'successful'),
} as const satisfies TriggerRecord<typeof dataSource.inputs, typeof payload>;

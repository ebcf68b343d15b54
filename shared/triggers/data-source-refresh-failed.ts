import { Type } from '@sinclair/typebox';
import {
  dataSourcePayload,
  dataSourceRecipients,
  dataSourceSentence,
  dataSourceTitle,
  sampleRefresh,
} from './data-source-refresh.ts';
import { text } from './payload-schema.ts';
import { dataSource } from './subject-kinds.ts';
import type { TriggerRecord } from './trigger-record.ts';

const payload = {
  ...dataSourcePayload('failed', 'timedOut'),
  errorMessage: Type.Optional(text('Error Message', 'What Customer Insights says went wrong, when it says so.')),
};

/**
 * The refresh of a data source, which Customer Insights calls an ingestion, failed or timed out,
 * and Customer Insights does not retry it.
 */
export const dataSourceRefreshFailed = {
  // Stored in keys and ids, so it never changes.
  code: 'a',
  operationId: 'DataSourceRefreshFailed',
  subject: dataSource,
  hasThreshold: false,
  source: 'jobs',
  operationType: 'ingestion',
  texts: {
    summary: 'When a data source refresh fails',
    description:
      'This operation triggers when the refresh of a data source has failed or timed out and will not be tried again.',
    hint: 'To see it work now, refresh a data source whose credentials have expired.',
    unsubscribe: 'Unsubscribe from failed data source refreshes',
    notification: 'The data source refresh that failed.',
  },
  payload,
  title: (subscription) => `${dataSourceTitle(subscription)} fails`,
  recipients: dataSourceRecipients,
  sentence: dataSourceSentence,
  sample: (subscription) => ({
    ...sampleRefresh(subscription, 'failed'),
    errorMessage: 'This is a test. Nothing failed.',
  }),
} as const satisfies TriggerRecord<typeof dataSource.inputs, typeof payload>;

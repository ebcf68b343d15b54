import { dataSource } from './subject-kinds.ts';
import type { TriggerRecord } from './trigger-record.ts';

/** An ingestion of a data source ended failed or timed out, and Customer Insights does not retry it. */
export const dataSourceRefreshFailed = {
  code: 'a',
  operationId: 'DataSourceRefreshFailed',
  subject: dataSource,
  hasThreshold: false,
  source: 'jobs',
} as const satisfies TriggerRecord<typeof dataSource.inputs>;

import { dataSource } from './subject-kinds.ts';
import type { TriggerRecord } from './trigger-record.ts';

/** An ingestion of a data source ended successful. */
export const dataSourceRefreshSucceeded = {
  code: 'b',
  operationId: 'DataSourceRefreshSucceeded',
  subject: dataSource,
  hasThreshold: false,
  source: 'jobs',
} as const satisfies TriggerRecord<typeof dataSource.inputs>;

import { Type } from '@sinclair/typebox';
import { ANY_SUBJECT } from './any-subject.ts';
import { instant, oneOf, text } from './payload-schema.ts';
import { ending, originalStatus, SAMPLE_ID, type RefreshStatus } from './refresh-payload.ts';
import type { RecipientSubject, Sampled, Titled } from './trigger-record.ts';

/**
 * The properties that the payloads of both data source triggers have in common. `statuses` are the
 * final statuses that fire the trigger.
 */
export function dataSourcePayload<S extends RefreshStatus>(...statuses: readonly S[]) {
  return {
    dataSourceId: text('Data Source ID', 'The data source that was refreshed.'),
    dataSourceName: text('Data Source Name', 'The name of the data source as Customer Insights shows it.'),
    refreshStatus: oneOf('Refresh Status', 'How the refresh ended.', ...statuses),
    originalStatus,
    endedAt: instant('Ended At', 'When the refresh ended.'),
    jobId: Type.Optional(text('Job ID', 'The job that refreshed the data source, when it is known.')),
  };
}

/** The data source that a subscription waits for, such as `Contoso CRM`, or `Any data source`. */
export function dataSourceTitle({ subject, subjectName }: Titled): string {
  return subject === ANY_SUBJECT ? 'Any data source' : subjectName;
}

/**
 * The recipients of an event: the subscriptions to its data source, then those to any data source.
 */
export function dataSourceRecipients({ dataSourceId }: { readonly dataSourceId: string }): RecipientSubject[] {
  return [{ subject: dataSourceId }, { subject: ANY_SUBJECT }];
}

/** What happened: `refresh of Contoso CRM failed: The password has expired.` */
export function dataSourceSentence(refresh: {
  readonly dataSourceName: string;
  readonly refreshStatus: RefreshStatus;
  readonly originalStatus?: string;
  readonly errorMessage?: string;
}): string {
  const why = refresh.errorMessage === undefined ? '' : `: ${refresh.errorMessage}`;
  return `refresh of ${refresh.dataSourceName} ${ending(refresh.refreshStatus, refresh.originalStatus)}${why}`;
}

/**
 * The facts of a test event: a refresh of the subscription's data source ended with this status. A
 * subscription to any data source gets an invented data source.
 */
export function sampleRefresh<S extends RefreshStatus>({ subject, occurredAt }: Sampled, refreshStatus: S) {
  const source =
    subject === ANY_SUBJECT
      ? { dataSourceId: SAMPLE_ID, dataSourceName: 'Sample data source' }
      : { dataSourceId: subject, dataSourceName: subject };
  return { ...source, refreshStatus, endedAt: occurredAt, jobId: SAMPLE_ID };
}

import type { TriggerSegment } from '../../../sandbox/flow-platform/notification-schemas.ts';

export type Notification = Record<string, unknown>;

const common = {
  eventId: 'event-1',
  deliveryId: 'delivery-1',
  subscriptionId: 'subscription-1',
  instanceId: '11111111-2222-3333-4444-555555555555',
  occurredAt: '2026-01-02T03:04:05.678Z',
};
const threshold = {
  displayName: 'Gold customers',
  threshold: 100,
  previousValue: 99,
  value: 101.5,
  evaluatedAt: '2026-01-02T03:04:05Z',
};
const endedAt = '2026-01-02T03:04:05Z';
const dataSource = { dataSourceId: 'source-1', dataSourceName: 'CRM', endedAt };

/** A callback body with every required property and none besides, per trigger. */
export const leastNotifications: Readonly<Record<TriggerSegment, Notification>> = {
  'data-source-refresh-failed': {
    ...common,
    trigger: 'data-source-refresh-failed',
    ...dataSource,
    refreshStatus: 'timedOut',
  },
  'data-source-refresh-succeeded': {
    ...common,
    trigger: 'data-source-refresh-succeeded',
    ...dataSource,
    refreshStatus: 'successful',
  },
  'segment-threshold-crossed': {
    ...common,
    trigger: 'segment-threshold-crossed',
    segmentName: 'Gold_customers',
    ...threshold,
  },
  'measure-threshold-crossed': {
    ...common,
    trigger: 'measure-threshold-crossed',
    measureName: 'Total_revenue',
    ...threshold,
  },
  'full-refresh-completed': {
    ...common,
    trigger: 'full-refresh-completed',
    jobId: 'job-1',
    status: 'failed',
    submittedAt: '2026-01-02T02:00:00Z',
    endedAt,
  },
  'unification-refresh-completed': {
    ...common,
    trigger: 'unification-refresh-completed',
    status: 'successful',
    submissionKind: 'onDemand',
    endedAt,
  },
};

export const segmentNotification = leastNotifications['segment-threshold-crossed'];

export const segmentFlow = {
  name: 'Mail the sales team',
  trigger: 'segment-threshold-crossed',
  input: { instanceId: common.instanceId, segmentName: 'Gold_customers', threshold: 100 },
} as const;

import type { Control } from './customer-insights/control/control.ts';
import {
  contosoInstanceId as instanceId,
  crmDataSourceId,
  loyaltyDataSourceId,
} from './customer-insights/seed/seeded-instances.ts';
import type { FlowDefinition } from './flow-platform/flow.ts';

/**
 * A flow, and an occurrence in Customer Insights that calls this flow and no other flow of the
 * tour.
 */
export interface TourStop {
  readonly flow: FlowDefinition;
  /** The occurrence, as a sentence without a full stop. */
  readonly change: string;
  readonly makeChange: (control: Control) => void;
}

/** All triggers, once each, on the initial data of the Customer Insights sandbox. */
export const firstTour: readonly TourStop[] = [
  {
    flow: {
      name: 'Invite new VIPs',
      trigger: 'segment-threshold-crossed',
      input: { instanceId, segmentName: 'HighValueCustomers', threshold: 50 },
      label: 'VIP programme',
    },
    change: 'the segment HighValueCustomers is evaluated: 57 members instead of 42',
    makeChange: (control) =>
      void control.setMemberCount({ instanceId, segmentName: 'HighValueCustomers', memberCount: 57 }),
  },
  {
    flow: {
      name: 'Ring the sales bell',
      trigger: 'measure-threshold-crossed',
      input: { instanceId, measureName: 'TotalRevenue', threshold: 1_300_000 },
    },
    change: 'the measure TotalRevenue is evaluated: 1,310,200.50 instead of 1,250,340.75',
    makeChange: (control) =>
      void control.setMeasureValue({ instanceId, measureName: 'TotalRevenue', value: 1_310_200.5 }),
  },
  {
    flow: {
      name: 'Alert the data team',
      trigger: 'data-source-refresh-failed',
      input: { instanceId, dataSourceId: crmDataSourceId },
    },
    change: 'the data source Contoso CRM cannot be refreshed: its password has expired',
    makeChange: (control) =>
      void control.refreshDataSource({
        instanceId,
        dataSourceId: crmDataSourceId,
        end: 'failed',
        error: 'The password has expired.',
      }),
  },
  {
    flow: {
      name: 'Thank loyal customers',
      trigger: 'data-source-refresh-succeeded',
      input: { instanceId, dataSourceId: loyaltyDataSourceId },
    },
    change: 'the data source Loyalty programme is refreshed',
    makeChange: (control) => void control.refreshDataSource({ instanceId, dataSourceId: loyaltyDataSourceId }),
  },
  {
    flow: {
      name: 'Mail the morning report',
      trigger: 'full-refresh-completed',
      input: { instanceId },
    },
    change: 'the scheduled full refresh ends: it failed, because of the data source Loyalty programme',
    // The refresh fails, because a success would also call the flows for Loyalty programme and for
    // the unification.
    makeChange: (control) =>
      void control.refreshAll({
        instanceId,
        submission: 'scheduled',
        end: 'failed',
        failsAt: { operationType: 'ingestion', identifier: loyaltyDataSourceId },
      }),
  },
  {
    flow: { name: 'Rebuild households', trigger: 'unification-refresh-completed', input: { instanceId } },
    change: 'the unification has run',
    makeChange: (control) => void control.unify({ instanceId }),
  },
];

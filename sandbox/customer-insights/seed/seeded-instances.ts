import type { Clock } from '../../../shared/clock.ts';
import { addDataSource } from '../state/data-sources.ts';
import type { NewDataSource } from '../state/data-sources.ts';
import type { InstanceMetadata } from '../state/documented-shapes.ts';
import { newRevision } from '../state/instance.ts';
import type { Instance } from '../state/instance.ts';
import { addMeasure } from '../state/measures.ts';
import type { NewMeasure } from '../state/measures.ts';
import type { Ports } from '../state/ports.ts';
import { runJob } from '../state/run-job.ts';
import { addSegment, evaluateSegment, findSegment } from '../state/segments.ts';
import { seededIngestedTables } from './ingested-tables.ts';
import { seededActivities, seededCustomers } from './people.ts';

/** The production instance "Contoso". */
export const contosoInstanceId = '0f1e2d3c-4b5a-4968-8776-655443322110';
/** "Contoso Sandbox", of type sandbox, so it has no schedule. */
export const contosoSandboxInstanceId = '1a2b3c4d-5e6f-4708-9192-a3b4c5d6e7f8';

export const crmDataSourceId = '11111111-aaaa-4aaa-8aaa-000000000001';
export const storeDataSourceId = '22222222-bbbb-4bbb-8bbb-000000000002';
export const loyaltyDataSourceId = '33333333-cccc-4ccc-8ccc-000000000003';
/** The only data source of the sandbox instance. */
export const sandboxCrmDataSourceId = '44444444-dddd-4ddd-8ddd-000000000004';

const dayMs = 24 * 3_600_000;

export interface NewInstance {
  /** In lower case. */
  readonly instanceId: string;
  readonly name: string;
  readonly instanceType: 'production' | 'sandbox';
}

interface Seed extends NewInstance {
  readonly customers: number;
  readonly dataSources: readonly NewDataSource[];
  /** The member count on each of the last three days. */
  readonly segments: readonly { name: string; displayName: string; counts: readonly [number, number, number] }[];
  readonly inactiveSegment?: { name: string; displayName: string; memberCount: number };
  readonly measures: readonly (NewMeasure & { values?: readonly [string, string, string] })[];
}

const contoso: Seed = {
  instanceId: contosoInstanceId,
  name: 'Contoso',
  instanceType: 'production',
  customers: 260,
  dataSources: [
    { dataSourceId: crmDataSourceId, name: 'ContosoCRM', displayName: 'Contoso CRM', entityNames: ['Contacts'] },
    { dataSourceId: storeDataSourceId, name: 'OnlineStore', displayName: 'Online store', entityNames: ['Purchases'] },
    { dataSourceId: loyaltyDataSourceId, name: 'Loyalty', displayName: 'Loyalty programme', entityNames: ['Members'] },
  ],
  segments: [
    { name: 'HighValueCustomers', displayName: 'High value customers', counts: [38, 40, 42] },
    { name: 'ChurnRisk', displayName: 'Churn risk', counts: [131, 124, 118] },
    { name: 'NewsletterReaders', displayName: 'Newsletter readers', counts: [170, 173, 175] },
  ],
  inactiveSegment: { name: 'LapsedCustomers', displayName: 'Lapsed customers', memberCount: 31 },
  measures: [
    { name: 'TotalRevenue', displayName: 'Total revenue', values: ['1248112.10', '1249876.55', '1250340.75'] },
    {
      name: 'ActiveCustomers',
      displayName: 'Active customers',
      operation: 'countDistinct',
      field: 'Customer.CustomerId',
      values: ['229', '230', '231'],
    },
    { name: 'RevenueByCountry', displayName: 'Revenue by country', form: 'byDimension' },
    { name: 'CustomerLifetimeValue', displayName: 'Customer lifetime value', form: 'perCustomer' },
  ],
};

const contosoSandbox: Seed = {
  instanceId: contosoSandboxInstanceId,
  name: 'Contoso Sandbox',
  instanceType: 'sandbox',
  customers: 120,
  dataSources: [
    { dataSourceId: sandboxCrmDataSourceId, name: 'ContosoCRM', displayName: 'Contoso CRM', entityNames: ['Contacts'] },
  ],
  segments: [{ name: 'TestAudience', displayName: 'Test audience', counts: [10, 11, 12] }],
  measures: [
    { name: 'AverageSpend', displayName: 'Average spend', operation: 'avg', values: ['19.10', '19.80', '19.95'] },
  ],
};

/**
 * The initial instances of a sandbox. Each of the last three days had a full refresh (scheduled on
 * production), so lists, histories and jobs are not empty.
 */
export function seededInstances(ports: Ports): Instance[] {
  return [seededInstance(contoso, ports), seededInstance(contosoSandbox, ports)];
}

function seededInstance(seed: Seed, { clock, random }: Ports): Instance {
  const nowMs = clock.now();
  const daysAgo = (days: number): Ports => ({ random, clock: stoppedClock(nowMs - days * dayMs) });
  const instance = emptyInstance(seed, new Date(nowMs - 4 * dayMs).toISOString());
  for (const dataSource of seed.dataSources) addDataSource(instance, dataSource, daysAgo(4));
  for (const segment of seed.segments) addSegment(instance, segment, daysAgo(4));
  for (const measure of seed.measures) addMeasure(instance, measure, daysAgo(4));
  if (seed.inactiveSegment !== undefined) {
    const { name, memberCount } = seed.inactiveSegment;
    addSegment(instance, seed.inactiveSegment, daysAgo(4));
    const segment = findSegment(instance, name);
    evaluateSegment(segment, { kind: 'succeeded', memberCount }, daysAgo(4));
    segment.state = 'inactive';
  }
  for (const day of [0, 1, 2] as const) {
    const counts = seed.segments.map(({ name, counts }) => [name, counts[day]] as const);
    const values = seed.measures.flatMap(({ name, values }) =>
      values === undefined ? [] : [[name, values[day]] as const],
    );
    runJob(
      instance,
      {
        operationType: 'all',
        submission: seed.instanceType === 'sandbox' ? 'onDemand' : 'scheduled',
        end: 'successful',
        memberCounts: Object.fromEntries(counts),
        measureValues: Object.fromEntries(values),
      },
      daysAgo(3 - day),
    );
  }
  const refreshTime = new Date(nowMs - dayMs).toISOString();
  const customers = seededCustomers(seed.customers, refreshTime);
  instance.tables.push(customers, seededActivities(customers, refreshTime));
  instance.tables.push(...seededIngestedTables(instance.dataSources, customers, refreshTime));
  return instance;
}

/** Creates an empty instance. An instance of type production has a daily schedule. */
export function emptyInstance({ instanceId, name, instanceType }: NewInstance, createdAt: string): Instance {
  const schedule = {
    isActive: true,
    timezoneId: 'UTC',
    cronSchedules: ['0 0 2 * * *'],
    scheduleId: '9c8b7a69-5847-4635-8241-302f1e0d0c0b',
    instanceId,
  };
  const scheduled = instanceType === 'production';
  const metadata: InstanceMetadata = {
    isB2B: false,
    isB2C: true,
    name,
    provisioningState: 'active',
    instanceType,
    refreshSchedule: scheduled ? schedule : null,
    expiryTimeUtc: null,
    region: 'westeurope',
    cdsOrgInfo: {
      friendlyName: name,
      url: `https://${name.toLowerCase().replaceAll(' ', '-')}.crm4.dynamics.example`,
      state: 'Ready',
      location: 'europe',
      environmentSku: instanceType === 'sandbox' ? 'Sandbox' : 'Production',
    },
    platformType: 'dynamics365',
    azureRegion: 'westeurope',
    ...newRevision(instanceId, createdAt),
  };
  const workflowSchedule = {
    operationType: 'all',
    subType: 'noSubType',
    identifiers: [],
    jobType: 'full',
    ...schedule,
  };
  return {
    metadata,
    dataSources: [],
    segments: [],
    measures: [],
    inactiveMeasures: new Set(),
    jobs: [],
    tasks: [],
    nodes: new Map(),
    schedules: scheduled ? [workflowSchedule] : [],
    tables: [],
    realTimeChanges: [],
  };
}

function stoppedClock(atMs: number): Clock {
  return { now: () => atMs, sleep: () => Promise.reject(new Error('The seed does not wait.')) };
}

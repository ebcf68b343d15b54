import type { Clock } from '../clock.ts';
import type { OutboxEntry } from '../events/outbox-entry.ts';
import { CustomerInsightsError, type CustomerInsights, type Instance } from '../insights/customer-insights.ts';
import type { Log } from '../log.ts';
import { nearestNames } from '../nearest-names.ts';
import type { Random } from '../random.ts';
import type { SubjectReading } from '../subscriptions/subscribe.ts';
import type { Subject } from '../triggers/subject.ts';
import { ANY_SUBJECT } from '../triggers/any-subject.ts';
import { startedByOf, type StartedBy } from '../triggers/started-by.ts';
import {
  hasThreshold,
  triggers,
  type RefreshTrigger,
  type ThresholdTrigger,
  type Trigger,
} from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import { commitReadings } from './commit.ts';
import type { InstanceState, ValueSubject } from './instance-state.ts';
import { unknownSubject } from './unknown-subject.ts';
import { takeSnapshot } from './snapshot.ts';
import { unreadRefreshes } from './refresh-state.ts';
import type { Readings, ReadValue } from './readings.ts';
import type { StateStore } from './state-store.ts';
import { inOrder } from './value-observation.ts';

export interface ReadSubjectPorts {
  /**
   * Customer Insights with call permits for that many calls to an instance. Rejects with
   * `CustomerInsightsError` (`limited`) when there are too few.
   */
  readonly insightsFor: (instanceId: string, calls: number) => Promise<CustomerInsights>;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /**
   * Enqueues events that this reading caused. A subscribe request does not wait for the callbacks
   * of other subscriptions.
   */
  readonly enqueueEvents: (events: readonly OutboxEntry[]) => Promise<void>;
}

/**
 * Reads a subject for a subscribe request, like a poll of this one subject. From then on the
 * subject is observed, and the current value counts as observed before the subscription. Rejects
 * with `CustomerInsightsError` or `StorageError`.
 */
export async function readSubject(ports: ReadSubjectPorts, subject: Subject): Promise<SubjectReading> {
  const { trigger } = subject;
  try {
    return await (hasThreshold(trigger)
      ? readValueSubject(ports, { ...subject, trigger })
      : readRefreshSubject(ports, { ...subject, trigger }));
  } catch (error) {
    if (error instanceof CustomerInsightsError && error.kind === 'not-found') return { kind: 'unknown-instance' };
    throw error;
  }
}

/**
 * One call for the list. A new value of a known measure takes one more call until a poll has
 * observed it.
 */
const CALLS_FOR_VALUE = 1;
/** One call for the list and one for the measure's history. */
const CALLS_FOR_FIRST_MEASURE = 2;
/**
 * One call for the instance or its data sources, and one for the jobs. The baseline also reads data
 * sources and nodes.
 */
const CALLS_FOR_REFRESHES = 2;
const CALLS_FOR_BASELINE = 4;

type SubjectOf<T extends Trigger> = Subject & { readonly trigger: T };

async function readValueSubject(
  ports: ReadSubjectPorts,
  { instanceId, trigger, name }: SubjectOf<ThresholdTrigger>,
): Promise<SubjectReading> {
  const { source } = triggers[trigger];
  const state = await ports.state.read(instanceId);
  const known = state.values.find((value) => value.trigger === trigger && value.name === name);
  const subject: ValueSubject = known ?? newSubject(trigger, name, state.startingSequence.sequence);
  const subjectState: InstanceState = { ...state, values: [subject], refreshes: undefined };
  const insights = await ports.insightsFor(
    instanceId,
    source === 'measures' && known === undefined ? CALLS_FOR_FIRST_MEASURE : CALLS_FOR_VALUE,
  );
  const subjectRead = { insights, subjectState, nowMs: ports.clock.now() };
  const found = await checkValue[source](subjectRead, name);
  if ('reading' in found) return found.reading;
  await observeNow(ports, subjectState, found.readings);
  return { kind: 'found', warnings: found.warnings, isSegment: source === 'segments', ...subjectOfValue(found.read) };
}

function newSubject(trigger: ThresholdTrigger, name: string, sequence: number): ValueSubject {
  return { trigger, name, sequence, last: undefined, isSuspended: false, isMarkedForRemoval: false, etag: undefined };
}

/** The display name and the latest value of a subject, for the warnings about its threshold. */
function subjectOfValue({ displayName, isCount, evaluations }: ReadValue) {
  const newest = inOrder(evaluations).at(-1);
  const latest = newest && { value: newest.value, evaluatedAt: new Date(newest.evaluatedAtMs).toISOString() };
  return { displayName, isCount, ...(latest && { latest }) };
}

type Checked =
  | { readonly reading: SubjectReading }
  | { readonly readings: Readings; readonly read: ReadValue; readonly warnings: readonly string[] };

/** The parameters of one reading of one subject. */
interface SubjectRead {
  readonly insights: CustomerInsights;
  readonly subjectState: InstanceState;
  readonly nowMs: number;
}

async function checkSegment(subjectRead: SubjectRead, name: string): Promise<Checked> {
  const readings = await readingsOrThrow(subjectRead, 'segments');
  const read = readings.segments?.get(name);
  if (read === undefined) {
    // The snapshot keeps only observed segments, so the list is read again for the suggestions.
    const { insights, subjectState } = subjectRead;
    const { instanceId } = subjectState;
    return { reading: await unknownSubject(insights, { instanceId, trigger: 'segment-threshold-crossed', name }) };
  }
  const warnings =
    read.state === 'inactive'
      ? [
          'This segment is inactive. Customer Insights does not refresh it, so this flow does not start until somebody activates the segment in Customer Insights.',
        ]
      : [];
  return { readings, read, warnings };
}

async function checkMeasure(subjectRead: SubjectRead, name: string): Promise<Checked> {
  const readings = await readingsOrThrow(subjectRead, 'measures');
  const read = readings.measures?.get(name);
  if (read === undefined) return { reading: await unknownMeasure(subjectRead, name) };
  if (!read.withoutDimension) {
    return { reading: { kind: 'has-dimension', isOfCustomers: read.isOfCustomers === true } };
  }
  const warnings =
    read.instead === undefined
      ? []
      : [
          `The value of this measure is ${read.instead}, not one number, so it cannot be above a Threshold and this flow never starts. Choose a measure that calculates one number.`,
        ];
  return { readings, read, warnings };
}

/**
 * The snapshot keeps only observed measures, so the list is read again for the suggestions. A new
 * measure has a call permit for its history, which is not read.
 */
async function unknownMeasure({ insights, subjectState }: SubjectRead, name: string): Promise<SubjectReading> {
  const isNew = subjectState.values.every(({ etag }) => etag === undefined);
  if (!isNew) return { kind: 'unknown-subject', of: 'measure', nearest: [] };
  const { instanceId } = subjectState;
  return unknownSubject(insights, { instanceId, trigger: 'measure-threshold-crossed', name });
}

const checkValue = { segments: checkSegment, measures: checkMeasure };

async function readRefreshSubject(
  ports: ReadSubjectPorts,
  subject: SubjectOf<RefreshTrigger>,
): Promise<SubjectReading> {
  const { instanceId } = subject;
  const state = await ports.state.read(instanceId);
  const insights = await ports.insightsFor(instanceId, state.refreshes ? CALLS_FOR_REFRESHES : CALLS_FOR_BASELINE);
  const found = await checkRefreshSubject(insights, subject);
  if (found.kind !== 'found') return found;
  const subjectState: InstanceState = {
    ...state,
    values: [],
    refreshes: state.refreshes ?? unreadRefreshes(),
    // Marks the task history as read. Call permits are taken for the other calls only, and a poll
    // reads the history.
    history: { readAt: new Date(ports.clock.now()).toISOString(), refreshesEtag: state.refreshes?.etag },
  };
  const subjectRead = { insights, subjectState, nowMs: ports.clock.now() };
  await observeNow(ports, subjectState, await readingsOrThrow(subjectRead, 'jobs'));
  return found;
}

/** Whether what a subscription names exists. Takes one call. */
async function checkRefreshSubject(
  insights: CustomerInsights,
  { instanceId, trigger, name }: SubjectOf<RefreshTrigger>,
): Promise<SubjectReading> {
  const { kind } = triggers[trigger].subject;
  switch (kind) {
    case 'instance':
      return checkInstance(insights, instanceId, () => []);
    case 'started-by':
      return checkInstance(insights, instanceId, ({ instanceType }) =>
        instanceType === 'sandbox' ? sandboxWarnings(startedByOf(name)) : [],
      );
    case 'data-source':
      return name === ANY_SUBJECT
        ? checkInstance(insights, instanceId, () => [])
        : checkDataSource(insights, instanceId, name);
    default:
      return unreachable(kind);
  }
}

async function checkInstance(
  insights: CustomerInsights,
  instanceId: string,
  warningsOf: (instance: Instance) => readonly string[],
): Promise<SubjectReading> {
  const instance = await insights.instance(instanceId);
  if (instance === undefined) return { kind: 'unknown-instance' };
  return { kind: 'found', warnings: warningsOf(instance) };
}

async function checkDataSource(insights: CustomerInsights, instanceId: string, id: string): Promise<SubjectReading> {
  const dataSources = await insights.dataSources(instanceId);
  const source = dataSources.find(({ dataSourceId }) => dataSourceId.toLowerCase() === id);
  if (source === undefined) {
    const choices = dataSources.map(({ dataSourceId, displayName }) => ({ name: dataSourceId, displayName }));
    return { kind: 'unknown-subject', of: 'data-source', nearest: nearestNames(id, choices) };
  }
  const warnings = source.active
    ? []
    : [
        'This data source is inactive. Customer Insights does not refresh it, so this flow does not start until somebody activates the data source in Customer Insights.',
      ];
  return { kind: 'found', warnings, displayName: source.displayName };
}

function sandboxWarnings(startedBy: StartedBy): string[] {
  switch (startedBy) {
    case 'schedule':
      return [
        'A sandbox instance has no scheduled refreshes, so this flow never starts. Choose another Instance, or user as Started By.',
      ];
    case 'any':
      return [
        'A sandbox instance has no scheduled refreshes, so this flow starts only after refreshes that a user starts. If that is what you want, there is nothing to do.',
      ];
    case 'user':
      return [];
    default:
      return unreachable(startedBy);
  }
}

async function readingsOrThrow(
  { insights, subjectState, nowMs }: SubjectRead,
  source: 'segments' | 'measures' | 'jobs',
): Promise<Readings> {
  const snapshot = await takeSnapshot(insights, subjectState, new Set([source]), nowMs);
  const failure = snapshot.failures.get(source);
  if (failure) throw failure;
  return snapshot.readings;
}

async function observeNow(ports: ReadSubjectPorts, subjectState: InstanceState, readings: Readings): Promise<void> {
  const committed = await commitReadings(ports, subjectState, readings, ports.random.token(9));
  if (committed.length > 0) await ports.enqueueEvents(committed);
}

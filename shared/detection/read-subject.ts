import type { Clock } from '../clock.ts';
import type { OutboxEntry } from '../events/outbox-entry.ts';
import { CustomerInsightsError, type CustomerInsights } from '../insights/customer-insights.ts';
import type { Log } from '../log.ts';
import { nearestNames } from '../nearest-names.ts';
import type { Random } from '../random.ts';
import type { SubjectReading } from '../subscriptions/subscribe.ts';
import type { Subject } from '../triggers/subject.ts';
import { startedByOf, type StartedBy } from '../triggers/started-by.ts';
import { ANY_SUBJECT } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import { commitReadings } from './commit.ts';
import { isValueTrigger, type InstanceState, type ValueSubject, type ValueTrigger } from './instance-state.ts';
import { takeSnapshot } from './snapshot.ts';
import { unseenRefreshes } from './read-refreshes.ts';
import type { Readings, ReadValue } from './readings.ts';
import type { StateStore } from './state-store.ts';
import { inOrder } from './value-observation.ts';

export interface ReadSubjectPorts {
  /** Customer Insights, with places for so many calls to an instance. Rejects with `CustomerInsightsError` (`limited`) without them. */
  readonly insightsFor: (instanceId: string, calls: number) => Promise<CustomerInsights>;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Passes events that this read happened to find to the workers: the caller of a subscribe does not wait for others' callbacks. */
  readonly enqueueEvents: (events: readonly OutboxEntry[]) => Promise<void>;
}

/**
 * Reads a subject because somebody subscribes to it, like a poll of this one subject: from here on it is observed, and what is found
 * now counts as seen before the subscription. Rejects when Customer Insights or storage gives no answer.
 */
export async function readSubject(ports: ReadSubjectPorts, subject: Subject): Promise<SubjectReading> {
  try {
    return await (isValue(subject) ? readValueSubject(ports, subject) : readRefreshSubject(ports, subject));
  } catch (error) {
    if (error instanceof CustomerInsightsError && error.kind === 'not-found') return { kind: 'unknown-instance' };
    throw error;
  }
}

/** The list. A new value of a measure takes a call more, until a poll has seen it. */
const CALLS_FOR_VALUE = 1;
/** The list, and the history of the one. */
const CALLS_FOR_FIRST_MEASURE = 2;
/** The instance or its data sources, and the jobs; at the first time data sources and nodes as well. */
const CALLS_FOR_REFRESHES = 2;
const CALLS_FOR_BASELINE = 4;

type ValueOf = Subject & { readonly trigger: ValueTrigger };

function isValue(subject: Subject): subject is ValueOf {
  return isValueTrigger(subject.trigger);
}

async function readValueSubject(
  ports: ReadSubjectPorts,
  { instanceId, trigger, name }: ValueOf,
): Promise<SubjectReading> {
  const state = await ports.state.read(instanceId);
  const known = state.values.find((value) => value.trigger === trigger && value.name === name);
  const subject: ValueSubject = known ?? newSubject(trigger, name, state.floor.sequence);
  const alone: InstanceState = { ...state, values: [subject], refreshes: undefined };
  const insights = await ports.insightsFor(
    instanceId,
    trigger === 'measure-threshold-crossed' && known === undefined ? CALLS_FOR_FIRST_MEASURE : CALLS_FOR_VALUE,
  );
  const looking = { insights, alone, nowMs: ports.clock.now() };
  const found =
    trigger === 'segment-threshold-crossed' ? await checkSegment(looking, name) : await checkMeasure(looking, name);
  if ('reading' in found) return found.reading;
  await observeNow(ports, alone, found.readings);
  return { kind: 'found', warnings: found.warnings, ...subjectOfValue(found.read) };
}

function newSubject(trigger: ValueTrigger, name: string, sequence: number): ValueSubject {
  return { trigger, name, sequence, last: undefined, isSuspended: false, isLeaving: false, etag: '' };
}

/** What is told of a value beside its warnings: its name, and what a threshold is compared with. */
function subjectOfValue({ displayName, isCount, evaluations }: ReadValue) {
  const newest = inOrder(evaluations).at(-1);
  const latest = newest && { value: newest.value, evaluatedAt: new Date(newest.evaluatedAtMs).toISOString() };
  return { displayName, isCount, ...(latest && { latest }) };
}

type Checked =
  | { readonly reading: SubjectReading }
  | { readonly readings: Readings; readonly read: ReadValue; readonly warnings: readonly string[] };

/** One look at one subject. */
interface Looking {
  readonly insights: CustomerInsights;
  readonly alone: InstanceState;
  readonly nowMs: number;
}

async function checkSegment(looking: Looking, name: string): Promise<Checked> {
  const look = await lookOrThrow(looking, 'segments');
  const read = look.segments?.get(name);
  if (read === undefined) {
    // A look keeps what is observed of the segments: their list is read again.
    const choices = await looking.insights.segments(looking.alone.instanceId, { historyDays: 1 });
    return { reading: { kind: 'unknown-subject', nearest: nearestNames(name, choices) } };
  }
  const warnings =
    read.state === 'inactive'
      ? [
          'This segment is inactive. Customer Insights does not refresh it, so its member count will not change until it is activated.',
        ]
      : [];
  return { readings: look, read, warnings };
}

async function checkMeasure(looking: Looking, name: string): Promise<Checked> {
  const look = await lookOrThrow(looking, 'measures');
  const read = look.measures?.get(name);
  if (read === undefined) return { reading: await unknownMeasure(looking, name) };
  if (!read.withoutDimension) return { reading: { kind: 'has-dimension' } };
  const warnings =
    read.instead === undefined
      ? []
      : [
          `The value of this measure is ${read.instead}, not one number, so it can cross no threshold: this never fires. Choose a measure that calculates one number.`,
        ];
  return { readings: look, read, warnings };
}

/** A look keeps what is observed of the measures: their list is read again, in the place of the history that nobody needs now. */
async function unknownMeasure({ insights, alone }: Looking, name: string): Promise<SubjectReading> {
  const isNew = alone.values.every(({ etag }) => etag === '');
  const measures = isNew ? await insights.measures(alone.instanceId) : [];
  const choices = measures.filter(({ withoutDimension }) => withoutDimension);
  return { kind: 'unknown-subject', nearest: nearestNames(name, choices) };
}

async function readRefreshSubject(
  ports: ReadSubjectPorts,
  { instanceId, trigger, name }: Subject,
): Promise<SubjectReading> {
  const warnings: string[] = [];
  let displayName: string | undefined;
  const state = await ports.state.read(instanceId);
  const insights = await ports.insightsFor(instanceId, state.refreshes ? CALLS_FOR_REFRESHES : CALLS_FOR_BASELINE);
  if (name === ANY_SUBJECT || trigger === 'full-refresh-completed') {
    const instance = await insights.instance(instanceId);
    if (instance === undefined) return { kind: 'unknown-instance' };
    if (trigger === 'full-refresh-completed' && instance.instanceType === 'sandbox') {
      warnings.push(...sandboxWarnings(startedByOf(name)));
    }
  } else {
    const dataSources = await insights.dataSources(instanceId);
    const source = dataSources.find(({ dataSourceId }) => dataSourceId.toLowerCase() === name);
    if (source === undefined)
      return {
        kind: 'unknown-subject',
        nearest: nearestNames(
          name,
          dataSources.map(({ dataSourceId, displayName }) => ({ name: dataSourceId, displayName })),
        ),
      };
    displayName = source.displayName;
    if (!source.active) {
      warnings.push(
        'This data source is inactive. Customer Insights does not refresh it, so this trigger will not fire for it until it is activated.',
      );
    }
  }
  const alone: InstanceState = {
    ...state,
    values: [],
    refreshes: state.refreshes ?? unseenRefreshes(),
    // A poll reads it: for that there are calls.
    history: { readAt: new Date(ports.clock.now()).toISOString(), of: state.refreshes?.etag ?? '' },
  };
  const looking = { insights, alone, nowMs: ports.clock.now() };
  await observeNow(ports, alone, await lookOrThrow(looking, 'jobs'));
  return { kind: 'found', warnings, displayName };
}

function sandboxWarnings(startedBy: StartedBy): string[] {
  switch (startedBy) {
    case 'schedule':
      return [
        'A sandbox instance has no scheduled refresh, so this trigger will not fire for it. Choose another instance, or user for Started By.',
      ];
    case 'any':
      return [
        'A sandbox instance has no scheduled refresh, so this trigger fires only for refreshes that a user starts.',
      ];
    case 'user':
      return [];
    default:
      return unreachable(startedBy);
  }
}

async function lookOrThrow(
  { insights, alone, nowMs }: Looking,
  source: 'segments' | 'measures' | 'jobs',
): Promise<Readings> {
  const look = await takeSnapshot(insights, alone, new Set([source]), nowMs);
  const failure = look.failures.get(source);
  if (failure) throw failure;
  return look.readings;
}

async function observeNow(ports: ReadSubjectPorts, alone: InstanceState, readings: Readings): Promise<void> {
  const opened = await commitReadings(ports, alone, readings, ports.random.token(9));
  if (opened.length > 0) await ports.enqueueEvents(opened);
}

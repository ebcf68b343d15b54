import { CustomerInsightsError } from '../insights/customer-insights.ts';
import type { SubjectReading } from '../subscriptions/subscribe.ts';
import type { Subject } from '../triggers/subject.ts';
import { hasThreshold, triggers, type ThresholdTrigger } from '../triggers/trigger.ts';
import type { InstanceState, ValueSubject } from './instance-state.ts';
import {
  observeNow,
  readingsOrThrow,
  type ReadSubjectPorts,
  type SubjectOf,
  type SubjectRead,
} from './observe-subject.ts';
import { readRefreshSubject } from './read-refresh-subject.ts';
import type { Readings, ValueReading } from './readings.ts';
import { unknownSubject } from './unknown-subject.ts';
import { inOrder } from './value-observation.ts';

/**
 * Reads a subject for a subscribe request, like a poll of this subject alone. From then on, polls
 * observe the subject. Its current value has a sequence number from before the subscription is
 * active, so it does not start the flow. Rejects with `CustomerInsightsError` or `StorageError`.
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
 * Number of calls to read a segment or a known measure: one for the list. If a known measure has a
 * value that no poll has observed, its history takes one more call.
 */
const CALLS_FOR_VALUE = 1;
/**
 * Number of calls to read a measure for the first time: one for the list and one for its history.
 */
const CALLS_FOR_FIRST_MEASURE = 2;

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
  const subjectRead = { insights, subjectState, clock: ports.clock };
  const found = await checkValue[source](subjectRead, name);
  if ('reading' in found) return found.reading;
  await observeNow(ports, subjectState, found.readings);
  return { kind: 'found', warnings: found.warnings, isSegment: source === 'segments', ...subjectOfValue(found.read) };
}

function newSubject(trigger: ThresholdTrigger, name: string, sequence: number): ValueSubject {
  return { trigger, name, sequence, last: undefined, isSuspended: false, isMarkedForRemoval: false, etag: undefined };
}

/** The display name and the latest value of a subject, for the warnings about its threshold. */
function subjectOfValue({ displayName, isCount, evaluations }: ValueReading) {
  const newest = inOrder(evaluations).at(-1);
  const latest = newest && { value: newest.value, evaluatedAt: new Date(newest.evaluatedAtMs).toISOString() };
  return { displayName, isCount, ...(latest && { latest }) };
}

/** The refusal (`reading`), or what was read of the subject. */
type Checked =
  | { readonly reading: SubjectReading }
  | { readonly readings: Readings; readonly read: ValueReading; readonly warnings: readonly string[] };

async function checkSegment(subjectRead: SubjectRead, name: string): Promise<Checked> {
  const readings = await readingsOrThrow(subjectRead, 'segments');
  const read = readings.segments?.get(name);
  if (read === undefined) {
    // The snapshot keeps only the subjects of `subjectState`, so the list is read again for
    // suggestions of similar names.
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
    read.nonNumber === undefined
      ? []
      : [
          `The value of this measure is ${read.nonNumber}, not one number, so it cannot be above a Threshold and this flow never starts. Choose a measure that calculates one number.`,
        ];
  return { readings, read, warnings };
}

/**
 * Refuses an unknown measure. The snapshot keeps only the subjects of `subjectState`, so the list
 * is read again for suggestions of similar names. For a new subject, a call permit is left for
 * this: the one for the history, which was not read.
 */
async function unknownMeasure({ insights, subjectState }: SubjectRead, name: string): Promise<SubjectReading> {
  const isNew = subjectState.values.every(({ etag }) => etag === undefined);
  if (!isNew) return { kind: 'unknown-subject', of: 'measure', nearest: [] };
  const { instanceId } = subjectState;
  return unknownSubject(insights, { instanceId, trigger: 'measure-threshold-crossed', name });
}

const checkValue = { segments: checkSegment, measures: checkMeasure };

import type { CustomerInsights, Instance } from '../insights/customer-insights.ts';
import { nearestNames } from '../nearest-names.ts';
import type { SubjectReading } from '../subscriptions/subscribe.ts';
import { ANY_SUBJECT } from '../triggers/any-subject.ts';
import { startedByOf, type StartedBy } from '../triggers/started-by.ts';
import { triggers, type RefreshTrigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import type { InstanceState } from './instance-state.ts';
import { observeNow, type ReadSubjectPorts, type SubjectOf } from './observe-subject.ts';
import { refreshesHash, unreadRefreshes } from './refresh-state.ts';
import { takeSnapshot } from './snapshot.ts';

/**
 * Number of call permits that a reading takes in advance: one for the instance or its data sources,
 * and one for the jobs. The baseline (the first reading) takes two more, for data sources and for
 * nodes, which are the steps of the refresh pipeline.
 */
const CALLS_FOR_REFRESHES = 2;
const CALLS_FOR_BASELINE = 4;

/**
 * Checks that the subject of a subscribe request exists, and then reads and observes the refreshes
 * of its instance, so that earlier ones do not fire.
 */
export async function readRefreshSubject(
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
    // This copy of the state claims that the task history (the list of finished tasks) was just
    // read, so that this reading takes no call for it. The claim is not stored, so the next poll
    // reads the history.
    history: {
      readAt: new Date(ports.clock.now()).toISOString(),
      refreshesHash: state.refreshes && refreshesHash(state.refreshes),
    },
  };
  const { readings, failures } = await takeSnapshot(insights, subjectState, new Set(['jobs']), ports.clock);
  const failure = failures.get('jobs');
  // The request succeeds even if an open job could not be read by id. But then the subscription may
  // receive a refresh that ended before the request, because a later poll observes it.
  if (failure && readings.refreshes === undefined) throw failure;
  await observeNow(ports, subjectState, readings);
  return found;
}

/** Checks that the subject named by a subscription exists. Takes one call. */
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

/** Warnings for a sandbox instance, a type of instance for tests. */
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

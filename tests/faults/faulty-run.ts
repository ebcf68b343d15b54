import { unreachable } from '../../shared/unreachable.ts';
import { uniqueName, type AzuriteEndpoints } from '../helpers/azurite.ts';
import { insertSubscriptions } from '../helpers/many-subscriptions.ts';
import { nextPassMs } from '../helpers/next-pass.ts';
import { startStorageProxy } from '../helpers/storage-proxy.ts';
import { faultInjector, type Fault, type FaultReport } from './fault-injector.ts';
import { FLOWS, startFlows, type FlowCall, type FlowServer } from './flows.ts';
import { createQueueHost, type QueueHost } from './queue-host.ts';
import { storedRun, type StoredRun } from './stored-run.ts';
import { ENCRYPTION_KEY, INSTANCE, openWorker, type LocalWorker, type Worker } from './worker.ts';
import { startWorkerProcess } from './worker-process.ts';

export interface RunReport extends FaultReport {
  /** Deliveries that a flow took more than once. */
  readonly doubled: number;
  /** What must not be: something lost, stuck, or doubled without an explanation. */
  readonly violations: readonly string[];
}

const START_MS = Date.parse('2026-11-23T10:10:00.000Z');
const POLL_MS = 60_000;
/**
 * The longest run waits 30 minutes for a probe, polls once a minute only while an event is open,
 * and has passes of the reconciler.
 */
const MAX_STEPS = 200;
const RECONCILED_EVERY_MS = 3 * 60_000;
/**
 * Beyond the time after which a chunk stores its outcomes while it waits for its last responses.
 */
const EARLY_WRITE_MS = 2_500;

/**
 * One run over real storage and HTTP: two segments rise, 268 flows are called, some of them at
 * their second or third attempt. One storage call fails as configured, and the workers that are
 * left continue. Time is the test's.
 */
export async function faultyRun(azurite: AzuriteEndpoints, fault?: Fault): Promise<RunReport> {
  const cleanups: (() => Promise<unknown>)[] = [];
  try {
    return await run(azurite, fault, cleanups);
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

async function run(
  azurite: AzuriteEndpoints,
  fault: Fault | undefined,
  cleanups: (() => Promise<unknown>)[],
): Promise<RunReport> {
  const prefix = uniqueName('f');
  const violations: string[] = [];
  let nowMs = START_MS;
  let worker: Worker | undefined;
  const advance = async (ms: number): Promise<void> => {
    nowMs += ms;
    await worker?.advance(ms).catch(() => undefined);
  };
  const flows = await startFlows({ straggling: () => advance(EARLY_WRITE_MS) });
  cleanups.push(() => flows.stop());
  const direct = { connectionString: azurite.connectionString, prefix };
  const spare = await subscribed(openWorker({ ...direct, nowMs, isRisen: false }), flows);
  cleanups.push(() => spare.close());
  const stored = storedRun(spare.tables, START_MS);
  flows.onCall(doubleCheck(stored, violations));

  const injector = faultInjector(fault);
  const proxy = await startStorageProxy(azurite, injector.decide);
  cleanups.push(() => proxy.stop());
  const faulty = { prefix, connectionString: proxy.connectionString, nowMs, isRisen: true };
  const mortal = fault?.mode.startsWith('killed') ? startWorkerProcess(faulty, injector.killed) : undefined;
  worker = mortal ?? openWorker(faulty);
  cleanups.push(async () => worker?.close());
  const host = createQueueHost({ ...direct, deleting: proxy.connectionString });

  let nextPollMs = nowMs;
  for (let step = 0; ; step++) {
    const isUnfinished = (await stored.outcomes()).length < FLOWS.length || (await stored.outboxEntries()) > 0;
    const passMs = await nextPassMs(spare.tables, nowMs, RECONCILED_EVERY_MS);
    if (!isUnfinished && host.nextDueMs() === Infinity && passMs === Infinity) break;
    if (step > MAX_STEPS) {
      violations.push(`stuck: ${await stored.outboxEntries()} open events, ${await openEnds(stored)}`);
      break;
    }
    const nextMs = Math.min(host.nextDueMs(), passMs, isUnfinished ? nextPollMs : Infinity);
    await advance(Math.max(0, nextMs - nowMs));
    if (nowMs >= passMs) await worker.reconcile().catch(() => undefined);
    if (isUnfinished && nowMs >= nextPollMs) {
      nextPollMs = nowMs + POLL_MS;
      await worker.schedulePolls().catch(() => undefined);
    }
    await host.drain(worker, nowMs);
    if (worker === mortal && injector.killed.aborted) {
      await mortal.close();
      worker = openWorker({ ...direct, nowMs, isRisen: true });
    }
  }
  const doubled = await findViolations({ flows, stored, host, fault, violations });
  return { ...injector.report(), doubled, violations };
}

/** How many deliveries have which status, for a run that does not end. */
async function openEnds(stored: StoredRun): Promise<string> {
  const counts = new Map<string, number>();
  for (const { status } of await stored.outcomes()) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
}

/** Baselines, and everybody subscribed. */
async function subscribed(worker: LocalWorker, flows: FlowServer): Promise<LocalWorker> {
  const trigger = 'segment-threshold-crossed';
  const subscriber = { connection: 'first', workflowId: undefined, operationName: undefined, environmentId: undefined };
  for (const segmentName of ['big', 'small'] as const) {
    const input = { instanceId: INSTANCE, segmentName, threshold: 1_000_000, callbackUrl: flows.urlOf('nobody') };
    const made = await worker.backend.subscribe(subscriber, trigger, input);
    if (made.kind === 'refused') throw new Error(made.detail);
    const concerned = FLOWS.filter((flow) => flow.segmentName === segmentName);
    await insertSubscriptions(worker.tables, {
      instanceId: INSTANCE,
      trigger,
      name: segmentName,
      thresholds: concerned.map((_, index) => 100 + index),
      callbackUrl: (index) => flows.urlOf(concerned[index]?.name ?? ''),
      encryptionKey: ENCRYPTION_KEY,
    });
  }
  return worker;
}

/** Nobody is called again once it is written that they took it. */
function doubleCheck(stored: StoredRun, violations: string[]): (call: FlowCall) => Promise<void> {
  const taken = new Set<string>();
  return async ({ flow, webhookId, succeeded }) => {
    const isAgain = taken.has(webhookId);
    if (succeeded) taken.add(webhookId);
    if (!isAgain) return;
    const written = (await stored.outcomes()).some(
      ({ deliveryId, status }) => deliveryId === webhookId && status === 'delivered',
    );
    if (written) violations.push(`${flow} was called again although it was written that it took ${webhookId}`);
  };
}

/** Says what is wrong at the end; answers how many deliveries were taken more than once. */
async function findViolations(run: {
  flows: FlowServer;
  stored: StoredRun;
  host: QueueHost;
  fault: Fault | undefined;
  violations: string[];
}): Promise<number> {
  const { flows, stored, host, fault, violations } = run;
  const outcomes = await stored.outcomes();
  let doubled = 0;
  for (const { name, ends } of FLOWS) {
    const calls = flows.calls.filter(({ flow }) => flow === name);
    const [webhookId, ...others] = new Set(calls.map((call) => call.webhookId));
    const written = outcomes.filter(({ deliveryId }) => deliveryId === webhookId).map(({ status }) => status);
    const taken = calls.filter(({ succeeded }) => succeeded).length;
    if (others.length > 0) violations.push(`${name} was called under several ids`);
    if (written.join() !== ends) violations.push(`${name} ended as "${written.join()}"`);
    if (ends === 'delivered' && taken === 0) violations.push(`${name} took nothing`);
    if (taken > 1) doubled += 1;
  }
  if (outcomes.length !== FLOWS.length) violations.push(`${outcomes.length} outcomes`);
  if ((await stored.unfinishedChunks()) > 0) violations.push('a chunk is not complete');
  violations.push(...host.poisoned.map((message) => `poisoned: ${message}`));
  if (doubled > allowedDoubles(fault)) violations.push(`${doubled} doubled`);
  return doubled;
}

/**
 * A success that was not written: all of a chunk at a kill, one retry when its outcome is refused,
 * else none.
 */
function allowedDoubles(fault: Fault | undefined): number {
  if (fault === undefined) return 0;
  switch (fault.mode) {
    case 'killed before':
    case 'killed after':
      return FLOWS.length;
    case 'refused':
      return 1;
    case 'answer lost':
    case 'lost for good':
      return 0;
    default:
      return unreachable(fault.mode);
  }
}

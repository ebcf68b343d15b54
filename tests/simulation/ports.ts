import type { BackendPorts } from '../../shared/composition/backend-ports.ts';
import { CustomerInsightsError, type CustomerInsights } from '../../shared/insights/customer-insights.ts';
import { silentLog } from '../../shared/log.ts';
import type { CallbackClient } from '../../shared/outgoing/callback-client.ts';
import { createMemoryQueueDrain } from '../../shared/storage/memory-queue-drain.ts';
import type { MemoryQueues } from '../../shared/storage/memory-queues.ts';
import type { QueueDrain } from '../../shared/storage/queue-drain.ts';
import type { Queues, SendOptions } from '../../shared/storage/queues.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { StorageError, type Tables, type Write } from '../../shared/storage/tables.ts';
import { limitedInsights } from '../helpers/limited-insights.ts';
import { storedId } from './names.ts';
import { hangsOfList, HUNG_CALL_MS, type List } from './source-faults.ts';
import type { PortCall, Stage, Worker } from './stage.ts';

/** What all workers share. */
export interface SharedPorts {
  readonly tables: Tables;
  readonly queues: MemoryQueues;
  readonly insights: CustomerInsights;
  readonly client: CallbackClient;
  /** A message was sent. It becomes visible after `delayMs`. */
  readonly noticeSent: (queue: string, delayMs: number) => void;
}

/** The ports as one worker sees them. Every call is subject to the simulated faults. */
export function portsOf(stage: Stage, worker: Worker, shared: SharedPorts): BackendPorts {
  const { dice, timeline } = stage;
  let tokens = 0;
  return {
    tables: stormyTables(stage, shared.tables),
    queues: stormyQueues(stage, shared),
    queueDrain: stormyDrain(stage, shared.queues),
    insights: (places) => limitedInsights(stormyInsights(stage, shared.insights), places),
    client: shared.client,
    lookup: () => Promise.resolve([]),
    clock: {
      now: () => timeline.now() + worker.offsetMs,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted === true) {
            reject(signal.reason as Error);
            return;
          }
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
          stage.answer(stage.currentRun(), timeline.now() + ms, resolve);
        }),
    },
    random: {
      fraction: () => dice.fraction(),
      token: (bytes) => {
        tokens += 1;
        const text =
          `${worker.name.slice(-1)}${tokens.toString(36)}`.padStart(6, '.') + dice.between(0, 1e9).toString(36);
        return Buffer.from(text.padStart(bytes, '-').slice(-bytes)).toString('base64url');
      },
    },
    log: silentLog,
    telemetry: noTelemetry,
  };
}

function storageFate({ dice, plan: { storage } }: Stage): Pick<PortCall<unknown>, 'fate' | 'slowMs'> {
  const slowMs = dice.chance(storage.slow) ? dice.between(0, 8_000) : 0;
  if (dice.chance(storage.failsBefore)) return { fate: 'fails-before', slowMs };
  if (dice.chance(storage.failsAfter)) return { fate: 'fails-after', slowMs };
  if (dice.chance(storage.echoes)) return { fate: 'echoes', slowMs };
  return { fate: 'answered', slowMs };
}

type StorageCall = <T>(name: () => string, perform: () => Promise<T>, tell?: (result: T) => string) => Promise<T>;

function storageCalls(stage: Stage): StorageCall {
  return (name, perform, tell) =>
    stage.through({
      port: 'storage',
      name,
      perform,
      ...storageFate(stage),
      failure: () => new StorageError(name(), 'storm'),
      ...(tell && { tell }),
    });
}

function stormyTables(stage: Stage, tables: Tables): Tables {
  const storageCall = storageCalls(stage);
  return {
    get: (table, partitionKey, rowKey) =>
      storageCall(
        () => `get ${table} ${short(rowKey)}`,
        () => tables.get(table, partitionKey, rowKey),
        (row) => (row ? 'found' : 'none'),
      ),
    query: (table, query) =>
      storageCall(
        () => `query ${table}`,
        () => tables.query(table, query),
        ({ rows }) => `${rows.length} rows`,
      ),
    write: (table, writes) =>
      storageCall(
        () => `write ${table} ${writes.map(writeText).join(', ')}`,
        () => tables.write(table, writes),
        (result) => (result.kind === 'written' ? 'written' : `conflict: ${result.reason} at ${result.index}`),
      ),
    tableNames: (prefix) =>
      storageCall(
        () => 'tableNames',
        () => tables.tableNames(prefix),
      ),
    dropTable: (table) =>
      storageCall(
        () => `dropTable ${table}`,
        () => tables.dropTable(table),
      ),
  };
}

function writeText({ kind, row }: Write): string {
  const { status, settled, birth, until, untilMs, nonce, sequence } = row as Record<string, unknown>;
  const facts = Object.entries({ status, settled, birth, until, untilMs, nonce, sequence });
  const shown = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${JSON.stringify(value).replaceAll('"', '')}`],
  );
  return `${kind} ${short(row.rowKey)}${shown.length > 0 ? ` {${shown.join(' ')}}` : ''}`;
}

/** Shortens a key to its end, because long keys differ there. */
function short(key: string): string {
  return key.length > 26 ? `${key.slice(0, 2)}…${key.slice(-22)}` : key;
}

/**
 * Limits how often a send is duplicated without its sender knowing. Waiting messages are sent again
 * and again, and would double without end.
 */
const MAX_DOUBLED_SENDS = 40;

function stormyQueues(stage: Stage, { queues, noticeSent }: SharedPorts): Queues {
  let doubled = 0;
  const sendFate = (): ReturnType<typeof storageFate> => {
    const drawn = storageFate(stage);
    const mayDouble = drawn.fate === 'fails-after' || drawn.fate === 'echoes';
    if (mayDouble) doubled += 1;
    return mayDouble && doubled > MAX_DOUBLED_SENDS ? { ...drawn, fate: 'answered' } : drawn;
  };
  return {
    send: (queue, message, options: SendOptions = {}) =>
      stage.through({
        port: 'storage',
        name: () => `send ${queue} ${shortMessage(message)} in ${Math.ceil((options.delayMs ?? 0) / 1000)} s`,
        perform: () => {
          if (stage.loses(queue, message)) return Promise.resolve();
          const sent = queues.send(queue, message, options);
          noticeSent(queue, options.delayMs ?? 0);
          return sent;
        },
        ...sendFate(),
        failure: () => new StorageError(`send ${queue}`, 'storm'),
      }),
    length: (queue) => queues.length(queue),
    oldestSentAt: (queue) => queues.oldestSentAt(queue),
  };
}

function stormyDrain(stage: Stage, queues: MemoryQueues): QueueDrain {
  const drain = createMemoryQueueDrain({ queues, clock: stage.timeline });
  const storageCall = storageCalls(stage);
  return {
    receive: (queue, leaseMs) =>
      storageCall(
        () => `receive ${queue}`,
        () => drain.receive(queue, leaseMs),
      ),
    delete: (queue, received) =>
      storageCall(
        () => `delete ${queue}`,
        () => drain.delete(queue, received),
      ),
  };
}

function shortMessage(message: object): string {
  return Object.values(message)
    .slice(1)
    .map((value) => short(String(value)))
    .join(' ');
}

/** The fault of a run that did not read all open jobs. */
export const LEFT_OUT = 'left out a job';
/** The calls whose failure ends the reading of jobs by id, but not that of the list. */
const AFTER_THE_LIST: ReadonlySet<string> = new Set(['job', 'dataSources', 'nodes']);

/** Whether a call that begins now gets no response. */
function hangsNow(stage: Stage, instanceId: string, list: List | undefined): boolean {
  const nowMs = stage.timeline.now();
  const instance = stage.names.instances.map(storedId).indexOf(instanceId);
  const isHung = hangsOfList(stage.plan, instance, list).some(
    ({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs,
  );
  if (isHung && !stage.isCalm()) stage.count('Customer Insights call hangs');
  return isHung;
}

function stormyInsights(stage: Stage, insights: CustomerInsights): CustomerInsights {
  const { dice, plan } = stage;
  const through = <T>(name: string, perform: () => Promise<T>, id = '', list?: List): Promise<T> => {
    const isHung = hangsNow(stage, id, list);
    const { faults } = stage.currentRun();
    const fate = dice.chance(plan.insightsFails) ? 'fails-before' : 'answered';
    const slowMs = dice.chance(plan.insightsFails) ? dice.between(0, 20_000) : 0;
    return stage.through({
      port: 'Customer Insights',
      name: () => `insights ${name}`,
      perform,
      ...(isHung ? { fate: 'fails-before', slowMs: HUNG_CALL_MS } : { fate, slowMs }),
      failure: () => {
        if (AFTER_THE_LIST.has(name)) faults.add(LEFT_OUT);
        if (isHung) return new CustomerInsightsError('unavailable', name, 'no response');
        return new CustomerInsightsError(dice.pick(['unavailable', 'throttled'] as const), name, 'storm');
      },
    });
  };
  return {
    instances: () => through('instances', () => insights.instances()),
    instance: (id) => through('instance', () => insights.instance(id), id),
    dataSources: (id) => through('dataSources', () => insights.dataSources(id), id),
    segments: (id, options) => through('segments', () => insights.segments(id, options), id, 'segments'),
    measures: (id) => through('measures', () => insights.measures(id), id, 'measures'),
    measure: (id, name, options) => through('measure', () => insights.measure(id, name, options), id, 'measures'),
    jobs: (id, options) => through('jobs', () => insights.jobs(id, options), id, 'jobs'),
    job: (id, jobId) => through('job', () => insights.job(id, jobId), id, 'jobs'),
    tasks: (id, options) => through('tasks', () => insights.tasks(id, options), id, 'jobs'),
    nodes: (id) => through('nodes', () => insights.nodes(id), id, 'jobs'),
  };
}

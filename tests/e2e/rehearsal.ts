import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from '@jest/globals';
import { unzipSync } from 'fflate';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Behaviour } from '../../sandbox/flow-platform/answer-script.ts';
import type { Flow, FlowDefinition } from '../../sandbox/flow-platform/flow.ts';
import { startStack, type Stack } from '../../sandbox/stack.ts';
import type { StackHost } from '../../sandbox/stack-host.ts';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { ownAccount } from '../helpers/azurite.ts';
import { unexplainedRows } from './unexplained-rows.ts';
import { until } from './until.ts';

export type Version = '0.9.0' | 'present';

/**
 * A stack whose app is replaced by another version of it, over the same storage and at the same
 * address.
 */
export interface Rehearsal {
  readonly stack: Stack;
  readonly tables: Tables;
  /** The host that runs now. */
  readonly host: () => StackHost;
  /**
   * Ends the running host (`how`: asked to stop, or killed) and starts a version in its place, with
   * the clock where it is.
   */
  readonly takeOver: (version: Version, options?: { how?: 'stop' | 'kill'; settings?: Settings }) => Promise<void>;
  /** Moves the clock of the app. */
  readonly advance: (hours: number) => Promise<void>;
  /**
   * Runs the reconciler every hour until all work is done. Resolves with the rows that are left
   * unexplained then.
   */
  readonly finish: () => Promise<string[]>;
  /** `count` saved flows, each on a segment of its own that rises above 100 later. */
  readonly flowsOn: (name: string, count: number, behaviour?: Behaviour) => Promise<Flow[]>;
  /** A saved flow on a segment of its own, which waits for it to rise above 100. */
  readonly flowOn: (segmentName: string, behaviour?: Behaviour) => Promise<Flow>;
  readonly saved: (definition: FlowDefinition) => Promise<Flow>;
  /** The segments of these flows fall and rise, and are polled. */
  readonly rise: (...flows: readonly Flow[]) => Promise<void>;
  /** Calls the operator API. */
  readonly ask: (method: 'GET' | 'POST' | 'DELETE', route: string, body?: object) => Promise<Answer>;
  readonly stop: () => Promise<void>;
}

type Settings = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> & { readonly value: readonly Readonly<Record<string, unknown>>[] };
}

const HOUR_MS = 3_600_000;
/**
 * A poll makes the first attempts of up to 16 events itself. Others follow by message, as some of
 * ten did.
 */
const EVENTS_A_POLL = 5;
/** Less than the days after which a flow that is off is given up. */
const MAX_PASSES = 150;
const NEVER = '0 0 0 1 1 *';
const OPERATOR_KEY = 'key-of-an-operator-of-this-test';

/** Starts with a version of the app. That of 0.9.0 is the package of that release. */
export async function startRehearsal(version: Version, settings: Settings = {}): Promise<Rehearsal> {
  const azurite = ownAccount();
  const folder = await unpack('tests/fixtures/app-0.9.0.zip');
  const folders: Readonly<Record<Version, string>> = { '0.9.0': folder, present: '.' };
  let aheadHours = 0;
  const clock = (): Settings => ({
    NODE_OPTIONS: `--import ${pathToFileURL(path.resolve('tests/e2e/movable-clock.ts')).href}`,
    CLOCK_AHEAD_HOURS: String(aheadHours),
  });
  const stack = await startStack({
    azurite,
    appFolder: folders[version],
    // What a killed host held comes back soon.
    leaseSeconds: 1,
    settings: {
      POLL_SCHEDULE: NEVER,
      RECONCILE_SCHEDULE: NEVER,
      DELIVERY_SCHEDULE_SECONDS: '1,7200,7200,7200',
      OPERATOR_KEYS: `test:${OPERATOR_KEY}`,
      ...clock(),
      ...settings,
    },
  });
  let host = stack.host;
  const tables = createAzureTables({ clients: openStorageClients({ account: azurite }) });
  const { control } = stack.insights;

  const saved = async (definition: FlowDefinition): Promise<Flow> => {
    const flow = stack.flows.createFlow(definition);
    expect(await flow.save()).toMatchObject({ status: 201 });
    return flow;
  };

  const advance = async (hours: number): Promise<void> => {
    const before = await uptimeMs(host);
    for (let hour = 1; hour <= hours; hour++) {
      aheadHours += 1;
      process.kill(host.pid, 'SIGUSR2');
      // Two signals at once would be one.
      await until(async () => (await uptimeMs(host)) >= before + hour * HOUR_MS);
    }
  };
  const flowOn = async (segmentName: string, behaviour?: Behaviour): Promise<Flow> => {
    control.addSegment({ instanceId, name: segmentName, memberCount: 10 });
    const input = { instanceId, segmentName, threshold: 100 };
    const flow = await saved({ name: segmentName, trigger: 'segment-threshold-crossed', input, label: segmentName });
    if (behaviour) flow.behave(behaviour);
    return flow;
  };

  return {
    stack,
    tables,
    host: () => host,
    saved,
    advance,
    flowOn,
    flowsOn: (name, count, behaviour) =>
      Promise.all(Array.from({ length: count }, (_, index) => flowOn(`${name}${index}`, behaviour))),

    async finish() {
      for (let passes = 0; ; passes++) {
        const unexplained = await unexplainedRows(tables);
        if (unexplained.length === 0 || passes === MAX_PASSES) return unexplained;
        expect(await host.runTimer('reconcile')).toMatchObject({ succeeded: true });
        await advance(1);
      }
    },

    async takeOver(next, { how = 'stop', settings: others } = {}) {
      await (how === 'stop' ? host.stop() : host.kill());
      const appFolder = folders[next];
      host = await stack.startHost({
        port: stack.ports.app,
        leaseSeconds: 1,
        appFolder,
        settings: { ...clock(), ...others },
      });
    },

    async rise(...flows) {
      for (let index = 0; index < flows.length; index += EVENTS_A_POLL) {
        for (const { definition } of flows.slice(index, index + EVENTS_A_POLL)) {
          const evaluations = [20, 200].map((memberCount) => ({ kind: 'succeeded', memberCount }) as const);
          control.evaluateSegment({ instanceId, segmentName: String(definition.input['segmentName']), evaluations });
        }
        expect(await host.poll()).toMatchObject({ succeeded: true });
      }
    },

    async ask(method, route, body) {
      const response = await fetch(`${host.url}/api/${route}`, {
        method,
        headers: { 'x-operator-key': OPERATOR_KEY, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer['body'] };
    },

    async stop() {
      await stack.stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function uptimeMs({ url }: StackHost): Promise<number> {
  const response = await fetch(`${url}/admin/host/status`);
  return ((await response.json()) as { processUptime: number }).processUptime;
}

async function unpack(zip: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rehearsal-'));
  for (const [file, content] of Object.entries(unzipSync(await readFile(zip)))) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  }
  return folder;
}

import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startCustomerInsightsSandbox } from '../../sandbox/customer-insights/customer-insights-sandbox.ts';
import type { CustomerInsightsSandbox } from '../../sandbox/customer-insights/customer-insights-sandbox.ts';
import { startFunctionsHost } from '../../sandbox/functions-host/start-functions-host.ts';
import { createAzureQueues } from '../../shared/azure/azure-queues.ts';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { systemClock } from '../../shared/clock.ts';
import { unlimitedPermits } from '../../shared/insights/call-permits.ts';
import { restCustomerInsights } from '../../shared/insights/rest-customer-insights.ts';
import { silentLog } from '../../shared/log.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { parseNetworks } from '../../shared/outgoing/network-list.ts';
import { systemRandom } from '../../shared/random.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Queues } from '../../shared/storage/queues.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { ownAccount } from '../helpers/azurite.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';
import { copyTables } from './copy-tables.ts';
import { startFlowStub, type FlowStub } from './flow-stub.ts';

export const OPERATOR_KEY = 'browser-operator';
/** The key of an operator who may only read. */
export const READER_KEY = 'browser-reads-alone';
export const ENCRYPTION_KEY = Buffer.alloc(32, 7);

/** The app as it runs, on storage in which a past lies. */
export interface Stage {
  /**
   * Those of the past, in memory: a story takes thousands of requests. The app finds their rows in
   * its storage.
   */
  readonly tables: Tables;
  readonly queues: Queues;
  readonly flows: FlowStub;
  readonly sandbox: CustomerInsightsSandbox;
  /**
   * Acts out the past: everything it does happens at its own clock, and is over when the app
   * starts.
   */
  readonly past: MemoryBackend;
  /** Starts the app, at the present. Resolves with the address of the dashboard. */
  open(settings?: Readonly<Record<string, string>>): Promise<string>;
  stop(): Promise<void>;
}

/** `agoMs`: how far back the past begins. */
export async function startStage(agoMs: number): Promise<Stage> {
  const cleanups: (() => Promise<unknown>)[] = [];
  const azurite = ownAccount();
  const clock = manualClock(Date.now() - agoMs);
  let isPast = true;
  const sandbox = await startCustomerInsightsSandbox({
    clock: { now: () => (isPast ? clock.now() : Date.now()), sleep: (...wait) => systemClock.sleep(...wait) },
  });
  cleanups.push(() => sandbox.stop());
  const flows = await startFlowStub();
  cleanups.push(() => flows.stop());
  const clients = openStorageClients({ account: azurite });
  const tables = createMemoryTables();
  const insights = restCustomerInsights({
    baseUrl: sandbox.url,
    permits: unlimitedPermits,
    workflowPath: 'workflows/main',
    timeoutMs: 10_000,
    clock,
    random: systemRandom,
    log: silentLog,
    telemetry: noTelemetry,
  });
  cleanups.push(() => insights.close());
  const past = memoryBackend({
    tables,
    clock,
    insights,
    config: {
      callbackPolicy: { allowedHosts: ['*'], allowedNetworks: parseNetworks('127.0.0.0/8') },
      encryptionKeys: [{ kid: 'test', key: ENCRYPTION_KEY }],
      deliveryScheduleSeconds: [5, 30, 300, 1800, 7200],
      operatorWebhook: undefined,
      publicBaseUrl: 'https://triggers.example.org',
    },
  });
  return {
    tables,
    queues: createAzureQueues({ clients }),
    flows,
    sandbox,
    past,
    async open(settings = {}) {
      isPast = false;
      await copyTables(tables, createAzureTables({ clients }));
      const folder = await stageFolder();
      cleanups.push(() => rm(folder, { recursive: true }));
      const host = await startFunctionsHost({
        appDirectory: folder,
        environment: {
          AzureWebJobsStorage: azurite.connectionString,
          CUSTOMER_INSIGHTS_API_URL: sandbox.url,
          CUSTOMER_INSIGHTS_CREDENTIAL: 'none',
          CALLBACK_ALLOWED_HOSTS: '*',
          CALLBACK_ALLOWED_NETWORKS: '127.0.0.0/8',
          CALLBACK_ENCRYPTION_KEYS: `test:${ENCRYPTION_KEY.toString('base64')}`,
          OPERATOR_KEYS: `browser:${OPERATOR_KEY},reader:read:${READER_KEY}`,
          'AzureWebJobs.sweep.Disabled': 'true',
          ...settings,
        },
      });
      cleanups.push(() => host.stop());
      return `${host.url}/api/dashboard`;
    },
    async stop() {
      for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
    },
  };
}

/** What a deployment holds, without local settings. */
async function stageFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'browser-app-'));
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module", "main": "dist/functions/index.js" }');
  await symlink(path.resolve('host.json'), path.join(folder, 'host.json'));
  await symlink(path.resolve('dist'), path.join(folder, 'dist'));
  return folder;
}

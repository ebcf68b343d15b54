import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import {
  startCustomerInsightsSandbox,
  type CustomerInsightsSandbox,
} from '../../sandbox/customer-insights/customer-insights-sandbox.ts';
import { contosoInstanceId, crmDataSourceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { callbackBody } from '../../shared/deliveries/attempt/callback-body.ts';
import { sampleEvent } from '../../shared/events/sample-event.ts';
import { subscriptionStore } from '../../shared/subscriptions/subscription-store.ts';
import { triggerNames, triggers, type Trigger } from '../../shared/triggers/trigger.ts';
import type { CallResult } from '../helpers/called-functions.ts';
import { functionsInProcess, type FunctionsInProcess } from '../helpers/functions-in-process.ts';
import { manualClock } from '../helpers/manual-clock.ts';

/**
 * An operation of the connector definition of version 0.9.0, without texts. Flows that were made
 * with it still call it.
 */
interface OldOperation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly OldParameter[];
  /** The schemas of successful responses, by status. */
  readonly responses: Readonly<Record<string, object>>;
  /** The schema of a trigger's callback. */
  readonly callback?: object;
}

interface OldParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'body';
  readonly required: boolean;
  readonly encoding?: 'double';
  readonly schema?: { readonly properties?: object; readonly required?: readonly string[] };
}

const operations = JSON.parse(readFileSync('tests/fixtures/connector-0.9.0.json', 'utf8')) as Record<
  string,
  OldOperation
>;
/** Subscription ids as version 0.9.0 formatted them. */
const oldIds: Readonly<Record<Trigger, string>> = {
  'data-source-refresh-failed': 'sub_aDx4tPEtaSWiHdmVUQzIhEAbJ2xuttosxe7linPrsbU6Q80000000000000003FOOAc_9EaWO9pJl',
  'data-source-refresh-succeeded': 'sub_bDx4tPEtaSWiHdmVUQzIhEAAvOGLBwJQ5QXFh_WsAFhBw8000000000000000hEeU9C8j3VbVtExg',
  'segment-threshold-crossed': 'sub_cDx4tPEtaSWiHdmVUQzIhEAmTwOzwFDcDCoZaZy4Mu84Ac049000000000000AzhCed93f2htLPUf',
  'measure-threshold-crossed': 'sub_dDx4tPEtaSWiHdmVUQzIhEApxZlcRtkemWRi3OplHxEjwc133d620000000002SPSQwfdpBoDvdJ-',
  'full-refresh-completed': 'sub_eDx4tPEtaSWiHdmVUQzIhEAowcGwrxI-IYpoQbcDD6_6w8000000000000000RMRezBxk-U6iBv4n',
  'unification-refresh-completed': 'sub_fDx4tPEtaSWiHdmVUQzIhEAowcGwrxI-IYpoQbcDD6_6w8000000000000000xjcHWlcfhch0Xh1N',
};
const subjects: Readonly<Record<Trigger, string>> = {
  'data-source-refresh-failed': crmDataSourceId,
  'data-source-refresh-succeeded': '33333333-cccc-4ccc-8ccc-000000000003',
  'segment-threshold-crossed': 'HighValueCustomers',
  'measure-threshold-crossed': 'TotalRevenue',
  'full-refresh-completed': '*',
  'unification-refresh-completed': '*',
};

const ajv = new Ajv({ allErrors: true, strict: false });
const { default: add } = addFormats as unknown as { default?: (target: Ajv) => void };
(add ?? (addFormats as unknown as (target: Ajv) => void))(ajv);

/** Why a value breaks what the old definition promises. A new property breaks nothing. */
function broken(schema: object, value: unknown): string | undefined {
  return ajv.validate(schema, value) ? undefined : ajv.errorsText();
}

let sandbox: CustomerInsightsSandbox;
let backend: FunctionsInProcess;
const values: Record<string, unknown> = {
  instanceId: contosoInstanceId,
  trigger: 'segment-threshold-crossed',
  id: oldIds['segment-threshold-crossed'],
  callbackUrl: 'https://prod-12.westeurope.logic.azure.com:443/workflows/1/triggers/T/versions/1/run?sig=secret',
  label: 'An old flow',
  dataSourceId: crmDataSourceId,
  segmentName: 'ChurnRisk',
  measureName: 'TotalRevenue',
  threshold: 2_000_000,
  days: 7,
  since: '2026-11-22T10:00:00Z',
  top: 5,
  skip: 1,
  entity: 'Customer',
  $filter: "CustomerId eq 'a1'",
  $orderby: 'CustomerId desc',
  $top: 2,
  $skip: 1,
  $select: 'CustomerId',
  $search: '"anna"',
  $expand: 'UnifiedActivity',
  validUntil: '2026-12-01T00:00:00Z',
  caller: 'an old flow',
  reportType: 'segments',
};

beforeAll(async () => {
  const clock = manualClock();
  sandbox = await startCustomerInsightsSandbox({ clock });
  backend = functionsInProcess({ url: sandbox.url, clock });
  await storeOldSubscriptions();
  const [customer] = (await call('GetItems', {})).body['value'] as { CustomerId: string }[];
  const [partition] = (await call('ListPartitions', {})).body['value'] as { id: string }[];
  values['itemId'] = customer?.CustomerId;
  values['partitionId'] = partition?.id;
});
afterAll(async () => {
  await backend.close();
  await sandbox.stop();
});

/** Writes the rows of a subscription to each trigger as version 0.9.0 wrote them. */
async function storeOldSubscriptions(): Promise<void> {
  for (const [at, trigger] of triggerNames.entries()) {
    const id = oldIds[trigger];
    const [hash, rowKey] = [id.slice(27, 49), id.slice(49)];
    const entry = { partitionKey: 'local', rowKey: `k:${id.charAt(4)}:request-${at}`, subscriptionId: id, made: true };
    const row = {
      partitionKey: `${contosoInstanceId}:${id.charAt(4)}:${hash}`,
      rowKey,
      v: 1,
      connection: 'local',
      subject: subjects[trigger],
      label: `Old ${trigger}`,
      status: 'active',
      birth: 1,
      requestKey: `request-${at}`,
      workflowId: `flow-${at}`,
      callback: 'test:sealed',
      createdAt: '2026-11-01T00:00:00.000Z',
      deadDeliveries: 0,
    };
    await backend.tables.write('subscriptions', [{ kind: 'insert', row }]);
    await backend.tables.write('connections', [{ kind: 'insert', row: entry }]);
  }
}

/**
 * Calls an operation as the platform does for a flow that was made with the old definition: with
 * what it requires, and `more`.
 */
function call(operationId: string, given: Record<string, unknown>, more: readonly string[] = []): Promise<CallResult> {
  const { method, path: template, parameters } = operations[operationId] ?? { method: '', path: '', parameters: [] };
  const valueOf = (name: string): unknown => {
    const value = given[name] ?? values[name];
    if (value === undefined) throw new Error(`${operationId}: nothing to fill in for ${name}`);
    return value;
  };
  let path = template.slice(1);
  const query = new URLSearchParams();
  let body: unknown;
  for (const { name, in: place, required, encoding, schema } of parameters) {
    if (place === 'body') {
      const always = schema?.required ?? [];
      const names = Object.keys(schema?.properties ?? {}).filter(
        (each) => always.includes(each) || more.includes(each),
      );
      body = given['body'] ?? Object.fromEntries(names.map((each) => [each, valueOf(each)]));
    } else if (place === 'path') {
      const encoded = encodeURIComponent(String(valueOf(name)));
      path = path.replace(`{${name}}`, encoding === 'double' ? encodeURIComponent(encoded) : encoded);
    } else if (required || more.includes(name)) query.set(name, String(valueOf(name)));
  }
  return backend.ask({
    method,
    path: query.size > 0 ? `${path}?${query.toString()}` : path,
    ...(body !== undefined && { body }),
  });
}

/** The inputs that a flow may leave out. */
function optionalOf({ parameters }: OldOperation): string[] {
  return parameters.flatMap(({ name, required, schema }) => {
    if (schema === undefined) return required ? [] : [name];
    return Object.keys(schema.properties ?? {}).filter((each) => !(schema.required ?? []).includes(each));
  });
}

/** Writes need items of their own. */
let writes = 0;
function itemOf(operationId: string): Record<string, unknown> {
  if (operationId === 'UpdateItem') return { body: { FirstName: 'Ada' } };
  if (operationId !== 'CreateItem') return {};
  writes += 1;
  return { entity: 'UnifiedActivity', body: { ActivityId: `old-${writes}`, CustomerId: values['itemId'] } };
}

const ending = ['DeleteSubscription'];
const names = Object.keys(operations).filter((name) => !name.endsWith('Unsubscribe') && !ending.includes(name));
const cases = names.flatMap((name) => {
  const operation = operations[name];
  return [[], ...(operation ? optionalOf(operation) : []).map((each) => [each])].map((more) => [name, more] as const);
});

describe('a flow that was made with the connector of version 0.9.0', () => {
  test.each(cases)('calls %s with %j beside what it requires, and is answered as it was', async (operationId, more) => {
    const result = await call(operationId, itemOf(operationId), more);
    const responses = operations[operationId]?.responses ?? {};
    expect({ ...result, statuses: Object.keys(responses) }).toMatchObject({
      statuses: expect.arrayContaining([String(result.status)]),
    });
    expect(broken(responses[String(result.status)] ?? {}, result.body)).toBeUndefined();
  });

  test.each(triggerNames)('gets the callback of %s that it expects', async (trigger) => {
    const subscription = await subscriptionStore(backend.tables).load(oldIds[trigger]);
    if (subscription === undefined) throw new Error('not stored');
    const event = sampleEvent(subscription, { eventId: 'evt_1', occurredAt: '2026-11-23T10:00:00.000Z' });
    const schema = operations[triggers[trigger].operationId]?.callback ?? {};
    expect(broken(schema, JSON.parse(callbackBody(event, 'dlv_1', subscription)))).toBeUndefined();
  });

  test.each(triggerNames)(
    'keeps its subscription to %s: listed, tested, and deleted by its old id',
    async (trigger) => {
      const { operationId } = triggers[trigger];
      const id = oldIds[trigger];
      const listed = async (): Promise<unknown[]> => (await call('ListSubscriptions', { trigger })).body['value'] as [];
      expect(await listed()).toContainEqual(expect.objectContaining({ id, trigger, label: `Old ${trigger}` }));
      expect(await call('SendTestEvent', { trigger, id })).toMatchObject({
        status: 202,
        body: { deliveryId: expect.stringMatching(/^dlv_/) },
      });
      const end = trigger === 'segment-threshold-crossed' ? 'DeleteSubscription' : `${operationId}Unsubscribe`;
      expect((await call(end, { trigger, id })).status).toBe(204);
      expect(await listed()).not.toContainEqual(expect.objectContaining({ id }));
    },
  );
});

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operationsOf } from '../../connector/document/operations.ts';
import type { SwaggerDocument } from '../../connector/document/swagger-document.ts';
import { subscriptionSchema } from '../../connector/document/subscription-paths.ts';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { firstTour } from '../../sandbox/first-tour.ts';
import type { Stack } from '../../sandbox/stack.ts';
import { triggers } from '../../shared/triggers/trigger.ts';
import { until } from '../e2e/until.ts';
import { startFlowReceiver, type FlowReceiver } from '../functions/flow-receiver.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';
import { mismatch } from './declared.ts';
import { driverOf, type Driver } from './driver.ts';
import { platformOf, type Inputs, type Platform } from './platform.ts';
import { storedFlows, type StoredOperation } from './unpacked.ts';

/**
 * A segment, and so an entity, whose name has all that a path could stumble over, also what looks
 * like an escape.
 */
const AWKWARD = 'VIP/100% %41%2F?#&+ öäü';
const NOBODYS_INSTANCE = '99999999-9999-4999-8999-999999999999';

let stack: Stack;
let flows: FlowReceiver;
let platform: Platform;
let served: SwaggerDocument;
let driver: Driver;

beforeAll(async () => {
  flows = await startFlowReceiver();
  stack = await startTestStack({
    settings: { POLL_SCHEDULE: '0 0 0 1 1 *', RATE_LIMIT_CALLS: '0', ...flows.settings },
  });
  stack.insights.control.addSegment({ instanceId: contosoInstanceId, name: AWKWARD, memberCount: 3 });
  const url = `http://127.0.0.1:${stack.ports.app}/api/connector/apiDefinition.swagger.json`;
  served = (await (await fetch(url)).json()) as SwaggerDocument;
  platform = platformOf(served);
  driver = driverOf(platform);
});
afterAll(() => stack.stop());

test('the running app serves the definition with its own address', () => {
  const committed = JSON.parse(readFileSync('connector/apiDefinition.swagger.json', 'utf8')) as SwaggerDocument;
  const host = `127.0.0.1:${stack.ports.app}`;
  expect(served).toEqual({ ...committed, host, schemes: ['http'], basePath: '/api' });
});

test('the operation that tests a connection succeeds', async () => {
  expect(await driver.run(served['x-ms-capabilities'].testConnection.operationId, {})).toMatchObject({ status: 200 });
});

test.each(['ListDataSources', 'ListSegments', 'ListMeasures'])('the list %s is as declared', async (operationId) => {
  const { body } = await driver.run(operationId, await driver.pick(operationId));
  expect((body as { value: unknown[] }).value).not.toHaveLength(0);
});

/** What the tour fills in by id, as the drop-downs show it. */
const titles: Readonly<Record<string, RegExp>> = {
  instanceId: /^Contoso$/,
  segmentName: /^High value customers \([\d,]+\)$/,
  measureName: /^Total revenue \([\d,.]+\)$/,
};

describe.each(firstTour.map(({ flow, ...stop }) => [flow.trigger, { ...stop, input: flow.input }] as const))(
  'the trigger %s',
  (trigger, { input, makeChange }) => {
    const { operationId } = triggers[trigger];
    const filled: Record<string, unknown> = {};
    let location = '';

    test('is filled in from its drop-downs', async () => {
      for (const [name, value] of Object.entries(input)) {
        const choices = name === 'threshold' ? [] : await platform.choices(operationId, `body/${name}`, filled);
        const title = titles[name];
        const chosen = choices.find((choice) =>
          title === undefined ? choice.value === value : title.test(String(choice.title)),
        );
        filled[`body/${name}`] = name === 'threshold' ? value : chosen?.value;
        expect(filled[`body/${name}`]).toBe(value);
      }
    });

    test('subscribes, and its Location is that of its unsubscribe operation', async () => {
      const inputs = { ...filled, 'body/label': `Contract ${trigger}`, 'x-ms-workflow-id': `flow-${trigger}` };
      const answer = await driver.run(operationId, inputs, flows.urlOf(trigger));
      expect(answer).toMatchObject({ status: 201 });
      expect(mismatch(subscriptionSchema, answer.body)).toBeUndefined();
      location = answer.location ?? '';
      const unsubscribe = platform.operation(`${operationId}Unsubscribe`);
      const { id } = answer.body as { id: string };
      const base = `${served.schemes.join()}://${served.host}${served.basePath}`;
      expect({ method: unsubscribe.method, location }).toEqual({
        method: 'delete',
        location: base + unsubscribe.path.replace('{id}', id),
      });
    });

    test('is called with what its definition declares', async () => {
      makeChange(stack.insights.control);
      await stack.host.poll();
      const calls = flows.calls(trigger);
      expect(calls).toHaveLength(1);
      const content = platform.operation(operationId).item['x-ms-notification-content'];
      expect(mismatch(content?.schema ?? {}, calls[0])).toBeUndefined();
    });

    test('has its event among the recent ones', async () => {
      const inputs = await driver.pick('ListRecentEvents');
      const { body } = await driver.run('ListRecentEvents', inputs);
      const { deliveryId, subscriptionId, threshold, ...event } = flows.calls(trigger)[0] ?? {};
      expect((body as { value: object[] }).value[0]).toEqual(event);
    });

    test('sends a test event to a subscription that is picked from a list', async () => {
      const before = { trigger };
      const [choice, ...others] = await platform.choices('SendTestEvent', 'id', before);
      expect(others).toEqual([]);
      expect(choice?.title).toMatch(new RegExp(`^[A-Z].* · Contract ${trigger} · flow flow-`));
      const inputs = { ...before, id: choice?.value };
      const { status, body } = await driver.run('SendTestEvent', inputs);
      expect(status).toBe(202);
      await until(() => flows.calls(trigger).length === 2);
      const [, call] = flows.calls(trigger);
      expect(call).toMatchObject({ ...(body as object), test: true });
      const content = platform.operation(operationId).item['x-ms-notification-content'];
      expect(mismatch(content?.schema ?? {}, call)).toBeUndefined();
    });

    test('unsubscribes by its Location, and again', async () => {
      for (let time = 0; time < 2; time++) {
        const answer = await platform.follow('DELETE', location);
        await driver.expectDeclared(`${operationId}Unsubscribe`, {}, answer);
        expect(answer.status).toBe(204);
      }
      expect(await platform.choices('DeleteSubscription', 'id', { trigger })).toEqual([]);
    });

    test('refuses, as declared, what it cannot do', async () => {
      const refuse = async (status: number, change: Inputs, callbackUrl = flows.urlOf(trigger)): Promise<void> => {
        expect(await driver.run(operationId, { ...filled, ...change }, callbackUrl)).toMatchObject({ status });
      };
      await refuse(400, {}, 'not a URL');
      await refuse(404, { 'body/instanceId': NOBODYS_INSTANCE });
      if ('segmentName' in input) await refuse(404, { 'body/segmentName': 'Nobody' });
      if ('dataSourceId' in input) await refuse(404, { 'body/dataSourceId': NOBODYS_INSTANCE });
      if ('measureName' in input) await refuse(422, { 'body/measureName': 'RevenueByCountry' });
    });
  },
);

describe('the actions on subscriptions', () => {
  test('list them page by page and delete one of them', async () => {
    const trigger = 'segment-threshold-crossed';
    const instanceId = contosoInstanceId;
    for (const threshold of [1, 2, 3]) {
      const inputs = { 'body/instanceId': instanceId, 'body/segmentName': AWKWARD, 'body/threshold': threshold };
      const flow = { 'x-ms-workflow-id': `flow-${threshold}` };
      await driver.run('SegmentThresholdCrossed', { ...inputs, ...flow }, flows.urlOf(`page ${threshold}`));
    }
    const listed = await driver.run('ListSubscriptions', { trigger, top: 2 });
    const { value, nextLink } = listed.body as { value: unknown[]; nextLink: string };
    expect(value).toHaveLength(2);
    const next = await platform.follow('GET', nextLink);
    await driver.expectDeclared('ListSubscriptions', {}, next);
    expect((next.body as { value: unknown[] }).value).toHaveLength(1);

    const [choice] = await platform.choices('DeleteSubscription', 'id', { trigger });
    expect(await driver.run('DeleteSubscription', { trigger, id: choice?.value })).toMatchObject({ status: 204 });
    expect(await platform.choices('DeleteSubscription', 'id', { trigger })).toHaveLength(2);
    expect(await driver.run('SendTestEvent', { trigger, id: choice?.value })).toMatchObject({ status: 404 });
  });
});

describe('the previews of a threshold', () => {
  const body = { 'body/instanceId': contosoInstanceId, 'body/threshold': 100 };

  test('show when a segment crossed it', async () => {
    const segmentName = 'Previewed';
    stack.insights.control.addSegment({ instanceId: contosoInstanceId, name: segmentName, memberCount: 10 });
    stack.insights.control.evaluateSegment({
      instanceId: contosoInstanceId,
      segmentName,
      evaluations: [110, 120, 90, 130].map((memberCount) => ({ kind: 'succeeded', memberCount })),
    });
    const inputs = { ...body, 'body/segmentName': segmentName };
    const { body: preview } = await driver.run('PreviewSegmentThreshold', { ...inputs, 'body/days': 7 });
    expect(preview).toMatchObject({
      instanceId: contosoInstanceId,
      segmentName,
      threshold: 100,
      evaluations: 5,
      value: [
        { previousValue: 90, value: 130 },
        { previousValue: 10, value: 110 },
      ],
    });
    const refused = { ...inputs, 'body/segmentName': 'Nobody' };
    expect(await driver.run('PreviewSegmentThreshold', refused)).toMatchObject({ status: 404 });
    const tooFar = { ...inputs, 'body/days': 31 };
    expect(await driver.run('PreviewSegmentThreshold', tooFar)).toMatchObject({ status: 400 });
  });

  test('show when a measure crossed it', async () => {
    const measureName = 'Previewed';
    stack.insights.control.addMeasure({ instanceId: contosoInstanceId, name: measureName, value: '99.5' });
    stack.insights.control.setMeasureValue({ instanceId: contosoInstanceId, measureName, value: '100.5' });
    const { body: preview } = await driver.run('PreviewMeasureThreshold', { ...body, 'body/measureName': measureName });
    expect(preview).toMatchObject({ measureName, evaluations: 2, value: [{ previousValue: 99.5, value: 100.5 }] });
    const withDimension = { ...body, 'body/measureName': 'RevenueByCountry' };
    expect(await driver.run('PreviewMeasureThreshold', withDimension)).toMatchObject({ status: 422 });
  });
});

describe('the actions on data', () => {
  test('list the entities', async () => {
    const { body } = await driver.run('GetEntities', await driver.pick('GetEntities'));
    expect((body as { value: unknown[] }).value.length).toBeGreaterThan(5);
  });

  test.each(['Customer', 'UnifiedActivity', AWKWARD])('describe the items of %s', async (entity) => {
    await driver.run('GetEntity', await driver.pick('GetItems', entity));
  });

  test('list items with every option, page by page', async () => {
    const inputs = await driver.pick('GetItems', 'Customer');
    const everything = { $orderby: 'CustomerId desc', $skip: 2, $top: 3 };
    const { body } = await driver.run('GetItems', { ...inputs, ...everything });
    const { value } = body as { value: { CustomerId: string }[] };
    expect(value).toHaveLength(3);
    const filtered = await driver.run('GetItems', {
      ...inputs,
      $filter: `CustomerId eq '${value[0]?.CustomerId ?? ''}'`,
    });
    expect((filtered.body as { value: unknown[] }).value).toEqual([value[0]]);
    const selected = await driver.run('GetItems', { ...inputs, $select: 'CustomerId', $top: 1 });
    expect(Object.keys((selected.body as { value: object[] }).value[0] ?? {})).toContain('CustomerId');

    const first = (await driver.run('GetItems', inputs)).body as { value: unknown[]; '@odata.nextLink': string };
    const next = await platform.follow('GET', first['@odata.nextLink']);
    await driver.expectDeclared('GetItems', inputs, next);
    expect((next.body as typeof first).value).not.toContainEqual(first.value[0]);
  });

  test('search and expand', async () => {
    const inputs = await driver.pick('GetItems', 'Customer');
    await driver.run('GetItems', { ...inputs, $search: '"Anna"' });
    // What is expanded is in no schema of the entity.
    const { body } = await platform.run('GetItems', { ...inputs, $expand: 'UnifiedActivity', $top: 1 });
    expect(body).toMatchObject({ value: [{ UnifiedActivity: expect.any(Array) }] });
  });

  test('get one item, of an entity whose name needs all the encoding there is', async () => {
    const inputs = await driver.pick('GetItem', AWKWARD);
    const listed = (await driver.run('GetItems', inputs)).body as { value: { CustomerId: string }[] };
    expect(listed.value).toHaveLength(3);
    const itemId = listed.value[0]?.CustomerId;
    expect((await driver.run('GetItem', { ...inputs, itemId })).body).toEqual(listed.value[0]);
    const unknown = await driver.run('GetItem', { ...inputs, itemId: 'no/such%2Fitem' });
    expect(unknown.body).toMatchObject({ code: 'item-unknown' });
  });

  test('create an item and update another', async () => {
    const activity = await driver.pick('CreateItem', 'UnifiedActivity');
    const customer = await driver.pick('UpdateItem', 'Customer');
    const [first] = (
      (await driver.run('GetItems', { ...customer, $top: 1 })).body as { value: { CustomerId: string }[] }
    ).value;
    const itemId = first?.CustomerId;
    const body = { ActivityId: 'contract', CustomerId: itemId };
    expect(await driver.run('CreateItem', { ...activity, body, caller: 'Contract' })).toMatchObject({ status: 201 });
    expect(await driver.run('CreateItem', { ...activity, body })).toMatchObject({ status: 409 });
    const validUntil = new Date(Date.now() + 3_600_000).toISOString();
    const changes = { ...customer, itemId, validUntil, body: { FirstName: 'Ada' } };
    expect(await driver.run('UpdateItem', changes)).toMatchObject({ status: 204 });
    expect((await driver.run('GetItem', { ...customer, itemId })).body).toMatchObject({ FirstName: 'Ada' });
  });

  test('list the partitions of an entity and the rows of one, page by page', async () => {
    const inputs = await driver.pick('GetPartitionData', 'Customer');
    const { body } = await driver.run('ListPartitions', inputs);
    const [choice] = await platform.choices('GetPartitionData', 'partitionId', inputs);
    expect(choice?.value).toBe((body as { value: { id: string }[] }).value[0]?.id);
    const rows = await driver.run('GetPartitionData', { ...inputs, partitionId: choice?.value, top: 2, skip: 1 });
    const { value, nextLink } = rows.body as { value: unknown[]; nextLink: string };
    expect(value).toHaveLength(2);
    await driver.expectDeclared('GetPartitionData', inputs, await platform.follow('GET', nextLink));
  });

  test.each(['dataSources', 'segments', 'measures', 'system'])('report the status of %s', async (reportType) => {
    const { body } = await driver.run('GetStatusReport', { ...(await driver.pick('GetStatusReport')), reportType });
    expect(body).toMatchObject({ html: expect.stringContaining('<table') });
  });
});

describe('the flows that a maker imports', () => {
  /** What the import asks for. */
  const asked: Readonly<Record<string, unknown>> = {
    cit_Instance: contosoInstanceId,
    cit_Segment: 'HighValueCustomers',
    cit_SegmentThreshold: 50,
  };
  /** An input as it is when the flow is saved: each is a text, or one environment variable. */
  const valueOf = (input: unknown): unknown =>
    asked[/^@parameters\('.* \((\w+)\)'\)$/.exec(String(input))?.[1] ?? ''] ?? input;
  const inputsOf = ({ inputs: { parameters } }: StoredOperation): Inputs =>
    Object.fromEntries(Object.entries(parameters).map(([name, input]) => [name, valueOf(input)]));

  test.each(storedFlows)('%s is subscribed as it is', async (_, { properties: { definition } }) => {
    const [name = '', operation] = Object.entries(definition.triggers)[0] ?? [];
    if (operation === undefined) throw new Error('a flow has a trigger');
    const { operationId } = operation.inputs.host;
    const inputs = inputsOf(operation);
    const answer = await driver.run(operationId, inputs, flows.urlOf(`${name} ${String(inputs['body/label'])}`));
    expect(answer).toMatchObject({ status: 201 });
    // What the flow does with the connector itself works as well.
    for (const action of Object.values(definition.actions)) {
      const { connectionName, operationId: called } = action.inputs.host;
      if (connectionName !== operation.inputs.host.connectionName) continue;
      expect(await driver.run(called, inputsOf(action))).toMatchObject({ status: 200 });
    }
  });
});

describe('every operation', () => {
  const { paths } = JSON.parse(readFileSync('connector/apiDefinition.swagger.json', 'utf8')) as SwaggerDocument;
  const ofInstance = operationsOf({ paths }).filter(({ path }) => path.includes('{instanceId}'));

  test.each(ofInstance.map(({ operation: { operationId } }) => operationId))(
    '%s refuses, as declared, an instance that does not exist',
    async (operationId) => {
      const known: Inputs = { entity: 'Customer', itemId: '1', partitionId: '1', reportType: 'segments', body: {} };
      const { parameters = [] } = platform.operation(operationId).operation;
      const names = parameters.filter(({ required }) => required).map(({ name }) => name);
      const inputs = Object.fromEntries(names.map((name) => [name, known[name] ?? NOBODYS_INSTANCE]));
      expect(await driver.run(operationId, inputs)).toMatchObject({ status: 404 });
    },
  );

  test('has been driven to its success', () => {
    const all = platform.operations.map(({ operation: { operationId } }) => operationId);
    expect(all.filter((operationId) => !driver.succeeded.has(operationId))).toEqual([]);
  });
});

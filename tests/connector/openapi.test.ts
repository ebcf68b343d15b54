import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { connectorDefinition } from '../../connector/document/definition.ts';
import { operationsOf } from '../../connector/document/operations.ts';
import type { Content } from '../../connector/openapi/open-api-document.ts';
import type { BodyParameter, PlainParameter } from '../../connector/document/swagger-document.ts';
import { callbackBody } from '../../shared/deliveries/attempt/callback-body.ts';
import { sampleEvent } from '../../shared/events/sample-event.ts';
import { previewRequestSchemas } from '../../shared/subscriptions/preview-request.ts';
import { subscribeRequestSchemas } from '../../shared/subscriptions/subscribe-request.ts';
import type { Subscription } from '../../shared/subscriptions/subscription.ts';
import { isTrigger, triggerNames } from '../../shared/triggers/trigger.ts';
import { described, describedOperations, describedWebhooks, responseOf, unfit } from './described-api.ts';

const folder = mkdtemp(path.join(tmpdir(), 'openapi-'));
afterAll(async () => rm(await folder, { recursive: true }));

/**
 * Whether the validator of `@seriousme/openapi-schema-validator` takes it. It is an ES module: it
 * runs as the program that it also is.
 */
async function isValid(document: object): Promise<boolean> {
  const file = path.join(await folder, 'openapi.json');
  await writeFile(file, JSON.stringify(document));
  const validator = 'node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js';
  const run = promisify(execFile)(process.execPath, [validator, file]);
  return run.then(
    ({ stdout }) => (JSON.parse(stdout) as { valid: boolean }).valid,
    () => false,
  );
}

describe('the description of the HTTP API', () => {
  test('is valid OpenAPI 3.1 by a published validator, which refuses one that is not', async () => {
    expect(await isValid(described)).toBe(true);
    const { info, ...others } = described;
    expect(await isValid(others)).toBe(false);
    expect(await isValid({ ...described, paths: { health: described.paths['/health'] } })).toBe(false);
  });

  test('has operation ids of its own for each operation, and every parameter of a path', () => {
    const ids = [...describedOperations, ...describedWebhooks].map(({ operation }) => operation.operationId);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    for (const { path: template, operation } of describedOperations) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(template.match(/\{\w+\}/g) ?? []);
    }
  });

  test('has schemas that compile, and refers to nothing that is not there', () => {
    const schemas = JSON.stringify(described).match(/#\/components\/schemas\/\w+/g) ?? [];
    for (const $ref of new Set(schemas)) expect(() => unfit({ $ref }, {})).not.toThrow();
    for (const { operation } of [...describedOperations, ...describedWebhooks]) {
      for (const { content = {} } of contentsOf(operation))
        for (const { schema } of Object.values(content)) expect(() => unfit(schema, {})).not.toThrow();
    }
    expect(() => unfit({ $ref: '#/components/schemas/Nothing' }, {})).toThrow();
  });

  test('has a callback for each trigger, which the test event of the trigger fits', () => {
    expect(Object.keys(described.webhooks)).toEqual([...triggerNames, 'subscription-stopped']);
    for (const { path: trigger, operation } of describedWebhooks) {
      if (trigger === 'subscription-stopped') continue;
      if (!isTrigger(trigger)) throw new Error(`${trigger} is no trigger`);
      const threshold = trigger.endsWith('-threshold-crossed') ? { threshold: 1 } : {};
      const subscription = { id: 'sub', trigger, instanceId: 'instance', subject: 'x', ...threshold } as Subscription;
      const event = sampleEvent(subscription, { eventId: 'evt', occurredAt: '2026-11-23T07:31:09.013Z' });
      const body = JSON.parse(callbackBody(event, 'dlv', subscription)) as object;
      const { schema = {} } = operation.requestBody?.content['application/json'] ?? {};
      expect({ trigger, unfit: unfit(schema, body) }).toEqual({ trigger, unfit: undefined });
      expect(unfit(schema, { ...body, trigger: 'another' })).toBeDefined();
    }
  });
});

type Operation = (typeof describedOperations)[number]['operation'];
const contentsOf = (operation: Operation): { readonly content?: Content }[] => [
  operation.requestBody ?? {},
  ...Object.keys(operation.responses).map((status) => responseOf(operation, status) ?? {}),
];

describe('every operation of the connector is described', () => {
  const connector = operationsOf(connectorDefinition('0'));
  const of = (operationId: string): Operation | undefined =>
    describedOperations.find(({ operation }) => operation.operationId === operationId)?.operation;
  const cases = connector.map(({ operation, method, path: template }) => {
    return [operation.operationId, { operation, method, template, found: of(operation.operationId) }] as const;
  });

  test.each(cases)('%s, at the same path', (operationId, { method, template }) => {
    expect(described.paths[template]?.[method]?.operationId).toBe(operationId);
  });

  test.each(cases)('%s, with the same parameters', (_, { operation, found }) => {
    const plain = (operation.parameters ?? []).filter((one): one is PlainParameter => one.in !== 'body');
    const expected = plain.map(({ name, in: where, required, description, ...schema }) => ({
      name,
      in: where,
      required,
      description,
      schema: shown(schema),
    }));
    const all = (found?.parameters ?? []).map(({ required = false, ...rest }) => ({ ...rest, required }));
    // A connector takes a link as it is: it does not know what is in it.
    const isLinked =
      operation['x-ms-pageable']?.nextLinkName === 'nextLink' && plain.every(({ name }) => name !== 'skip');
    expect(all.filter(({ name }) => name !== 'next')).toEqual(expected);
    expect(all.some(({ name }) => name === 'next')).toBe(isLinked);
  });

  test.each(cases)('%s, with the same body', (_, { operation, found }) => {
    const body = (operation.parameters ?? []).find((one): one is BodyParameter => one.in === 'body');
    const { additionalProperties, ...schema } = (found?.requestBody?.content['application/json']?.schema ?? {}) as {
      additionalProperties?: false;
    };
    expect(schema).toEqual(body === undefined ? {} : shown(body.schema));
    expect(additionalProperties).toBe(body?.schema.properties === undefined ? undefined : false);
  });

  test.each(cases)('%s, with the same answers', (_, { operation, found }) => {
    const own = Object.keys(operation.responses);
    const more = Object.keys(found?.responses ?? {}).filter((status) => !own.includes(status));
    expect(more).toEqual(found?.requestBody ? ['411', '413'] : []);
    for (const [status, { description, schema, headers = {} }] of Object.entries(operation.responses)) {
      const response = found && responseOf(found, status);
      expect(response?.description).toBe(description);
      expect(Object.keys(response?.headers ?? {})).toEqual(expect.arrayContaining(Object.keys(headers)));
      if (schema) expect(resolved(response?.content?.['application/json']?.schema)).toEqual(shown(schema));
    }
  });
});

test('the bodies of triggers are what requests are validated with, but for what is said of their properties', () => {
  const requests = {
    ...Object.fromEntries(triggerNames.map((one) => [`/triggers/${one}/subscriptions`, subscribeRequestSchemas[one]])),
    ...Object.fromEntries(
      Object.entries(previewRequestSchemas).map(([one, body]) => [`/triggers/${one}/preview`, body]),
    ),
  };
  for (const [template, schema] of Object.entries(requests)) {
    const described = describedOperations.find(({ method, path: at }) => method === 'POST' && at === template);
    const body = described?.operation.requestBody?.content['application/json']?.schema;
    expect({ template, body: bare(body) }).toEqual({ template, body: bare(JSON.parse(JSON.stringify(schema))) });
  }
});

/** Without the extensions for designers. */
function shown(value: unknown): unknown {
  return without(value, (name) => name.startsWith('x-ms-'));
}

function bare(value: unknown): unknown {
  return without(value, (name) => ['title', 'description', 'default'].includes(name));
}

function without(value: unknown, drops: (name: string) => boolean): unknown {
  return JSON.parse(JSON.stringify(value), (name, each: unknown) => (drops(name) ? undefined : each));
}

/** With what every reference stands for in its place. */
function resolved(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (_, each: unknown) => {
    const { $ref } = (each ?? {}) as { $ref?: string };
    return $ref === undefined ? each : described.components.schemas[$ref.replace('#/components/schemas/', '')];
  });
}

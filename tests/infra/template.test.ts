import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FAILING_MS } from '../../shared/deliveries/subscription/subscription-health.ts';
import { NEAR_LIMIT } from '../../shared/rate-limit/connection-usage.ts';
import { settings } from '../../shared/settings.ts';
import { DELIVERIES_QUEUE, POLLS_QUEUE, RETRIES_QUEUE } from '../../shared/deliveries/messages.ts';
import { parseSigningSecret } from '../../shared/outgoing/signature.ts';
import { operatorKeys } from '../../shared/setting-parsers.ts';
import { parseEncryptionKeys } from '../../shared/subscriptions/callback-cipher.ts';
import { metrics, type MetricName } from '../../shared/telemetry/metrics.ts';
import { codesOf, headingsOf, tableRows } from '../helpers/markdown.ts';
import { armFunction, templatesIn, type ArmResource, type ArmTemplate } from './arm-template.ts';

const main = JSON.parse(readFileSync('infra/main.json', 'utf8')) as ArmTemplate;
const templates = templatesIn(main);
const resources = templates.flatMap((template) => Object.values(template.resources));
const variables = Object.assign({}, ...templates.map((template) => template.variables ?? {})) as Record<
  string,
  unknown
>;
const ofType = (type: string): ArmResource[] => resources.filter((resource) => resource.type === type);
const source = (file: string): string => readFileSync(file, 'utf8');
const propertiesOf = (type: string): Record<string, unknown> => ofType(type)[0]?.properties ?? {};

describe('app settings', () => {
  const platform = Object.keys(variables['platformSettings'] as object);
  const given = Object.keys(
    templates.flatMap(({ definitions = {} }) =>
      Object.entries(definitions).filter(([name]) => name.endsWith('appSettings')),
    )[0]?.[1].properties ?? {},
  );
  const secret = variables['secretNames'] as Readonly<Record<string, string>>;
  const made = ['AUTHENTICATION', 'ENTRA_TENANT_ID', 'ENTRA_CLIENT_ID', ...Object.keys(secret)];

  test('are those of the schema, each once', () => {
    const ofPlatform = platform.filter((name) => name in settings);
    expect([...given, ...made, ...ofPlatform].toSorted()).toEqual(Object.keys(settings).toSorted());
  });

  test('beside the schema are those that host and SDKs read', () => {
    expect(platform.filter((name) => !(name in settings))).toEqual([
      'AzureWebJobsStorage__accountName',
      'AzureWebJobsStorage__blobServiceUri',
      'AzureWebJobsStorage__queueServiceUri',
      'AzureWebJobsStorage__tableServiceUri',
      'AzureWebJobsStorage__credential',
      'AzureWebJobsStorage__clientId',
      'AZURE_CLIENT_ID',
    ]);
    for (const service of ['queue', 'table'])
      expect(source('shared/storage-setting.ts')).toContain(`'AzureWebJobsStorage__${service}ServiceUri'`);
  });

  test('that the host reads too are what the app takes by default, and what it speaks', () => {
    const { OTEL_EXPORTER_OTLP_PROTOCOL, ...others } = variables['hostSettings'] as Record<string, string>;
    expect(OTEL_EXPORTER_OTLP_PROTOCOL).toBe('http/protobuf');
    expect(Object.keys(others)).toEqual(['OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG']);
    for (const [name, value] of Object.entries(others)) {
      expect(settings).toHaveProperty(`${name}.default`, value);
    }
  });

  test('can be set by environment variables of the same names', () => {
    const read = [...source('infra/main.bicepparam').matchAll(/^ {2}(\w+): readEnvironmentVariable\('(\w+)', ''\)$/gm)];
    expect(read.map(([, setting]) => setting)).toEqual(given);
    expect(read.map(([, , variable]) => variable)).toEqual(given);
  });

  test('that are secret refer to the secrets that are made in the vault', () => {
    const vaulted = [...JSON.stringify(resources).matchAll(/"secretName":\{"value":"([a-z-]+)"\}/g)];
    expect(Object.values(secret).toSorted()).toEqual([...new Set(vaulted.map(([, name]) => name))].toSorted());
    expect(
      tableRows(source('docs/deploy.md'), 'secret').map((row) => row.slice(0, 2).map((cell) => codesOf(cell)[0])),
    ).toEqual(Object.entries(secret).map(([setting, name]) => [name, setting]));
  });
});

describe('secrets that the deployment makes', () => {
  const modules = templates.filter((template) => template.functions !== undefined);

  test('are made only where there is none yet', () => {
    expect(modules.length).toBe(3);
    for (const module of modules)
      expect(module.resources['secret']).toMatchObject({ '@options': { onlyIfNotExists: [] } });
  });

  test('are all 32 bytes of three GUIDs that are random, as the settings want them', () => {
    const base64OfGuids = armFunction(modules[0] ?? main, 'base64OfGuids');
    fc.assert(
      fc.property(fc.uuid({ version: 4 }), fc.uuid({ version: 4 }), fc.uuid({ version: 4 }), (...guids) => {
        const random = guids.map((guid) => guid.replaceAll('-', '')).map((hex) => hex.slice(0, 12) + hex.slice(17));
        const bytes = Buffer.from(random.join('').slice(0, 64), 'hex');
        const made = base64OfGuids(guids.join(' ')) as string;
        expect(parseEncryptionKeys(`k1:${made}`)).toEqual([{ kid: 'k1', key: bytes }]);
        expect(parseSigningSecret(`whsec_${made}`).export()).toEqual(bytes);
        expect(operatorKeys(`first:${made}`)).toEqual([{ name: 'first', key: made, access: 'all' }]);
      }),
      { numRuns: 5 },
    );
    const prefixes = [...JSON.stringify(main).matchAll(/"prefix":\{"value":"([^"]+)"\}/g)].map(([, prefix]) => prefix);
    expect(prefixes).toEqual(['k1:', 'whsec_', 'first:']);
  });
});

describe('roles', () => {
  const storageClients = source('shared/azure/storage-clients.ts');

  test('on storage are one for each service that host or app use', () => {
    const used = {
      'Storage Blob Data Owner': true,
      'Storage Queue Data Contributor': storageClients.includes('@azure/storage-queue'),
      'Storage Table Data Contributor': storageClients.includes('@azure/data-tables'),
    };
    const ids: Record<keyof typeof used, string> = {
      'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
      'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fe88',
      'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
    };
    const needed = (Object.keys(used) as (keyof typeof used)[]).filter((role) => used[role]);
    expect(variables['storageRoles']).toEqual(needed.map((role) => ids[role]));
  });

  test('on vault and telemetry are reading secrets and sending metrics', () => {
    expect(variables['vaultRoles']).toEqual(['4633458b-17de-408a-b874-0445c86b69e6']);
    expect(variables['telemetryRoles']).toEqual(['3913510d-42f4-4e42-8a64-420c390055eb']);
  });

  test('are given on one resource each, to the one identity', () => {
    const assignments = ofType('Microsoft.Authorization/roleAssignments');
    expect(assignments.map(({ copy, scope }) => [copy?.count, scope?.match(/'(Microsoft\.\w+\/\w+)'/)?.[1]])).toEqual([
      [`[length(variables('telemetryRoles'))]`, 'Microsoft.Insights/components'],
      [`[length(variables('storageRoles'))]`, 'Microsoft.Storage/storageAccounts'],
      [`[length(variables('vaultRoles'))]`, 'Microsoft.KeyVault/vaults'],
    ]);
    for (const { properties } of assignments) expect(properties?.['principalId']).toBe(`[parameters('principalId')]`);
    expect(ofType('Microsoft.ManagedIdentity/userAssignedIdentities').length).toBe(1);
  });
});

test('the queues are those that the app listens to', () => {
  const [queues] = ofType('Microsoft.Storage/storageAccounts/queueServices/queues');
  const names = [...(queues?.copy?.count ?? '').matchAll(/'(\w+)'/g)].map(([, name]) => name);
  expect(names).toEqual([POLLS_QUEUE, DELIVERIES_QUEUE, RETRIES_QUEUE]);
});

test('neither storage nor telemetry take keys, and the app takes no passwords', () => {
  expect(propertiesOf('Microsoft.Storage/storageAccounts')).toMatchObject({
    allowSharedKeyAccess: false,
    allowBlobPublicAccess: false,
    supportsHttpsTrafficOnly: true,
  });
  expect(propertiesOf('Microsoft.Insights/components')).toMatchObject({ DisableLocalAuth: true });
  const passwords = ofType('Microsoft.Web/sites/basicPublishingCredentialsPolicies');
  expect(passwords.map(({ properties }) => properties?.['allow'])).toEqual([false, false]);
});

test('what the deployment prints are addresses that the app answers at', () => {
  const routes = ['functions/connector-definition.ts', 'functions/health.ts', 'functions/dashboard.ts'].map(
    (file) => /(?:route: |serve\('\w+', )'([^']+)'/.exec(source(file))?.[1],
  );
  const printed = ['CONNECTOR_URL', 'HEALTH_URL', 'DASHBOARD_URL'].map((name) => main.outputs?.[name]?.value);
  expect(printed).toEqual(routes.map((route) => expect.stringContaining(`/api/${route}'`) as unknown));
});

test('the docs set variables that the parameters read, and print outputs', () => {
  const docs = source('docs/deploy.md') + source('docs/operate.md');
  const named = (pattern: RegExp): string[] => [...new Set([...docs.matchAll(pattern)].map(([, name = '']) => name))];
  const read = [...source('infra/main.bicepparam').matchAll(/readEnvironmentVariable\('(\w+)'/g)].map(
    ([, name]) => name,
  );
  const set = [...named(/azd env set ([A-Z_]+)/g), ...tableRows(docs, 'variable').map(([name]) => codesOf(name)[0])];
  expect(set.length).toBeGreaterThan(0);
  expect(set.filter((name) => !read.includes(name))).toEqual([]);
  const printed = named(/azd env get-value ([A-Z_]+)/g);
  expect(printed.length).toBeGreaterThan(0);
  expect(printed.filter((name) => !(name in (main.outputs ?? {})))).toEqual([]);
});

test('sign-in of the platform leaves the refusal to the app, which has routes for everybody', () => {
  expect(propertiesOf('Microsoft.Web/sites/config')).toMatchObject({
    globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' },
  });
});

test('the runtime is the Node that everything is tested on', () => {
  const { engines } = JSON.parse(source('package.json')) as { engines: { node: string } };
  expect(propertiesOf('Microsoft.Web/sites')).toMatchObject({
    functionAppConfig: { runtime: { name: 'node', version: engines.node.replace('>=', '') } },
  });
});

describe('alerts', () => {
  const alerts = variables['alerts'] as readonly { name: string; query: string; every: string; over: string }[];
  const operate = source('docs/operate.md');

  test('are over metrics that the app writes', () => {
    const named = alerts.map(({ query }) => /name == '([^']+)'/.exec(query)?.[1]);
    expect(named.filter((name) => name === undefined || !(name in metrics))).toEqual([]);
    const attributes = alerts.flatMap(({ query }) =>
      [...query.matchAll(/name == '([^']+)'|customDimensions\['([^']+)'\]/g)].map(([, name, attribute]) => ({
        name,
        attribute,
      })),
    );
    let by: readonly string[] = [];
    for (const { name, attribute } of attributes) {
      if (name !== undefined) by = metrics[name as MetricName].by;
      else expect(by).toContain(attribute);
    }
  });

  test('sum up what is counted, take the greatest of the rest, and compare seconds with the minutes that are explained', () => {
    const meanings = new Map(tableRows(operate, 'alert').map(([name, meaning]) => [codesOf(name)[0], meaning]));
    for (const { name, query } of alerts) {
      const { kind, unit } = metrics[/name == '([^']+)'/.exec(query)?.[1] as MetricName];
      const columns = [...query.matchAll(/\bvalue\w+/g)].map(([column]) => column);
      expect([query, ...columns]).toEqual([query, kind === 'counter' ? 'valueSum' : 'valueMax']);
      const seconds = /\bSeconds > (\d+)/.exec(query)?.[1];
      expect([query, seconds !== undefined]).toEqual([query, unit === 's']);
      if (seconds !== undefined) expect(meanings.get(name)).toContain(` ${Number(seconds) / 60} minutes`);
    }
  });

  test('that compare a share of a limit do so where the log names the connection, as explained', () => {
    const meanings = new Map(tableRows(operate, 'alert').map(([name, meaning]) => [codesOf(name)[0], meaning]));
    for (const { name, query } of alerts) {
      const { unit } = metrics[/name == '([^']+)'/.exec(query)?.[1] as MetricName];
      const share = /\bShare >= ([\d.]+)/.exec(query)?.[1];
      expect([query, share !== undefined]).toEqual([query, unit === '1']);
      if (share === undefined) continue;
      expect(Number(share)).toBe(NEAR_LIMIT);
      expect(meanings.get(name)).toContain(` ${NEAR_LIMIT * 100} % `);
    }
  });

  test('on flows count what the app counts: an hour of failures, and the ends that flows cause', () => {
    const of = (name: string): string => alerts.find((alert) => alert.name === name)?.query ?? '';
    expect(of('failing-flows')).toContain(`'triggers.subscription.failing'`);
    expect(FAILING_MS).toBe(3_600_000);
    expect(metrics['triggers.subscription.failing'].meaning).toContain(' for an hour ');
    const statuses = [...(/in \(([^)]+)\)/.exec(of('stopped-subscriptions'))?.[1] ?? '').matchAll(/'(\w+)'/g)];
    const counted = [...metrics['triggers.subscription.status'].meaning.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(statuses.map(([, name]) => name).toSorted()).toEqual(counted.filter((name) => name !== 'active').toSorted());
  });

  test('read at least as far back as the time between two readings, and cost what the docs say', () => {
    const minutes = (period: string): number => {
      const [, count = '', unit = ''] = /^PT(\d+)([MH])$/.exec(period) ?? [];
      return Number(count) * (unit === 'H' ? 60 : 1);
    };
    const dollars: Readonly<Record<number, number>> = { 5: 1.5, 15: 0.5 };
    let sum = 0;
    for (const { every, over } of alerts) {
      expect(minutes(over)).toBeGreaterThan(minutes(every));
      sum += dollars[minutes(every)] ?? NaN;
    }
    const scale = source('docs/scale.md').replace(/\s+/g, ' ');
    expect(scale).toContain('$1.50 a month for one that reads every five minutes and $0.50 for one every fifteen');
    expect(alerts).toHaveLength(7);
    expect(scale).toContain(`$${sum.toFixed(2)} for the seven of the template`);
  });

  test('are mailed and sent to a webhook in the common alert schema, each if its address is set', () => {
    const group = propertiesOf('Microsoft.Insights/actionGroups');
    for (const [receivers, address] of Object.entries({
      emailReceivers: 'alertEmail',
      webhookReceivers: 'alertWebhookUrl',
    })) {
      expect(group[receivers]).toMatch(`if(empty(parameters('${address}')), createArray(), createArray(`);
      expect(group[receivers]).toContain(`'useCommonAlertSchema', true()`);
    }
    const [rules] = ofType('Microsoft.Insights/scheduledQueryRules');
    expect(JSON.stringify(rules?.properties?.['actions'])).toContain(`variables('isSent')`);
  });

  test('are each explained, and no others', () => {
    const names = alerts.map(({ name }) => name);
    expect(tableRows(operate, 'alert').map(([name]) => codesOf(name)[0])).toEqual(names);
    expect(headingsOf(operate)).toEqual(expect.arrayContaining(names));
  });
});

test('host.json keeps the polling of its own queues out of telemetry, and traces are sampled', () => {
  const { logging } = JSON.parse(source('host.json')) as { logging: Record<string, unknown> };
  expect(logging['OpenTelemetry']).toEqual({
    logLevel: {
      'Azure.Core': 'None',
      'Azure.Core.1': 'None',
      'Microsoft.Azure.WebJobs.Extensions': 'Warning',
      'Microsoft.Azure.WebJobs.Script': 'Warning',
    },
  });
  expect(settings.OTEL_TRACES_SAMPLER.default).toBe('parentbased_traceidratio');
  expect(Number(settings.OTEL_TRACES_SAMPLER_ARG.default)).toBeLessThanOrEqual(0.05);
});

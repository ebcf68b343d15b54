import { describe, expect, test } from '@jest/globals';
import { readConfig, type Config } from '../../shared/config.ts';
import { settings, type SettingName } from '../../shared/settings.ts';

const key = Buffer.alloc(32, 5);
const INSTANCE = '11111111-2222-3333-4444-555555555555';
const required = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  CALLBACK_ENCRYPTION_KEYS: `kid:${key.toString('base64')}`,
};

function configOf(environment: Readonly<Record<string, string>>): Config {
  const read = readConfig({ ...required, ...environment });
  if (read.kind === 'invalid') throw new Error(JSON.stringify(read.faults));
  return read.config;
}

function faultsOf(environment: Readonly<Record<string, string | undefined>>): { setting: string; message: string }[] {
  const read = readConfig({ ...required, ...environment });
  return read.kind === 'invalid' ? read.faults : [];
}

test('two settings are enough; the others have the documented defaults', () => {
  expect(configOf({})).toEqual({
    storage: { connectionString: 'UseDevelopmentStorage=true' },
    insights: {
      baseUrl: 'https://api.ci.ai.dynamics.com/v1',
      subscriptionKey: undefined,
      credential: 'default',
      scope: 'https://api.ci.ai.microsoft.com/.default',
      workflowPath: 'workflows/main',
      timeoutMs: 10_000,
    },
    authentication: 'key',
    platformAuthenticates: false,
    allowedTenants: new Set(),
    operatorKeys: [],
    allowedInstances: new Set(),
    maxSubscriptionsPerConnection: 1000,
    publicBaseUrl: 'http://localhost:7071',
    pollSchedule: '0 * * * * *',
    reconcileSchedule: '30 */3 * * * *',
    callbackPolicy: {
      allowedHosts: expect.arrayContaining(['.logic.azure.com', '.api.powerplatform.com', '.logic.azure.cn']),
      allowedNetworks: expect.objectContaining({ isEmpty: true }),
    },
    encryptionKeys: [{ kid: 'kid', key }],
    signingSecrets: [],
    operatorWebhook: undefined,
    deliveryTimeoutMs: 15_000,
    deliveryScheduleSeconds: [5, 30, 300, 1800, 7200, 18_000, 36_000, 36_000],
    rateLimit: { calls: 100, windowSeconds: 60 },
    claimMs: 120_000,
    retentionMonths: 3,
    dataActions: 'on',
    entra: { tenantId: undefined, clientId: undefined, connectorClientId: undefined },
    contactEmail: undefined,
    createFlowUrl: undefined,
  });
});

test('data actions for a role ask for callers who can have one', () => {
  expect(readConfig({ ...required, DATA_ACTIONS: 'role' })).toEqual({
    kind: 'invalid',
    faults: [{ setting: 'DATA_ACTIONS', message: expect.stringContaining('AUTHENTICATION=entra') }],
  });
});

test('operator keys of fewer than 16 characters are left out with a warning', () => {
  const read = readConfig({ ...required, OPERATOR_KEYS: 'ann:0123456789abcde,bob:0123456789abcdef,eve:S3CR3T' });
  expect(read).toMatchObject({
    kind: 'valid',
    config: { operatorKeys: [{ name: 'bob', key: '0123456789abcdef', access: 'all' }] },
  });
  const { warnings } = read as Extract<typeof read, { kind: 'valid' }>;
  expect(warnings).toEqual([{ setting: 'OPERATOR_KEYS', message: expect.stringMatching(/2 of its keys.*16/) }]);
  expect(JSON.stringify(warnings)).not.toMatch(/S3CR3T|ann|eve/);
});

test.each([
  ['all:0123456789abcdef,wall:read:0123456789abcdef', 'wall'],
  ['wall:read:0123456789abcdef,all:0123456789abcdef', 'wall'],
])('an operator key that is listed twice may only read if one of %s says so, with a warning', (keys, name) => {
  const read = readConfig({ ...required, OPERATOR_KEYS: keys });
  expect(read).toMatchObject({
    kind: 'valid',
    config: { operatorKeys: [{ name, access: 'read' }] },
    warnings: [{ setting: 'OPERATOR_KEYS', message: expect.stringContaining('several entries') }],
  });
});

test('an operator key whose name is read is warned of, because it may do everything', () => {
  const warned = (keys: string): string[] => {
    const read = readConfig({ ...required, OPERATOR_KEYS: keys });
    return read.kind === 'valid' ? read.warnings.map(({ message }) => message) : ['invalid'];
  };
  expect(warned('read:0123456789abcdef')).toEqual([expect.stringContaining('name:read:key')]);
  expect(warned('read:read:0123456789abcdef,ann:0123456789abcdeg')).toEqual([]);
});

test('entra where the platform does not authenticate is warned of', () => {
  const warned = (environment: Readonly<Record<string, string>>): string[] => {
    const read = readConfig({ ...required, AUTHENTICATION: 'entra', ...environment });
    return read.kind === 'valid' ? read.warnings.map(({ setting }) => setting) : [];
  };
  expect(warned({})).toEqual(['AUTHENTICATION']);
  expect(warned({ WEBSITE_AUTH_ENABLED: 'False' })).toEqual(['AUTHENTICATION']);
  expect(warned({ WEBSITE_AUTH_ENABLED: 'True' })).toEqual([]);
  expect(warned({ AUTHENTICATION: 'key' })).toEqual([]);
});

test('an empty or blank setting is an absent one', () => {
  const blank = Object.fromEntries(Object.keys(settings).map((name) => [name, ' ']));
  const config = configOf({ ...blank, CALLBACK_ENCRYPTION_KEYS: required.CALLBACK_ENCRYPTION_KEYS });
  // As JSON: a list of networks has a function.
  expect(JSON.stringify(config)).toBe(JSON.stringify(configOf({})));
});

describe('storage', () => {
  test('may be named by its account, which the connection string outweighs', () => {
    const account = { AzureWebJobsStorage__accountName: 'account' };
    expect(configOf({ ...account, AzureWebJobsStorage: '' }).storage).toEqual({
      queueServiceUri: 'https://account.queue.core.windows.net',
      tableServiceUri: 'https://account.table.core.windows.net',
    });
    expect(configOf(account).storage).toEqual({ connectionString: 'UseDevelopmentStorage=true' });
  });

  test('must be given', () => {
    expect(faultsOf({ AzureWebJobsStorage: undefined })).toEqual([
      { setting: 'AzureWebJobsStorage', message: expect.stringContaining('AzureWebJobsStorage__accountName') },
    ]);
  });
});

test.each<[Record<string, string>, string]>([
  [{}, 'http://localhost:7071'],
  [{ WEBSITE_HOSTNAME: 'triggers.azurewebsites.net' }, 'https://triggers.azurewebsites.net'],
  [{ WEBSITE_HOSTNAME: 'localhost:7099' }, 'http://localhost:7099'],
  [{ WEBSITE_HOSTNAME: 'a.azurewebsites.net', PUBLIC_BASE_URL: 'https://b.example/x/' }, 'https://b.example/x'],
  [{ PUBLIC_BASE_URL: 'http://127.0.0.1:8080' }, 'http://127.0.0.1:8080'],
])('of %j the public base URL is %s', (environment, publicBaseUrl) => {
  expect(configOf(environment).publicBaseUrl).toBe(publicBaseUrl);
});

test.each<[Record<string, string>, Partial<Config>]>([
  [
    { ALLOWED_INSTANCES: ' 0F1E2D3C-4B5A-4968-8776-655443322110 , ' },
    { allowedInstances: new Set(['0f1e2d3c-4b5a-4968-8776-655443322110']) },
  ],
  [
    { OPERATOR_KEYS: 'ann:a:b=456789abcdef, bob:0123456789abcdef, wall:read:fedcba9876543210' },
    {
      operatorKeys: [
        { name: 'ann', key: 'a:b=456789abcdef', access: 'all' },
        { name: 'bob', key: '0123456789abcdef', access: 'all' },
        { name: 'wall', key: 'fedcba9876543210', access: 'read' },
      ],
    },
  ],
  [
    { OPERATOR_WEBHOOK_URL: 'https://alerts.example.org/hook?sig=a%2Fb' },
    { operatorWebhook: expect.objectContaining({ url: 'https://alerts.example.org/hook?sig=a%2Fb' }) as never },
  ],
  [
    { OPERATOR_WEBHOOK_URL: 'http://10.0.0.1:8080/hook', CALLBACK_ALLOWED_NETWORKS: '10.0.0.0/8' },
    { operatorWebhook: expect.objectContaining({ url: 'http://10.0.0.1:8080/hook' }) as never },
  ],
  [{ DELIVERY_SCHEDULE_SECONDS: '0' }, { deliveryScheduleSeconds: [0] }],
  [{ RATE_LIMIT_CALLS: '0' }, { rateLimit: { calls: 0, windowSeconds: 60 } }],
  [{ CLAIM_SECONDS: '1' }, { claimMs: 1000 }],
  [{ POLL_SCHEDULE: '*/10 * * * * *' }, { pollSchedule: '*/10 * * * * *' }],
  [{ POLL_SCHEDULE: '*/5 * * * *' }, { pollSchedule: '*/5 * * * *' }],
  [{ POLL_SCHEDULE: '0 0,30 8-17 * Jan-jun MON' }, { pollSchedule: '0 0,30 8-17 * Jan-jun MON' }],
  [
    { WEBSITE_AUTH_ENABLED: 'True', AUTHENTICATION: 'entra' },
    { platformAuthenticates: true, authentication: 'entra' },
  ],
  [{ DATA_ACTIONS: 'off' }, { dataActions: 'off' }],
  [{ DATA_ACTIONS: 'role', AUTHENTICATION: 'entra' }, { dataActions: 'role' }],
  [{ WEBSITE_AUTH_ENABLED: 'False' }, { platformAuthenticates: false }],
  [{ WEBSITE_AUTH_AAD_ALLOWED_TENANTS: ' A-1, b-2' }, { allowedTenants: new Set(['a-1', 'b-2']) }],
  [
    {
      ENTRA_TENANT_ID: '0F1E2D3C-4B5A-4968-8776-655443322110',
      CONNECTOR_CLIENT_ID: '1f1e2d3c-4b5a-4968-8776-655443322110',
    },
    {
      entra: {
        tenantId: '0f1e2d3c-4b5a-4968-8776-655443322110',
        clientId: undefined,
        connectorClientId: '1f1e2d3c-4b5a-4968-8776-655443322110',
      },
    },
  ],
  [{ CONTACT_EMAIL: 'data.team+ci@contoso.example' }, { contactEmail: 'data.team+ci@contoso.example' }],
  [
    { CREATE_FLOW_URL: 'https://make.powerautomate.com/environments/e/flows/new?x=1#y' },
    { createFlowUrl: 'https://make.powerautomate.com/environments/e/flows/new?x=1#y' },
  ],
  [
    { CUSTOMER_INSIGHTS_API_URL: 'http://127.0.0.1:7072/v1/' },
    { insights: { ...configOf({}).insights, baseUrl: 'http://127.0.0.1:7072/v1' } },
  ],
  [
    { CUSTOMER_INSIGHTS_SCOPE: 'api://another-cloud/.default' },
    { insights: { ...configOf({}).insights, scope: 'api://another-cloud/.default' } },
  ],
])('%j is read', (environment, expected) => {
  expect(configOf(environment)).toMatchObject(expected);
});

describe('a bad value is a fault of its setting, and is not repeated:', () => {
  const guid = '0f1e2d3c-4b5a-4968-8776-655443322110';
  test.each<[SettingName, string]>([
    ['CUSTOMER_INSIGHTS_API_URL', 'S3CR3T'],
    ['CUSTOMER_INSIGHTS_API_URL', 'ftp://S3CR3T'],
    ['CUSTOMER_INSIGHTS_SCOPE', 'https://S3CR3T'],
    ['CUSTOMER_INSIGHTS_SCOPE', 'https://S3CR3T /.default'],
    ['CUSTOMER_INSIGHTS_API_URL', 'https://host/?key=S3CR3T'],
    ['CUSTOMER_INSIGHTS_API_URL', 'https:host/S3CR3T'],
    ['CUSTOMER_INSIGHTS_API_URL', 'https://user:S3CR3T@host/'],
    ['CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY', 'S3CR3T with blanks'],
    ['CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY', 'S3CR3T\nnext'],
    ['CUSTOMER_INSIGHTS_CREDENTIAL', 'S3CR3T'],
    ['CUSTOMER_INSIGHTS_WORKFLOW_PATH', '/S3CR3T/'],
    ['CUSTOMER_INSIGHTS_TIMEOUT_MS', '0'],
    ['CUSTOMER_INSIGHTS_TIMEOUT_MS', '1e3'],
    ['CUSTOMER_INSIGHTS_TIMEOUT_MS', '100001'],
    ['AUTHENTICATION', 'none'],
    ['AUTHENTICATION', 'Key'],
    ['DATA_ACTIONS', 'S3CR3T'],
    ['OPERATOR_KEYS', 'S3CR3T'],
    ['OPERATOR_KEYS', ':S3CR3T'],
    ['OPERATOR_KEYS', 'S3CR3T:'],
    ['ALLOWED_INSTANCES', `${guid},S3CR3T`],
    ['ALLOWED_INSTANCES', `urn:uuid:${guid}`],
    ['MAX_SUBSCRIPTIONS_PER_CONNECTION', '-1'],
    ['MAX_SUBSCRIPTIONS_PER_CONNECTION', '0'],
    ['PUBLIC_BASE_URL', 'S3CR3T.example'],
    ['ENTRA_TENANT_ID', 'S3CR3T'],
    ['ENTRA_CLIENT_ID', `api://S3CR3T-${guid}`],
    ['CONNECTOR_CLIENT_ID', 'S3CR3T'],
    ['CONTACT_EMAIL', 'S3CR3T'],
    ['CONTACT_EMAIL', 'S3CR3T@contoso.example, b@contoso.example'],
    ['CREATE_FLOW_URL', 'http://S3CR3T.example'],
    ['CREATE_FLOW_URL', 'javascript:S3CR3T'],
    ['CREATE_FLOW_URL', 'https://user:S3CR3T@contoso.example'],
    ['PUBLIC_BASE_URL', 'https://bücher.example'],
    ['PUBLIC_BASE_URL', 'https://host/with blank'],
    ['PUBLIC_BASE_URL', 'https://user:S3CR3T@host'],
    ['PUBLIC_BASE_URL', 'https://host/#S3CR3T'],
    ['OPERATOR_WEBHOOK_URL', 'S3CR3T'],
    ['OPERATOR_WEBHOOK_URL', 'http://S3CR3T.example.org'],
    ['OPERATOR_WEBHOOK_URL', 'https://S3CR3T.example.org:8443'],
    ['OPERATOR_WEBHOOK_URL', 'https://S3CR3T.internal/'],
    ['OPERATOR_WEBHOOK_URL', 'https://user:S3CR3T@example.org'],
    ['OPERATOR_WEBHOOK_URL', 'https://10.0.0.1/S3CR3T'],
    ['POLL_SCHEDULE', 'S3CR3T'],
    ['POLL_SCHEDULE', '* * * *'],
    ['POLL_SCHEDULE', '0 * * * * * *'],
    ['POLL_SCHEDULE', '60 * * * * *'],
    ['POLL_SCHEDULE', '* * * * * 7'],
    ['POLL_SCHEDULE', '0 0 25 * * *'],
    ['POLL_SCHEDULE', '0 0 0 30 2 *'],
    ['POLL_SCHEDULE', '0 * * * jn *'],
    ['POLL_SCHEDULE', '%OTHER%'],
    ['POLL_SCHEDULE', '00:01:00'],
    ['POLL_SCHEDULE', 'once in a blue moon !'],
    ['CALLBACK_ALLOWED_HOSTS', 'https://S3CR3T.example'],
    ['CALLBACK_ALLOWED_HOSTS', '*.example.org'],
    ['CALLBACK_ALLOWED_HOSTS', 'host:443'],
    ['CALLBACK_ALLOWED_NETWORKS', '10.0.0.0/33'],
    ['CALLBACK_ALLOWED_NETWORKS', 'S3CR3T'],
    ['CALLBACK_ENCRYPTION_KEYS', 'kid:S3CR3T'],
    ['CALLBACK_ENCRYPTION_KEYS', ','],
    ['CALLBACK_ENCRYPTION_KEYS', `${required.CALLBACK_ENCRYPTION_KEYS},${required.CALLBACK_ENCRYPTION_KEYS}`],
    ['WEBHOOK_SIGNING_SECRETS', 'S3CR3T'],
    ['DELIVERY_TIMEOUT_MS', '15s'],
    ['DELIVERY_SCHEDULE_SECONDS', '5,-1'],
    ['DELIVERY_SCHEDULE_SECONDS', '604801'],
    ['DELIVERY_SCHEDULE_SECONDS', Array.from({ length: 51 }, () => '1').join(',')],
    ['RATE_LIMIT_CALLS', '1001'],
    ['RATE_LIMIT_WINDOW_SECONDS', '0'],
    ['CLAIM_SECONDS', '0'],
    ['RETENTION_MONTHS', '0'],
    ['RETENTION_MONTHS', '1.5'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'S3CR3T'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'key=S3CR3T%'],
    ['APPLICATIONINSIGHTS_CONNECTION_STRING', 'S3CR3T'],
    ['APPLICATIONINSIGHTS_AUTHENTICATION_STRING', 'Authorization=S3CR3T'],
    ['APPLICATIONINSIGHTS_AUTHENTICATION_STRING', 'ClientId=11111111-2222-3333-4444-555555555555'],
    ['OTEL_SDK_DISABLED', 'yes'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.1'],
    ['OTEL_TRACES_SAMPLER_ARG', '1e-1'],
  ])('%s=%s', (setting, value) => {
    const faults = faultsOf({ [setting]: value });
    expect(faults).toEqual([{ setting, message: expect.stringMatching(/^[a-z].*[^.]$/) }]);
    expect(faults[0]?.message).not.toContain('S3CR3T');
  });

  test('all at once', () => {
    const faults = faultsOf({
      AzureWebJobsStorage: '',
      CALLBACK_ENCRYPTION_KEYS: '',
      CLAIM_SECONDS: 'x',
      AUTHENTICATION: 'x',
    });
    expect(faults.map(({ setting }) => setting).sort()).toEqual([
      'AUTHENTICATION',
      'AzureWebJobsStorage',
      'CALLBACK_ENCRYPTION_KEYS',
      'CLAIM_SECONDS',
    ]);
  });
});

describe('telemetry', () => {
  const key = 'InstrumentationKey=11111111-2222-3333-4444-555555555555';
  const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.contoso.com/' };

  test('is off unless it goes somewhere, and when a setting says so', () => {
    expect(configOf({ OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_HEADERS: 'a=b' }).telemetry).toBeUndefined();
    expect(configOf({ ...otlp, OTEL_SDK_DISABLED: 'true' }).telemetry).toBeUndefined();
  });

  test('goes where the settings say, with one in twenty traces by default', () => {
    const settings = { ...otlp, OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b, x-scope = 1' };
    expect(configOf(settings).telemetry).toEqual({
      serviceName: 'customer-insights-triggers',
      sampledRatio: 0.05,
      otlp: { endpoint: 'https://collector.contoso.com', headers: { 'api-key': 'a b', 'x-scope': '1' } },
      applicationInsights: undefined,
    });
    expect(configOf({ APPLICATIONINSIGHTS_CONNECTION_STRING: key }).telemetry).toMatchObject({
      otlp: undefined,
      applicationInsights: { connectionString: key, identity: undefined },
    });
  });

  test.each([
    ['Authorization=AAD', { clientId: undefined }],
    [`ClientId=${INSTANCE};Authorization=AAD`, { clientId: INSTANCE }],
  ])('goes to Application Insights as the identity %s', (text, identity) => {
    const settings = {
      APPLICATIONINSIGHTS_CONNECTION_STRING: key,
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: text,
    };
    expect(configOf(settings).telemetry?.applicationInsights?.identity).toEqual(identity);
  });

  test('keeps a part of the traces when the sampler is one that does', () => {
    const part = { ...otlp, OTEL_TRACES_SAMPLER_ARG: '.25' };
    expect(configOf(part).telemetry?.sampledRatio).toBe(0.25);
    const whole = { ...part, OTEL_TRACES_SAMPLER: 'parentbased_always_on' };
    expect(configOf(whole).telemetry?.sampledRatio).toBe(1);
  });
});

test('nothing that is read can make it throw', () => {
  const nasty = ['', ' ', ',', ':', '/', '\0', '\ud800', 'é', '💥', '-1', '1e309', 'null', '[]', 'x'.repeat(100_000)];
  for (const value of nasty) {
    const all = Object.fromEntries(Object.keys(settings).map((name) => [name, value]));
    expect(() => readConfig({ ...all, AzureWebJobsStorage: value, WEBSITE_HOSTNAME: value })).not.toThrow();
  }
});

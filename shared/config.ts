import type { KeyObject } from 'node:crypto';
import {
  applicationInsights,
  applicationInsightsIdentity,
  guidSet,
  headerText,
  hostList,
  httpUrl,
  list,
  matching,
  ncrontab,
  oneOf,
  optionalEmail,
  optionalGuid,
  optionalLink,
  operatorKeys as parseOperatorKeys,
  optionalUrl,
  otlpHeaders,
  ratio,
  schedule,
  whole,
} from './setting-parsers.ts';
import { storageSetting, type StorageSetting } from './storage-setting.ts';
import { parseSigningSecret } from './outgoing/signature.ts';
import { checkCallbackUrl, DEFAULT_ALLOWED_HOSTS, type CallbackPolicy } from './outgoing/callback-policy.ts';
import { parseNetworks } from './outgoing/network-list.ts';
import { parseEncryptionKeys, type EncryptionKey } from './subscriptions/callback-cipher.ts';

/** All settings, parsed and grouped by topic. */
export interface Config {
  readonly storage: StorageSetting;
  readonly insights: {
    readonly baseUrl: string;
    readonly subscriptionKey: string | undefined;
    readonly credential: 'default' | 'none';
    /** What a token is asked for: the API's resource and `/.default`. */
    readonly scope: string;
    readonly workflowPath: string;
    readonly timeoutMs: number;
  };
  readonly authentication: 'key' | 'entra';
  /**
   * Whether the platform reports that App Service authentication is on. Only then does the app trust its
   * principal header.
   */
  readonly platformAuthenticates: boolean;
  /** Tenants whose accounts may sign in, in lower case. Empty: all that the platform lets in. */
  readonly allowedTenants: ReadonlySet<string>;
  /** Only keys that are long enough to be secret. With the access `read` a key changes nothing. */
  readonly operatorKeys: readonly { readonly name: string; readonly key: string; readonly access: 'all' | 'read' }[];
  readonly allowedInstances: ReadonlySet<string>;
  readonly maxSubscriptionsPerConnection: number;
  /** Without a trailing slash. */
  readonly publicBaseUrl: string;
  readonly pollSchedule: string;
  readonly reconcileSchedule: string;
  readonly callbackPolicy: CallbackPolicy;
  readonly encryptionKeys: readonly EncryptionKey[];
  readonly signingSecrets: readonly KeyObject[];
  /** Called when a subscription is paused, disabled or gone. A secret, because it may be the URL of a flow. */
  readonly operatorWebhook: { readonly url: string; readonly policy: CallbackPolicy } | undefined;
  readonly deliveryTimeoutMs: number;
  readonly deliveryScheduleSeconds: readonly number[];
  readonly rateLimit: { readonly calls: number; readonly windowSeconds: number };
  readonly claimMs: number;
  readonly retentionMonths: number;
  /**
   * Who may read and write entity items and partitions: `on` is all callers, `off` is nobody, `role` is callers
   * with the app role `Data`.
   */
  readonly dataActions: 'on' | 'off' | 'role';
  /** With `entra`: the ids that the connector needs to sign makers in. */
  readonly entra: {
    readonly tenantId: string | undefined;
    /** The app registration of this service. */
    readonly clientId: string | undefined;
    /** The app registration of the connector. `undefined`: the one of this service. */
    readonly connectorClientId: string | undefined;
  };
  /** The contact for makers, an e-mail address. */
  readonly contactEmail: string | undefined;
  /** The target of "Create a flow". `undefined`: the maker's home page. */
  readonly createFlowUrl: string | undefined;
  /** Where metrics and traces are sent. When `undefined`, nothing is sent and OpenTelemetry is not loaded. */
  readonly telemetry:
    | {
        readonly serviceName: string;
        readonly sampledRatio: number;
        readonly otlp: { readonly endpoint: string; readonly headers: Readonly<Record<string, string>> } | undefined;
        readonly applicationInsights:
          | {
              readonly connectionString: string;
              readonly identity: { readonly clientId: string | undefined } | undefined;
            }
          | undefined;
      }
    | undefined;
}

/** A setting that is missing or invalid. The message never repeats the value. */
export interface SettingFault {
  readonly setting: string;
  readonly message: string;
}

export interface Setting<T> {
  /** The default for a setting that is absent or empty. `undefined` means that the setting is required. */
  readonly default: string | undefined;
  readonly meaning: string;
  /** Throws an error whose message continues a sentence that begins with the setting's name. */
  readonly parse: (text: string) => T;
}

function setting<T>(defaultText: string | undefined, meaning: string, parse: (text: string) => T): Setting<T> {
  return { default: defaultText, meaning, parse };
}

/** The one schema of all settings. Tests compare the documentation and `local.settings.sample.json` with it. */
export const settings = {
  CUSTOMER_INSIGHTS_API_URL: setting(
    'https://api.ci.ai.dynamics.com/v1',
    'The base URL of the Customer Insights API.',
    httpUrl,
  ),
  CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY: setting(
    '',
    'The `Ocp-Apim-Subscription-Key` header. None is sent when empty.',
    headerText,
  ),
  CUSTOMER_INSIGHTS_CREDENTIAL: setting(
    'default',
    '`default` uses DefaultAzureCredential with `CUSTOMER_INSIGHTS_SCOPE`. `none` is for the sandbox.',
    oneOf('default', 'none'),
  ),
  CUSTOMER_INSIGHTS_SCOPE: setting(
    'https://api.ci.ai.microsoft.com/.default',
    'The scope of access tokens for the API. Other clouds have another one.',
    matching(/^[\x21-\x7e]+\/\.default$/, 'must be a resource followed by /.default'),
  ),
  CUSTOMER_INSIGHTS_WORKFLOW_PATH: setting(
    'workflows/main',
    'The path of the workflow below the instance. Some tenants use `manage/workflows/main`.',
    matching(/^[\w.-]+(\/[\w.-]+)*$/, 'must be a path without slashes at its ends'),
  ),
  CUSTOMER_INSIGHTS_TIMEOUT_MS: setting('10000', 'The timeout of one call.', whole(1, 100_000)),
  AUTHENTICATION: setting('key', '`key` or `entra`. `entra` is recommended for production.', oneOf('key', 'entra')),
  OPERATOR_KEYS: setting(
    '',
    'A list of `name:key`, or `name:read:key` for a key that may only read. Keys below 16 characters are refused.',
    parseOperatorKeys,
  ),
  ALLOWED_INSTANCES: setting('', 'The ids of the instances that may be used. Empty allows all.', guidSet),
  MAX_SUBSCRIPTIONS_PER_CONNECTION: setting(
    '1000',
    'The largest number of subscriptions of one connection.',
    whole(1, 1_000_000),
  ),
  PUBLIC_BASE_URL: setting(
    '',
    'The address for `Location` and links. When empty, it is `https://$WEBSITE_HOSTNAME` or `http://localhost:7071`.',
    optionalUrl,
  ),
  POLL_SCHEDULE: setting('0 * * * * *', 'When instances are polled, as an NCRONTAB expression.', ncrontab),
  RECONCILE_SCHEDULE: setting('30 */3 * * * *', 'When the reconciler runs, as an NCRONTAB expression.', ncrontab),
  CALLBACK_ALLOWED_HOSTS: setting(
    DEFAULT_ALLOWED_HOSTS.join(','),
    'A comma-separated list of host names or `.suffix`. `*` allows any public host.',
    hostList,
  ),
  CALLBACK_ALLOWED_NETWORKS: setting(
    '',
    'A list of private networks (CIDR) that may be called, for development and self-hosting.',
    parseNetworks,
  ),
  CALLBACK_ENCRYPTION_KEYS: setting(
    undefined,
    'A list of `kid:base64(32 bytes)`. The first key encrypts and every key decrypts.',
    parseEncryptionKeys,
  ),
  WEBHOOK_SIGNING_SECRETS: setting('', 'A list of `whsec_…`. Every secret signs.', (text) =>
    list(text).map(parseSigningSecret),
  ),
  OPERATOR_WEBHOOK_URL: setting(
    '',
    'A URL that is called when a subscription becomes paused, disabled or gone. Nothing is called when empty.',
    (text) => text,
  ),
  DELIVERY_TIMEOUT_MS: setting(
    '15000',
    'One timeout for DNS, connect, TLS, headers and body together.',
    whole(1, 100_000),
  ),
  DELIVERY_SCHEDULE_SECONDS: setting('5,30,300,1800,7200,18000,36000,36000', 'The delay before each retry.', schedule),
  RATE_LIMIT_CALLS: setting(
    '100',
    'Calls per window, of a connection and to an instance of Customer Insights. 0 switches the limit off.',
    whole(0, 1_000),
  ),
  RATE_LIMIT_WINDOW_SECONDS: setting('60', 'The length of the window.', whole(1, 3_600)),
  CLAIM_SECONDS: setting(
    '120',
    'How long the claim of a worker on a chunk or a retry holds unless it is renewed.',
    whole(1, 3_600),
  ),
  RETENTION_MONTHS: setting('3', 'Whole months that are kept after the current one, at least 1.', whole(1, 120)),
  DATA_ACTIONS: setting(
    'on',
    'Who may read and write entity items and partitions: `on` (all callers), `off` (nobody) or `role` (callers with the app role `Data`, needs `AUTHENTICATION=entra`).',
    oneOf('on', 'off', 'role'),
  ),
  ENTRA_TENANT_ID: setting('', 'With `entra`: the tenant in which makers sign in, for the connector.', optionalGuid),
  ENTRA_CLIENT_ID: setting('', 'With `entra`: the application id of this service, for the connector.', optionalGuid),
  CONNECTOR_CLIENT_ID: setting(
    '',
    'With `entra`: the application id of the connector. When empty, it is `ENTRA_CLIENT_ID`.',
    optionalGuid,
  ),
  CONTACT_EMAIL: setting('', 'The e-mail address of the contact for makers, shown in the connector.', optionalEmail),
  CREATE_FLOW_URL: setting(
    '',
    'The address that "Create a flow" on the dashboard opens. When empty, it is the home page of Power Automate.',
    optionalLink,
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    '',
    'Where metrics and traces are sent by OTLP (HTTP, protobuf), without `/v1/traces`. Nothing is sent when empty.',
    optionalUrl,
  ),
  OTEL_EXPORTER_OTLP_HEADERS: setting('', 'A list of `name=value`, the headers of OTLP requests.', otlpHeaders),
  APPLICATIONINSIGHTS_CONNECTION_STRING: setting(
    '',
    'Sends metrics and traces to Application Insights. Nothing is sent when empty.',
    applicationInsights,
  ),
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: setting(
    '',
    'The identity for Application Insights: `Authorization=AAD`, with `ClientId=…` for a user-assigned one. When empty, the connection string is sufficient.',
    applicationInsightsIdentity,
  ),
  OTEL_SDK_DISABLED: setting('false', '`true` switches off the metrics and traces of the app.', oneOf('false', 'true')),
  OTEL_SERVICE_NAME: setting('customer-insights-triggers', 'The name of the app in metrics and traces.', headerText),
  OTEL_TRACES_SAMPLER: setting(
    'parentbased_traceidratio',
    'Which traces are kept: `parentbased_always_on` keeps all, `parentbased_traceidratio` a share of them.',
    oneOf('parentbased_always_on', 'parentbased_traceidratio'),
  ),
  OTEL_TRACES_SAMPLER_ARG: setting('0.05', 'The share of traces to keep, from 0 to 1.', ratio),
} as const;

/** A shorter key could be guessed or be a word. */
export const MIN_OPERATOR_KEY_LENGTH = 16;

export type SettingName = keyof typeof settings;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads all settings at once. Never throws, because a host whose app throws while loading keeps running
 * without any function. `warnings` are about settings that the app works without.
 */
export function readConfig(
  environment: Environment,
): { kind: 'valid'; config: Config; warnings: SettingFault[] } | { kind: 'invalid'; faults: SettingFault[] } {
  const faults: SettingFault[] = [];
  const warnings: SettingFault[] = [];
  const read = <N extends SettingName>(name: N): ReturnType<(typeof settings)[N]['parse']> => {
    const { default: fallback, parse } = settings[name] as Setting<ReturnType<(typeof settings)[N]['parse']>>;
    const given = environment[name]?.trim();
    const text = given === undefined || given === '' ? fallback : given;
    try {
      if (text === undefined) throw new Error('is required');
      return parse(text);
    } catch (error) {
      faults.push({ setting: name, message: error instanceof Error ? error.message : 'is not valid' });
      return undefined as ReturnType<(typeof settings)[N]['parse']>;
    }
  };
  const storage = storageSetting(environment);
  if (storage.kind === 'invalid') faults.push(...storage.faults);
  const operatorKeys = read('OPERATOR_KEYS') as ReturnType<typeof parseOperatorKeys> | undefined;
  const short = operatorKeys?.filter(({ key }) => key.length < MIN_OPERATOR_KEY_LENGTH) ?? [];
  if (short.length > 0) {
    const message = `has ${short.length} of its keys with fewer than ${MIN_OPERATOR_KEY_LENGTH} characters: they open nothing`;
    warnings.push({ setting: 'OPERATOR_KEYS', message });
  }
  const config: Config = {
    storage: storage.kind === 'valid' ? storage.storage : { connectionString: '' },
    insights: {
      baseUrl: read('CUSTOMER_INSIGHTS_API_URL'),
      subscriptionKey: read('CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY') || undefined,
      credential: read('CUSTOMER_INSIGHTS_CREDENTIAL'),
      scope: read('CUSTOMER_INSIGHTS_SCOPE'),
      workflowPath: read('CUSTOMER_INSIGHTS_WORKFLOW_PATH'),
      timeoutMs: read('CUSTOMER_INSIGHTS_TIMEOUT_MS'),
    },
    authentication: read('AUTHENTICATION'),
    platformAuthenticates: /^true$/i.test(environment['WEBSITE_AUTH_ENABLED'] ?? ''),
    allowedTenants: allowedTenants(environment),
    operatorKeys: operatorKeys?.filter((key) => !short.includes(key)) ?? [],
    allowedInstances: read('ALLOWED_INSTANCES'),
    maxSubscriptionsPerConnection: read('MAX_SUBSCRIPTIONS_PER_CONNECTION'),
    publicBaseUrl: read('PUBLIC_BASE_URL') ?? defaultBaseUrl(environment),
    pollSchedule: read('POLL_SCHEDULE'),
    reconcileSchedule: read('RECONCILE_SCHEDULE'),
    callbackPolicy: {
      allowedHosts: read('CALLBACK_ALLOWED_HOSTS'),
      allowedNetworks: read('CALLBACK_ALLOWED_NETWORKS'),
    },
    encryptionKeys: read('CALLBACK_ENCRYPTION_KEYS'),
    signingSecrets: read('WEBHOOK_SIGNING_SECRETS'),
    operatorWebhook: undefined,
    deliveryTimeoutMs: read('DELIVERY_TIMEOUT_MS'),
    deliveryScheduleSeconds: read('DELIVERY_SCHEDULE_SECONDS'),
    rateLimit: { calls: read('RATE_LIMIT_CALLS'), windowSeconds: read('RATE_LIMIT_WINDOW_SECONDS') },
    claimMs: read('CLAIM_SECONDS') * 1000,
    retentionMonths: read('RETENTION_MONTHS'),
    dataActions: read('DATA_ACTIONS'),
    entra: {
      tenantId: read('ENTRA_TENANT_ID'),
      clientId: read('ENTRA_CLIENT_ID'),
      connectorClientId: read('CONNECTOR_CLIENT_ID'),
    },
    contactEmail: read('CONTACT_EMAIL'),
    createFlowUrl: read('CREATE_FLOW_URL'),
    telemetry: telemetryOf(read),
  };
  if (config.dataActions === 'role' && config.authentication === 'key') {
    faults.push({ setting: 'DATA_ACTIONS', message: 'can be role with AUTHENTICATION=entra only: a key has no roles' });
  }
  if (config.authentication === 'entra' && !config.platformAuthenticates) {
    const message =
      'is entra, but App Service authentication is off (the platform does not set WEBSITE_AUTH_ENABLED): every call that needs a sign-in is answered 401';
    warnings.push({ setting: 'AUTHENTICATION', message });
  }
  const operatorWebhook = webhookOf(read('OPERATOR_WEBHOOK_URL'), config.callbackPolicy);
  if (operatorWebhook === 'invalid') {
    const message =
      'must be an absolute https URL of a public host in its encoded form, on port 443, without user name and fragment, or be in CALLBACK_ALLOWED_NETWORKS';
    faults.push({ setting: 'OPERATOR_WEBHOOK_URL', message });
  }
  if (faults.length > 0 || operatorWebhook === 'invalid') return { kind: 'invalid', faults };
  return { kind: 'valid', config: { ...config, operatorWebhook }, warnings };
}

/**
 * The operator chooses the webhook, so any public host is allowed. Its addresses are checked on every call, as those of
 * callbacks are.
 */
function webhookOf(url: string, callbackPolicy: CallbackPolicy): Config['operatorWebhook'] | 'invalid' {
  if (url === '') return undefined;
  const policy = { ...callbackPolicy, allowedHosts: ['*'] };
  return checkCallbackUrl(url, policy).kind === 'allowed' ? { url, policy } : 'invalid';
}

type Read = <N extends SettingName>(name: N) => ReturnType<(typeof settings)[N]['parse']>;

/**
 * Reads the environment variables of OpenTelemetry
 * (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables).
 */
function telemetryOf(read: Read): Config['telemetry'] {
  const endpoint = read('OTEL_EXPORTER_OTLP_ENDPOINT');
  const headers = read('OTEL_EXPORTER_OTLP_HEADERS');
  const connectionString = read('APPLICATIONINSIGHTS_CONNECTION_STRING');
  const identity = read('APPLICATIONINSIGHTS_AUTHENTICATION_STRING');
  const isDisabled = read('OTEL_SDK_DISABLED') === 'true';
  const ratioKept = read('OTEL_TRACES_SAMPLER_ARG');
  const telemetry = {
    serviceName: read('OTEL_SERVICE_NAME'),
    sampledRatio: read('OTEL_TRACES_SAMPLER') === 'parentbased_traceidratio' ? ratioKept : 1,
    otlp: endpoint === undefined ? undefined : { endpoint, headers },
    applicationInsights: connectionString === undefined ? undefined : { connectionString, identity },
  };
  const goesSomewhere = telemetry.otlp !== undefined || telemetry.applicationInsights !== undefined;
  return goesSomewhere && !isDisabled ? telemetry : undefined;
}

/**
 * The platform's own setting, which the template sets too: App Service authentication answers 403 to tokens of other tenants
 * (learn.microsoft.com/azure/app-service/configure-authentication-provider-aad, "Use a built-in authorization policy").
 */
function allowedTenants(environment: Environment): ReadonlySet<string> {
  return new Set(list(environment['WEBSITE_AUTH_AAD_ALLOWED_TENANTS'] ?? '').map((tenant) => tenant.toLowerCase()));
}

function defaultBaseUrl(environment: Environment): string {
  const host = environment['WEBSITE_HOSTNAME'];
  if (!host) return 'http://localhost:7071';
  // Core Tools set the host name too, with a port. They serve plain HTTP.
  return /^(localhost|127\.0\.0\.1|0\.0\.0\.0)(:|$)/.test(host) ? `http://${host}` : `https://${host}`;
}

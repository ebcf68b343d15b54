import type { KeyObject } from 'node:crypto';
import { storageSetting, type StorageSetting } from './storage-setting.ts';
import { checkCallbackUrl, type CallbackPolicy } from './outgoing/callback-policy.ts';
import { usableKeys, type OperatorKey } from './operator-keys.ts';
import { list } from './setting-parsers.ts';
import { settings, type Setting, type SettingName } from './settings.ts';
import type { EncryptionKey } from './subscriptions/callback-cipher.ts';

/** All settings, parsed and grouped by topic. */
export interface Config {
  readonly storage: StorageSetting;
  readonly insights: {
    readonly baseUrl: string;
    /** The API key of Customer Insights. Unrelated to the subscriptions of flows. */
    readonly subscriptionKey: string | undefined;
    /** `default`: `DefaultAzureCredential` gets the access tokens. `none`: calls have no token. */
    readonly credential: 'default' | 'none';
    /** The scope of access tokens for the API: the API's resource, followed by `/.default`. */
    readonly scope: string;
    /** The path of the refresh workflow of Customer Insights, below the instance. */
    readonly workflowPath: string;
    readonly timeoutMs: number;
  };
  readonly authentication: 'key' | 'entra';
  /**
   * Whether App Service authentication is on, as `WEBSITE_AUTH_ENABLED` says. Only then does the
   * app trust the header `x-ms-client-principal`.
   */
  readonly platformAuthenticates: boolean;
  /** Lower-case ids of the tenants whose accounts may sign in. Empty: any tenant may. */
  readonly allowedTenants: ReadonlySet<string>;
  /** Without keys that are too short to be secret. */
  readonly operatorKeys: readonly OperatorKey[];
  /** Lower-case ids. Empty: any instance may be used. */
  readonly allowedInstances: ReadonlySet<string>;
  readonly maxSubscriptionsPerConnection: number;
  /** Without a trailing slash. */
  readonly publicBaseUrl: string;
  /** NCRONTAB expressions: when instances are polled, and when the reconciler runs. */
  readonly pollSchedule: string;
  readonly reconcileSchedule: string;
  /** Which hosts and networks the app may call. */
  readonly callbackPolicy: CallbackPolicy;
  /** The keys of stored callback URLs. The first key encrypts, every key decrypts. */
  readonly encryptionKeys: readonly EncryptionKey[];
  /** Every secret signs every callback. */
  readonly signingSecrets: readonly KeyObject[];
  /**
   * The operator's webhook. It is called when a subscription becomes paused, disabled or gone. Its
   * URL is a secret, because it may be the callback URL of a flow.
   */
  readonly operatorWebhook: { readonly url: string; readonly policy: CallbackPolicy } | undefined;
  readonly deliveryTimeoutMs: number;
  /** The delay before each retry of a delivery. */
  readonly deliveryScheduleSeconds: readonly number[];
  /** Of calls by one connection, and of calls to one instance. */
  readonly rateLimit: { readonly calls: number; readonly windowSeconds: number };
  /** How long a claim on a chunk or a retry lasts unless it is renewed. */
  readonly claimMs: number;
  /** How many months of data are kept besides the current month. */
  readonly retentionMonths: number;
  /**
   * Who may read and write entity items and partitions: `on` is all callers, `off` is nobody,
   * `role` is callers with the app role `Data`.
   */
  readonly dataActions: 'on' | 'off' | 'role';
  /** With `entra`: the ids that the connector needs to sign makers in. */
  readonly entra: {
    readonly tenantId: string | undefined;
    /** The app registration of this service. */
    readonly clientId: string | undefined;
    /** The app registration of the connector. `undefined`: that of this service. */
    readonly connectorClientId: string | undefined;
  };
  /** The contact for makers, an e-mail address. */
  readonly contactEmail: string | undefined;
  /** The URL that "Create a flow" opens. `undefined` for the home page of Power Automate. */
  readonly createFlowUrl: string | undefined;
  /**
   * Where metrics and traces are sent. When `undefined`, nothing is sent and OpenTelemetry is not
   * loaded.
   */
  readonly telemetry:
    | {
        readonly serviceName: string;
        /** The share of traces that is kept, from 0 to 1. */
        readonly sampledRatio: number;
        readonly otlp: { readonly endpoint: string; readonly headers: Readonly<Record<string, string>> } | undefined;
        readonly applicationInsights:
          | {
              readonly connectionString: string;
              /** The managed identity that sends. `undefined`: the connection string suffices. */
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

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads all settings at once. Never throws, because an app that throws while it loads has no
 * functions, although its host keeps running. The app works in spite of `warnings`, but not with
 * `faults`.
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
  const operatorKeys = usableKeys(read('OPERATOR_KEYS'));
  warnings.push(...operatorKeys.warnings.map((message) => ({ setting: 'OPERATOR_KEYS', message })));
  const config: Omit<Config, 'storage'> = {
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
    operatorKeys: operatorKeys.keys,
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
    faults.push({
      setting: 'DATA_ACTIONS',
      message: 'can be role only with AUTHENTICATION=entra: a key has no roles',
    });
  }
  if (config.authentication === 'entra' && !config.platformAuthenticates) {
    const message =
      'is entra, but App Service authentication is off (WEBSITE_AUTH_ENABLED is not true), so every call that needs a sign-in receives 401';
    warnings.push({ setting: 'AUTHENTICATION', message });
  }
  const operatorWebhook = webhookOf(read('OPERATOR_WEBHOOK_URL'), config.callbackPolicy);
  if (operatorWebhook === 'invalid') {
    const message =
      'must be an absolute, percent-encoded https URL of a public host on port 443, without user name and fragment, or lead to a network in CALLBACK_ALLOWED_NETWORKS';
    faults.push({ setting: 'OPERATOR_WEBHOOK_URL', message });
  }
  if (storage.kind === 'invalid' || faults.length > 0 || operatorWebhook === 'invalid')
    return { kind: 'invalid', faults };
  return { kind: 'valid', config: { ...config, storage: storage.storage, operatorWebhook }, warnings };
}

/**
 * The operator chooses the webhook's URL, so any public host is allowed. The host's IP addresses
 * are checked on every call, like those of a callback URL's host.
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
 * The tenants in a setting of App Service authentication, which the deployment template also sets.
 * App Service authentication responds with 403 to tokens of other tenants
 * (learn.microsoft.com/azure/app-service/configure-authentication-provider-aad, "Use a built-in
 * authorization policy").
 */
function allowedTenants(environment: Environment): ReadonlySet<string> {
  return new Set(list(environment['WEBSITE_AUTH_AAD_ALLOWED_TENANTS'] ?? '').map((tenant) => tenant.toLowerCase()));
}

function defaultBaseUrl(environment: Environment): string {
  const host = environment['WEBSITE_HOSTNAME'];
  if (!host) return 'http://localhost:7071';
  // Azure Functions Core Tools also set this variable, with a port. They serve plain HTTP.
  return /^(localhost|127\.0\.0\.1|0\.0\.0\.0)(:|$)/.test(host) ? `http://${host}` : `https://${host}`;
}

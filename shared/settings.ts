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
import { DEFAULT_ALLOWED_HOSTS } from './outgoing/callback-policy.ts';
import { parseNetworks } from './outgoing/network-list.ts';
import { parseSigningSecret } from './outgoing/signature.ts';
import { parseEncryptionKeys } from './subscriptions/callback-cipher.ts';

/** One setting of the environment. */
export interface Setting<T> {
  /**
   * The default for a setting that is absent or empty. `undefined` means that the setting is
   * required.
   */
  readonly default: string | undefined;
  /** What the documentation of the settings says. */
  readonly meaning: string;
  /** Throws for invalid text. The setting's name and the error's message form a sentence. */
  readonly parse: (text: string) => T;
}

function setting<T>(defaultText: string | undefined, meaning: string, parse: (text: string) => T): Setting<T> {
  return { default: defaultText, meaning, parse };
}

/**
 * The one schema of all settings. Tests compare the documentation and `local.settings.sample.json`
 * with it.
 */
export const settings = {
  CUSTOMER_INSIGHTS_API_URL: setting(
    'https://api.ci.ai.dynamics.com/v1',
    'The base URL of the Customer Insights API.',
    httpUrl,
  ),
  CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY: setting(
    '',
    'The API key of Customer Insights, sent in the header `Ocp-Apim-Subscription-Key`. None is sent when empty.',
    headerText,
  ),
  CUSTOMER_INSIGHTS_CREDENTIAL: setting(
    'default',
    '`default` uses DefaultAzureCredential with `CUSTOMER_INSIGHTS_SCOPE`. `none` is for the sandbox.',
    oneOf('default', 'none'),
  ),
  CUSTOMER_INSIGHTS_SCOPE: setting(
    'https://api.ci.ai.microsoft.com/.default',
    'The scope of access tokens for the API. Microsoft does not document it. Other clouds use another scope.',
    matching(/^[\x21-\x7e]+\/\.default$/, 'must be a resource followed by /.default'),
  ),
  CUSTOMER_INSIGHTS_WORKFLOW_PATH: setting(
    'workflows/main',
    'The path of the refresh workflow (of Customer Insights, not a flow) below the instance. Some tenants use `manage/workflows/main`.',
    matching(/^[\w.-]+(\/[\w.-]+)*$/, 'must be a path without slashes at its ends'),
  ),
  CUSTOMER_INSIGHTS_TIMEOUT_MS: setting('10000', 'The timeout of one call.', whole(1, 100_000)),
  AUTHENTICATION: setting('key', '`key` or `entra`. `entra` is recommended for production.', oneOf('key', 'entra')),
  OPERATOR_KEYS: setting(
    '',
    'A list of `name:key`, or `name:read:key` for a key that may only read. Keys of fewer than 16 characters are not accepted.',
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
    'The address of the app in `Location` headers and links. When empty, it is `https://$WEBSITE_HOSTNAME` or `http://localhost:7071`.',
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
    'A list of `kid:base64(32 bytes)`, where `kid` is the id of the key. The first key in the list encrypts and every key decrypts.',
    parseEncryptionKeys,
  ),
  WEBHOOK_SIGNING_SECRETS: setting('', 'A list of `whsec_…`. Every secret signs.', (text) =>
    list(text).map(parseSigningSecret),
  ),
  OPERATOR_WEBHOOK_URL: setting(
    '',
    'A URL that is called when a subscription becomes paused, disabled or gone. When empty, none is called.',
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
    'The largest number of calls in a window: by one connection, and to one instance of Customer Insights. 0 switches the limit off.',
    whole(0, 1_000),
  ),
  RATE_LIMIT_WINDOW_SECONDS: setting('60', 'The length of the window.', whole(1, 3_600)),
  CLAIM_SECONDS: setting(
    '120',
    "How long a worker's claim on a chunk or a retry lasts unless it is renewed.",
    whole(1, 3_600),
  ),
  RETENTION_MONTHS: setting(
    '3',
    'How many months of data are kept besides the current month, at least 1.',
    whole(1, 120),
  ),
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

export type SettingName = keyof typeof settings;

/** The host cannot start. `message` is for the person who started it. */
export class HostStartError extends Error {
  override readonly name = 'HostStartError';
}

/**
 * The settings of host.json that this host supports
 * (learn.microsoft.com/azure/azure-functions/functions-host-json).
 */
export interface HostSettings {
  readonly routePrefix: string;
  /** How long an invocation may take. `undefined` means no limit. */
  readonly functionTimeoutMs: number | undefined;
  readonly queues: QueueSettings;
}

export interface QueueSettings {
  /** Messages per receive, 1 to 32. */
  readonly batchSize: number;
  /** The next batch is received when at most this many messages are in progress. */
  readonly newBatchThreshold: number;
  /** The longest pause between two polls of an empty queue. */
  readonly maxPollingIntervalMs: number;
  /** A message goes to the poison queue after this many tries. */
  readonly maxDequeueCount: number;
  /** How long a failed message stays invisible before the next try. */
  readonly visibilityTimeoutMs: number;
  readonly messageEncoding: 'base64' | 'none';
}

/** The settings of local.settings.json that this host supports. */
export interface LocalSettings {
  readonly values: Readonly<Record<string, string>>;
  readonly port: number | undefined;
}

const OVERRIDE = /^AzureFunctionsJobHost(?:__|:)(.+)$/i;

/**
 * Parses host.json. Variables of the environment named `AzureFunctionsJobHost__section__property`
 * override it (learn.microsoft.com/azure/azure-functions/functions-host-json, "Override host.json
 * values"). Unknown properties are ignored. Throws `HostStartError` for a value that the real host
 * rejects. Defaults are those of the storage extension 5 under `func start` (an empty queue is
 * polled every 2 s), and 30 minutes for a function, as on the Flex Consumption plan.
 */
export function parseHostSettings(
  text: string,
  { processors, environment = {} }: { processors: number; environment?: Readonly<Record<string, string | undefined>> },
): HostSettings {
  const json = withOverrides(parseObject(text, 'host.json'), environment);
  if (json['version'] === undefined) throw new HostStartError(`host.json is missing the required 'version' property.`);
  const extensions = section(json, 'extensions');
  const routePrefix = section(extensions, 'http')['routePrefix'] ?? 'api';
  if (typeof routePrefix !== 'string' || /^\/|\/$/.test(routePrefix)) {
    throw new HostStartError('host.json: extensions.http.routePrefix must not begin or end with a slash.');
  }
  const queues = section(extensions, 'queues');
  const batchSize = wholeNumber(queues, 'batchSize', { fallback: 16, min: 1, max: 32 });
  const encoding = queues['messageEncoding'] ?? 'base64';
  if (encoding !== 'base64' && encoding !== 'none') {
    throw new HostStartError(`host.json: messageEncoding must be 'base64' or 'none'.`);
  }
  return {
    routePrefix,
    functionTimeoutMs:
      json['functionTimeout'] === '-1' ? undefined : duration(json, 'functionTimeout', 1_800_000, 1000),
    queues: {
      batchSize,
      newBatchThreshold: wholeNumber(queues, 'newBatchThreshold', {
        fallback: Math.floor(batchSize / 2) * processors,
        min: 0,
        max: Number.MAX_SAFE_INTEGER,
      }),
      maxPollingIntervalMs: duration(queues, 'maxPollingInterval', 2000, 100),
      maxDequeueCount: wholeNumber(queues, 'maxDequeueCount', { fallback: 5, min: 1, max: Number.MAX_SAFE_INTEGER }),
      visibilityTimeoutMs: duration(queues, 'visibilityTimeout', 0, 0),
      messageEncoding: encoding,
    },
  };
}

/**
 * Parses local.settings.json (learn.microsoft.com/azure/azure-functions/functions-develop-local).
 */
export function parseLocalSettings(text: string): LocalSettings {
  const json = parseObject(text, 'local.settings.json');
  const port = section(json, 'Host')['LocalHttpPort'];
  const values = Object.entries(section(json, 'Values')).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  return { values: Object.fromEntries(values), port: typeof port === 'number' ? port : undefined };
}

/** A .NET TimeSpan (`hh:mm:ss`, `d.hh:mm:ss.fff`) in ms. `undefined` for any other text. */
export function parseTimeSpan(text: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d{1,7})?)?$/.exec(text);
  if (!match) return undefined;
  const [days = '0', hours = '0', minutes = '0', seconds = '0', fraction = '0'] = match.slice(1);
  const wholeSeconds = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return wholeSeconds * 1000 + Math.round(Number(fraction) * 1000);
}

function parseObject(text: string, file: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new HostStartError(`${file} is not JSON: ${(error as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new HostStartError(`${file} must be a JSON object.`);
  }
  return json as Record<string, unknown>;
}

/**
 * `json` with the values that the environment overrides. They are texts, but host.json has numbers,
 * too.
 */
function withOverrides(
  json: Record<string, unknown>,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  const overridden = structuredClone(json);
  for (const [name, value] of Object.entries(environment)) {
    const keys = OVERRIDE.exec(name)?.[1]?.split(/__|:/);
    const property = keys?.pop();
    if (keys === undefined || property === undefined || value === undefined) continue;
    let parent = overridden;
    for (const key of keys) {
      const child = section(parent, key);
      parent[key] = child;
      parent = child;
    }
    parent[property] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return overridden;
}

function section(json: Record<string, unknown>, name: string): Record<string, unknown> {
  return (json[name] ?? {}) as Record<string, unknown>;
}

function wholeNumber(
  json: Record<string, unknown>,
  name: string,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number {
  const value = json[name] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new HostStartError(`host.json: ${name} must be a whole number from ${min}${max > 1e9 ? '' : ` to ${max}`}.`);
  }
  return value;
}

function duration(json: Record<string, unknown>, name: string, fallbackMs: number, minMs: number): number {
  if (json[name] === undefined) return fallbackMs;
  const ms = typeof json[name] === 'string' ? parseTimeSpan(json[name]) : undefined;
  if (ms === undefined || ms < minMs) {
    throw new HostStartError(`host.json: ${name} must be a time span (hh:mm:ss) of at least ${minMs} ms.`);
  }
  return ms;
}

import { nextOccurrence, parseSchedule } from './ncrontab.ts';

/**
 * Parsers of single settings. Each takes the trimmed text, and throws an error when the text is
 * invalid. The setting's name and the error's message together form a sentence. The message never
 * repeats the text, which may be a secret.
 */

/** The parts of a comma-separated list, trimmed, without empty parts. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Returns a parser of whole numbers. */
export function whole(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (!(value >= minimum && value <= maximum))
      throw new Error(`must be a whole number from ${minimum} to ${maximum}`);
    return value;
  };
}

export function oneOf<T extends string>(...allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((value) => value === text);
    if (found === undefined) throw new Error(`must be one of ${allowed.join(', ')}`);
    return found;
  };
}

export function matching(pattern: RegExp, message: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) throw new Error(message);
    return text;
  };
}

/** The value of an HTTP header. */
export function headerText(text: string): string {
  if (!/^[\x21-\x7e]*$/.test(text)) throw new Error('must be printable ASCII without blanks');
  return text;
}

/**
 * Removes a trailing slash. The URL is used in headers and responses, so it must be plain ASCII
 * without a password.
 */
export function httpUrl(text: string): string {
  const url = /^https?:\/\/[\x21-\x7e]+$/i.test(text) ? URL.parse(text) : null;
  if (url === null || url.search + url.hash + url.username + url.password !== '') {
    throw new Error('must be an http or https URL in plain ASCII, without user name and query');
  }
  return text.replace(/\/+$/, '');
}

/**
 * Accepts an NCRONTAB expression that has an occurrence. With any other expression, the host does
 * not start or never calls the function.
 */
export function ncrontab(text: string): string {
  const parsed = parseSchedule(text);
  if (parsed === undefined || nextOccurrence(parsed, 0) === undefined) {
    throw new Error(
      'must be an NCRONTAB expression of five or six fields with at least one occurrence, such as 0 */5 * * * *',
    );
  }
  return text;
}

/** As `httpUrl`. `undefined` when the text is empty. */
export function optionalUrl(text: string): string | undefined {
  return text === '' ? undefined : httpUrl(text);
}

/**
 * Reads `name:key`, or `name:read:key` for a key that may only read. A key may contain colons, a
 * name may not.
 */
export function operatorKeys(text: string): { name: string; key: string; access: 'all' | 'read' }[] {
  return list(text).map((entry) => {
    const [, name = '', read, key = ''] = /^([^:]+):(read:)?(.+)$/.exec(entry) ?? [];
    if (name === '') throw new Error('must be a list of name:key or name:read:key');
    return { name, key, access: read === undefined ? 'all' : 'read' };
  });
}

export function optionalGuid(text: string): string | undefined {
  if (text !== '' && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw new Error('must be a GUID');
  return text === '' ? undefined : text.toLowerCase();
}

export function optionalEmail(text: string): string | undefined {
  if (text !== '' && !/^[\x21-\x7e]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(text))
    throw new Error('must be one e-mail address');
  return text === '' ? undefined : text;
}

/**
 * An https URL for people to open. In contrast to `httpUrl`, it may have a query and a fragment.
 */
export function optionalLink(text: string): string | undefined {
  if (text === '') return undefined;
  const url = /^https:\/\/[\x21-\x7e]+$/i.test(text) ? URL.parse(text) : null;
  if (url === null || url.username + url.password !== '') {
    throw new Error('must be an https URL in plain ASCII, without user name');
  }
  return url.href;
}

export function guidSet(text: string): ReadonlySet<string> {
  const ids = list(text).map((id) => id.toLowerCase());
  if (!ids.every((id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)))
    throw new Error('must be a list of GUIDs');
  return new Set(ids);
}

/** Host names, `.suffix` for all names below it, or `*` for every host. */
export function hostList(text: string): string[] {
  const hosts = list(text).map((host) => host.toLowerCase());
  if (!hosts.every((host) => host === '*' || /^\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host))) {
    throw new Error('must be a list of host names, .suffixes or *');
  }
  return hosts;
}

/**
 * Parses names and values in the format of W3C Baggage, in which values may be percent-encoded
 * (opentelemetry.io/docs/specs/otel/protocol/exporter).
 */
export function otlpHeaders(text: string): Record<string, string> {
  const wrong = new Error('must be a list of name=value');
  const entries = list(text).map((entry): [string, string] => {
    const [, name = '', value = ''] = /^([\w-]+)\s*=\s*([\x21-\x7e]+)$/.exec(entry) ?? [];
    if (name === '') throw wrong;
    try {
      return [name, decodeURIComponent(value)];
    } catch {
      throw wrong;
    }
  });
  return Object.fromEntries(entries);
}

export function applicationInsights(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/(^|;)InstrumentationKey=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(;|$)/i.test(text)) {
    throw new Error('must be the connection string of an Application Insights resource');
  }
  return text;
}

/**
 * Parses the text as the Functions host does
 * (learn.microsoft.com/azure/azure-monitor/app/azure-ad-authentication).
 */
export function applicationInsightsIdentity(text: string): { clientId: string | undefined } | undefined {
  if (text === '') return undefined;
  const parts = text.split(';').filter((part) => part !== '');
  const clientId = parts.find((part) => /^ClientId=/i.test(part))?.slice('ClientId='.length);
  const isKnown = parts.every((part) => /^(Authorization=AAD|ClientId=[0-9a-f-]{36})$/i.test(part));
  if (!isKnown || !parts.some((part) => /^Authorization=/i.test(part))) {
    throw new Error('must be Authorization=AAD, and ClientId=… for a user-assigned identity');
  }
  return { clientId };
}

export function ratio(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= 0 && value <= 1)) throw new Error('must be a number from 0 to 1');
  return value;
}

/**
 * A list of delays in seconds. Each is at most seven days, the longest delay of a queue message.
 */
export function schedule(text: string): number[] {
  const delays = list(text).map(whole(0, 7 * 24 * 3600));
  if (delays.length > 50) throw new Error('must have at most 50 delays');
  return delays;
}

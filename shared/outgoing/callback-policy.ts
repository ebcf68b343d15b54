import { isIP } from 'node:net';
import type { NetworkList } from './network-list.ts';
import { unreachable } from '../unreachable.ts';

/**
 * The callback hosts of Power Automate and Logic Apps (Consumption) in all clouds
 * (learn.microsoft.com/power-automate/ip-address-configuration, list for HTTP triggers).
 * `.azurewebsites.net` of Logic Apps Standard is not among them, because anyone can register a name
 * below it.
 */
export const DEFAULT_ALLOWED_HOSTS = [
  '.api.powerplatform.com',
  '.logic.azure.com',
  '.api.gov.powerplatform.microsoft.us',
  '.logic.azure.us',
  '.api.high.powerplatform.microsoft.us',
  '.api.appsplatform.us',
  '.api.powerplatform.partner.microsoftonline.cn',
  '.logic.azure.cn',
] as const;

/**
 * Maximum length of a URL that a flow can be called on
 * (learn.microsoft.com/power-automate/limits-and-config, request URL).
 */
export const MAX_CALLBACK_URL_LENGTH = 16_384;

/**
 * Top-level names of hosts that are not public: RFC 6761 and its successors, ICANN's `internal`,
 * and names that routers and clusters use.
 */
const SPECIAL_USE_NAMES = new Set(
  'alt arpa corp example home internal intranet invalid lan local localdomain localhost mail onion private test'.split(
    ' ',
  ),
);

/** Without a backslash, because URL parsers disagree on its meaning. */
const PRINTABLE_WITHOUT_BACKSLASH = /^[\x21-\x5b\x5d-\x7e]+$/;

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const MAX_HOST_NAME_LENGTH = 253;

/**
 * Which callback URLs may be called: the settings `CALLBACK_ALLOWED_HOSTS` and
 * `CALLBACK_ALLOWED_NETWORKS`.
 */
export interface CallbackPolicy {
  /**
   * Host names in lower case: exact, `.suffix` for all names below it, or `*` for any public host
   * name.
   */
  readonly allowedHosts: readonly string[];
  /**
   * Private addresses in these networks may be called, under any host name or as an IP literal, on
   * any port, over http or https.
   */
  readonly allowedNetworks: NetworkList;
}

export type CallbackUrlCheck =
  | {
      readonly kind: 'allowed';
      /** Scheme, host and port in the form of `URL.origin`. */
      readonly origin: string;
      /** Host name in lower case, or IP literal without brackets. */
      readonly host: string;
      readonly port: number;
      /** Path and query exactly as in the URL: the bytes to send. */
      readonly target: string;
      /** Which addresses the host may have. */
      readonly reach: CallbackReach;
    }
  | { readonly kind: 'refused'; readonly code: CallbackUrlFault; readonly reason: string };

/**
 * The addresses that a host may have. `public`: public addresses and those in the allowed networks.
 * `allowed-networks`: only those in the allowed networks, because the host name, port or scheme is
 * not allowed for a public host.
 */
export type CallbackReach = 'public' | 'allowed-networks';

export type CallbackUrlFault =
  'too-long' | 'not-wire-form' | 'user-info' | 'fragment' | 'ip-literal' | 'scheme' | 'port' | 'host';

/**
 * Decides from the text of a callback URL whether the URL may be called. The addresses of its host
 * are checked separately, on every call. The URL is stored and sent byte for byte, so it must be in
 * wire form (encoded as it is sent): printable ASCII whose path and query the `URL` class would not
 * change. `:443` is allowed, and an empty path is sent as `/`. `reason` is a sentence for the
 * maker. The only part of the URL in this sentence is a host name that is not allowed, so that an
 * operator can allow it.
 */
export function checkCallbackUrl(url: string, policy: CallbackPolicy): CallbackUrlCheck {
  if (url.length > MAX_CALLBACK_URL_LENGTH) return refused('too-long');
  if (!PRINTABLE_WITHOUT_BACKSLASH.test(url)) return refused('not-wire-form');
  if (url.includes('#')) return refused('fragment');

  const [, base = '', rest = ''] = /^(https?:\/\/[^/?]+)(.*)$/i.exec(url) ?? [];
  const origin = knownOriginOf(base, policy);
  if (origin.kind === 'unreadable') return refused(origin.code);
  const target = rest.startsWith('/') ? rest : `/${rest}`;
  if (!isInWireForm(base, target)) return refused('not-wire-form');
  return origin.kind === 'refused' ? refused(origin.code, origin.host) : { ...origin, target };
}

/** The result of checking the part of a URL before its path (scheme, host and port). */
type OriginCheck =
  | Omit<Extract<CallbackUrlCheck, { kind: 'allowed' }>, 'target'>
  /** `host` is a well-formed host name. */
  | { readonly kind: 'refused'; readonly code: CallbackUrlFault; readonly host?: string }
  /** Refused with this code, whatever the path and query are. */
  | { readonly kind: 'unreadable'; readonly code: CallbackUrlFault };

/** The allowed origins. Thousands of flows share a few origins, so each origin is checked once. */
const knownOrigins = new WeakMap<CallbackPolicy, Map<string, OriginCheck>>();
/** Maximum number of cached origins: about as many as one organization has environments. */
const MAX_KNOWN_ORIGINS = 1_000;

function knownOriginOf(base: string, policy: CallbackPolicy): OriginCheck {
  const known = knownOrigins.get(policy) ?? new Map<string, OriginCheck>();
  const found = known.get(base);
  if (found) return found;
  const checked = checkOrigin(base, policy);
  if (checked.kind !== 'allowed') return checked;
  if (known.size === MAX_KNOWN_ORIGINS) known.clear();
  // Caches a copy, because a substring would keep the whole callback URL, which is a secret, in
  // memory.
  known.set(Buffer.from(base).toString(), checked);
  knownOrigins.set(policy, known);
  return checked;
}

function checkOrigin(base: string, policy: CallbackPolicy): OriginCheck {
  const authority = base.slice(base.indexOf('//') + 2);
  if (authority.includes('@')) return { kind: 'unreadable', code: 'user-info' };
  const rawHost = authority.replace(/:\d+$/, '').toLowerCase();
  const parsed = URL.parse(base);
  // A host in another notation (percent-encoded, or an IPv4 address as one number) could bypass the
  // checks below.
  if (parsed?.hostname !== rawHost) return { kind: 'unreadable', code: 'not-wire-form' };

  const host = rawHost.replace(/^\[|\]$/g, '');
  const secure = parsed.protocol === 'https:';
  const port = parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port);
  const allowed = (reach: CallbackReach): OriginCheck => ({
    kind: 'allowed',
    origin: parsed.origin,
    host,
    port,
    reach,
  });

  if (isIP(host) !== 0) {
    return policy.allowedNetworks.contains(host)
      ? allowed('allowed-networks')
      : { kind: 'refused', code: 'ip-literal' };
  }
  if (host.length > MAX_HOST_NAME_LENGTH || !HOST_NAME.test(host)) return { kind: 'refused', code: 'host' };
  const fault = publicFault({ secure, port, host, allowedHosts: policy.allowedHosts });
  if (fault === undefined) return allowed('public');
  return policy.allowedNetworks.isEmpty ? { kind: 'refused', code: fault, host } : allowed('allowed-networks');
}

/**
 * Matches a path and query that `URL` certainly leaves as they are, which saves parsing them.
 * Excludes path segments that begin with a dot or contain an encoded dot, because `URL` removes the
 * segments `.` and `..`.
 */
const KEPT = /^(?:\/(?!\.)|[\w~!$&()*+,;=:@.-]|%(?!2e))*(?:\?[\w~!$&()*+,;=:@./?%-]*)?$/i;

/** Whether `URL` leaves the path and query (`target`) as they are. */
function isInWireForm(base: string, target: string): boolean {
  if (KEPT.test(target)) return true;
  const parsed = URL.parse(base + target);
  return parsed !== null && parsed.href.slice(parsed.origin.length) === target;
}

/** Returns why a host name may not be called at a public address, or `undefined` when it may. */
function publicFault(call: {
  secure: boolean;
  port: number;
  host: string;
  allowedHosts: readonly string[];
}): CallbackUrlFault | undefined {
  if (!call.secure) return 'scheme';
  if (call.port !== 443) return 'port';
  const listed = call.allowedHosts.some((entry) => {
    if (entry === '*') return isPublicHostName(call.host);
    return entry.startsWith('.') ? call.host.endsWith(entry) : call.host === entry;
  });
  return listed ? undefined : 'host';
}

/**
 * Whether a host name may be public. Names with the label `privatelink` belong to Azure's private
 * endpoints (learn.microsoft.com/azure/private-link/private-endpoint-dns).
 */
function isPublicHostName(host: string): boolean {
  const labels = host.split('.');
  return labels.length > 1 && !SPECIAL_USE_NAMES.has(labels.at(-1) ?? '') && !labels.includes('privatelink');
}

/** `host` is a well-formed host name, or absent. */
function refused(code: CallbackUrlFault, host?: string): CallbackUrlCheck {
  return { kind: 'refused', code, reason: reasonOf(code, host) };
}

/** Explains to a maker why a well-formed host may not be called. */
export function hostNotAllowed(host: string): string {
  return `This service may not call addresses at ${host}. If the callback URL is wrong, correct callbackUrl in the body of the call. If it is right, ask the operator of this service (whoever set up this connector for you) to allow this host (setting CALLBACK_ALLOWED_HOSTS).`;
}

function reasonOf(code: CallbackUrlFault, host: string | undefined): string {
  switch (code) {
    case 'too-long':
      return `The callback URL is longer than ${MAX_CALLBACK_URL_LENGTH} characters.`;
    case 'not-wire-form':
      return 'The callback URL is not an absolute https URL in its encoded form: plain ASCII, everything else percent-encoded.';
    case 'user-info':
      return 'The callback URL must not contain a user name or password.';
    case 'fragment':
      return 'The callback URL must not contain a fragment (#).';
    case 'ip-literal':
      return 'The callback URL must name a host, not an IP address.';
    case 'scheme':
      return 'The callback URL must begin with https://. Correct callbackUrl in the body of the call. The card of a trigger always sends an https address.';
    case 'port':
      return 'The callback URL must use port 443.';
    case 'host':
      return host === undefined ? 'The callback URL has a host name that is not valid.' : hostNotAllowed(host);
    default:
      return unreachable(code);
  }
}

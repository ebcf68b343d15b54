import type { IncomingHttpHeaders } from 'node:http';

/** What an operator may see of the answer to a call that failed: without whatever looks like a secret. */
export interface AnswerExcerpt {
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning, as text. */
  readonly body: string;
  /** Whether there was more. */
  readonly cut?: true;
}

/** Of a body; what Logic Apps says went wrong is shorter. */
const MAX_BODY_BYTES = 4 * 1024;
const MAX_HEADERS = 30;
const MAX_HEADER_LENGTH = 200;
export const REMOVED = '[removed]';

/** Their values are secrets, or made to be. */
const SECRET_HEADER = /cookie|authoriz|authentic|token|secret|signature|password|(^|[-_])key/i;
/** Names after which a secret stands, in a query, a form or JSON. */
const NAMED_SECRET =
  /((?:^|[^\w])["']?[\w-]*(?:sig|signature|password|passwd|pwd|secret|token|authorization|api-?key|access-?key|accountkey)["']?\s*[:=]\s*["']?)(?!["'\s,}])[^"'&\s,;}<]{4,}/gi;
/** In an address a code opens something; elsewhere it says what went wrong. */
const CODE_OF_ADDRESS = /([?&]code=)[^&\s"'<]{4,}/gi;
const BEARER = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;
/** Three parts of base64url, the first of which begins an object. */
const JSON_WEB_TOKEN = /\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*/g;
/** Shorter ones are words and numbers that stand anywhere. */
const LEAST_SECRET = 6;

/**
 * The beginning of an answer. The callback URL is a secret that the other side knows and may repeat: it is removed whole, and so is each value
 * of its query wherever it stands. `isCut`: the body was not read to its end, so that a secret may be cut off there.
 */
export function excerptOf(
  answer: { readonly headers: IncomingHttpHeaders; readonly body: string; readonly isCut: boolean },
  callbackUrl: string,
): AnswerExcerpt {
  const secrets = secretsOf(callbackUrl);
  const longest = Math.max(0, ...secrets.map(({ length }) => length));
  // Nothing is decompressed: such a body is no text.
  const isText = ['', 'identity'].includes(answer.headers['content-encoding'] ?? '');
  const read = isText ? answer.body : '';
  const whole = answer.isCut ? read.slice(0, Math.max(0, read.length - longest)) : read;
  const bytes = Buffer.from(readable(without(whole, secrets)));
  const isCut = answer.isCut || !isText || bytes.length > MAX_BODY_BYTES;
  const body = bytes
    .subarray(0, MAX_BODY_BYTES)
    .toString()
    .replace(/\uFFFD+$/, '');
  const headers = Object.entries(answer.headers)
    .slice(0, MAX_HEADERS)
    .map(([name, value]): [string, string] => {
      const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
      if (SECRET_HEADER.test(name)) return [name, REMOVED];
      return [name, readable(without(text, secrets)).slice(0, MAX_HEADER_LENGTH)];
    });
  return { headers: Object.fromEntries(headers), body, ...(isCut && { cut: true }) };
}

/** The longest first, so that none leaves a part of another. */
function secretsOf(callbackUrl: string): string[] {
  const query = callbackUrl.split('?').slice(1).join('?');
  const values = query.split('&').flatMap((pair) => {
    const value = pair.slice(pair.indexOf('=') + 1);
    return [value, decoded(value), encodeURIComponent(decoded(value))];
  });
  const secrets = [callbackUrl, query, decoded(query), ...values].filter(({ length }) => length >= LEAST_SECRET);
  return [...new Set(secrets)].sort((one, other) => other.length - one.length);
}

function without(text: string, secrets: readonly string[]): string {
  let rest = text;
  for (const secret of secrets) rest = rest.replaceAll(secret, REMOVED);
  return rest
    .replace(CODE_OF_ADDRESS, `$1${REMOVED}`)
    .replace(BEARER, `$1 ${REMOVED}`)
    .replace(JSON_WEB_TOKEN, REMOVED)
    .replace(NAMED_SECRET, (_, before: string) => before + REMOVED);
}

/** Control characters say nothing to people, and grow when they are stored. */
function readable(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\uFFFD');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

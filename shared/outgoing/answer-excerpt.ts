import type { IncomingHttpHeaders } from 'node:http';

/** The part of an error response that operators see, without anything that looks like a secret. */
export interface AnswerExcerpt {
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of the body, as text. */
  readonly body: string;
  /** Whether the body was longer. */
  readonly cut?: true;
}

/** Maximum length of the excerpt of a body. The error bodies of Logic Apps are shorter. */
const MAX_BODY_BYTES = 4 * 1024;
const MAX_HEADERS = 30;
const MAX_HEADER_LENGTH = 200;
/** Replaces a secret. */
export const REMOVED = '[removed]';

/** Headers whose values are secrets. */
const SECRET_HEADER = /cookie|authoriz|authentic|token|secret|signature|password|(^|[-_])key/i;
/** A name followed by a secret, in a query, a form or JSON. */
const NAMED_SECRET =
  /((?:^|[^\w])["']?[\w-]*(?:sig|signature|password|passwd|pwd|secret|token|authorization|api-?key|access-?key|accountkey)["']?\s*[:=]\s*["']?)(?!["'\s,}])[^"'&\s,;}<]{4,}/gi;
/** `code` in the query of a URL is a key. Elsewhere it is an error code, which stays. */
const CODE_IN_URL = /([?&]code=)[^&\s"'<]{4,}/gi;
/** The value of an `Authorization` header. */
const BEARER = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;
/**
 * A JSON web token: three parts in base64url, of which the first encodes an object and begins with
 * `eyJ`.
 */
const JSON_WEB_TOKEN = /\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*/g;
/** A signing secret of Standard Webhooks. */
const SIGNING_SECRET = /\bwhsec_[A-Za-z0-9+/_=-]+/g;
/** Query values shorter than this are not secrets but ordinary words and numbers. */
const MIN_SECRET_LENGTH = 6;
/** Path segments shorter than this are not secrets but ordinary words, such as `workflows`. */
const MIN_SEGMENT_LENGTH = 16;

/**
 * Makes the excerpt of an error response. The callback URL is a secret that the receiver knows and
 * may repeat in its response. The URL, its path, the long segments of its path and the values of
 * its query are therefore removed wherever they occur. If the body was not read to its end
 * (`isCut`), its last characters are dropped, because they may be the beginning of a secret.
 */
export function excerptOf(
  answer: { readonly headers: IncomingHttpHeaders; readonly body: string; readonly isCut: boolean },
  callbackUrl: string,
): AnswerExcerpt {
  const secrets = secretsOf(callbackUrl);
  const longest = Math.max(0, ...secrets.map(({ length }) => length));
  // A body that is compressed although the request forbids it is not shown.
  const isText = ['', 'identity'].includes(answer.headers['content-encoding'] ?? '');
  const read = isText ? answer.body : '';
  const whole = answer.isCut ? read.slice(0, Math.max(0, read.length - longest)) : read;
  const bytes = Buffer.from(readable(without(whole, secrets)));
  const isCut = answer.isCut || !isText || bytes.length > MAX_BODY_BYTES;
  // Cutting bytes may leave half a character at the end, which decodes to U+FFFD.
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

/**
 * The secret parts of a callback URL, longest first, so that removing one leaves no part of
 * another.
 */
function secretsOf(callbackUrl: string): string[] {
  const query = callbackUrl.split('?').slice(1).join('?');
  const values = query.split('&').flatMap((pair) => {
    const value = pair.slice(pair.indexOf('=') + 1);
    return [value, decoded(value), encodeURIComponent(decoded(value))];
  });
  const [path = ''] = callbackUrl.replace(/^https?:\/\/[^/?]*/i, '').split('?');
  const segments = path.split('/').filter(({ length }) => length >= MIN_SEGMENT_LENGTH);
  const secrets = [
    callbackUrl,
    query,
    decoded(query),
    path,
    decoded(path),
    ...segments,
    ...segments.map(decoded),
    ...values,
  ].filter(({ length }) => length >= MIN_SECRET_LENGTH);
  return [...new Set(secrets)].sort((one, other) => other.length - one.length);
}

/** Replaces the secrets of the callback URL, and everything else that looks like a secret. */
function without(text: string, secrets: readonly string[]): string {
  let rest = text;
  for (const secret of secrets) rest = rest.replaceAll(secret, REMOVED);
  return rest
    .replace(CODE_IN_URL, `$1${REMOVED}`)
    .replace(BEARER, `$1 ${REMOVED}`)
    .replace(JSON_WEB_TOKEN, REMOVED)
    .replace(SIGNING_SECRET, REMOVED)
    .replace(NAMED_SECRET, (_, before: string) => before + REMOVED);
}

/** Replaces control characters, which people cannot read and which take more space when stored. */
function readable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this replaces
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\uFFFD');
}

/** Decodes percent-encoding. Text that is not valid stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

const PREFIX = 'whsec_';

/**
 * The range of secret lengths that Standard Webhooks allows
 * (github.com/standard-webhooks/standard-webhooks).
 */
const SECRET_BYTES = { min: 24, max: 64 } as const;

/**
 * Parses a signing secret: `whsec_` and the base64 of 24 to 64 bytes. Throws on any other text. The
 * message does not contain the secret. The key object is created only once, here, because
 * `createHmac` takes several times as long when it is given bytes.
 */
export function parseSigningSecret(text: string): KeyObject {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
  const secret = Buffer.from(encoded, 'base64');
  if (secret.toString('base64') !== encoded || secret.length < SECRET_BYTES.min || secret.length > SECRET_BYTES.max) {
    throw new Error(`a signing secret is ${PREFIX} and the base64 of ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes`);
  }
  return createSecretKey(secret);
}

/** What is signed, and with what. */
export interface SignatureInput {
  /**
   * The valid secrets. The content is signed with each of them, so that a receiver needs to know
   * only one.
   */
  readonly secrets: readonly KeyObject[];
  /**
   * The delivery id. Must not contain a full stop, because full stops separate the signed parts.
   */
  readonly id: string;
  /** The time of the attempt in seconds since the epoch. */
  readonly timestampSeconds: number;
  readonly body: string;
}

/**
 * The Standard Webhooks headers of one attempt. `webhook-signature` (scheme `v1`) is present only
 * when there are secrets.
 */
export function signatureHeaders({ secrets, id, timestampSeconds, body }: SignatureInput): Record<string, string> {
  const headers: Record<string, string> = { 'webhook-id': id, 'webhook-timestamp': String(timestampSeconds) };
  if (secrets.length === 0) return headers;
  const signatures = secrets.map((secret) => {
    const digest = createHmac('sha256', secret).update(`${id}.${timestampSeconds}.${body}`).digest('base64');
    return `v1,${digest}`;
  });
  headers['webhook-signature'] = signatures.join(' ');
  return headers;
}

import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** The range of secret lengths that Standard Webhooks allows (github.com/standard-webhooks/standard-webhooks). */
const SECRET_BYTES = { min: 24, max: 64 } as const;

/** Reads `whsec_` + base64 of 24 to 64 bytes. Throws otherwise; the message never holds the secret. */
export function parseSigningSecret(text: string): Buffer {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
  const secret = Buffer.from(encoded, 'base64');
  if (secret.toString('base64') !== encoded || secret.length < SECRET_BYTES.min || secret.length > SECRET_BYTES.max) {
    throw new Error(`a signing secret is ${PREFIX} and the base64 of ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes`);
  }
  return secret;
}

/** What a signature covers. `id` holds no full stop, which is what separates it from the rest. */
export interface SignatureInput {
  /** All that are valid at the moment; every one signs, so that a receiver may know any of them. */
  readonly secrets: readonly Buffer[];
  readonly id: string;
  /** When this attempt is made, in seconds since the epoch. */
  readonly timestampSeconds: number;
  readonly body: string;
}

/** The Standard Webhooks headers of one attempt; `webhook-signature` (scheme `v1`) only when there are secrets. */
export function signatureHeaders({ secrets, id, timestampSeconds, body }: SignatureInput): Record<string, string> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestampSeconds) };
  if (secrets.length === 0) return headers;
  const signatures = secrets.map((secret) => {
    const digest = createHmac('sha256', secret).update(`${id}.${timestampSeconds}.${body}`).digest('base64');
    return `v1,${digest}`;
  });
  return { ...headers, 'webhook-signature': signatures.join(' ') };
}

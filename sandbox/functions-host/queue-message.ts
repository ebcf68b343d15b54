import type { TypedData } from './core-module.ts';

/** A message received from the queue. */
export interface ReceivedMessage {
  readonly id: string;
  /**
   * Proves that this host holds the message. Every change of the visibility returns a new receipt.
   */
  readonly popReceipt: string;
  /** The raw text in the queue. */
  readonly text: string;
  readonly dequeueCount: number;
  readonly insertedAt: Date;
  readonly expiresAt: Date;
  readonly nextVisibleAt: Date;
}

export type DecodedMessage =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'not-base64' } | { readonly kind: 'not-utf8' };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes the text of a message. As strict as .NET, which allows white space in base64 and nothing
 * else outside the alphabet.
 */
export function decodeMessage(raw: string, encoding: 'base64' | 'none'): DecodedMessage {
  if (encoding === 'none') return { kind: 'text', text: raw };
  const base64 = raw.replace(/[ \t\r\n]/g, '');
  const isBase64 = base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64);
  if (!isBase64) return { kind: 'not-base64' };
  try {
    return { kind: 'text', text: utf8.decode(Buffer.from(base64, 'base64')) };
  } catch {
    return { kind: 'not-utf8' };
  }
}

/**
 * The trigger metadata of a message. The properties of a JSON object are added and replace those of
 * the host, so a message should not use names such as `id`, `dequeueCount` or `queueTrigger`.
 * Arrays and nulls are left out.
 */
export function messageMetadata(message: ReceivedMessage, text: string): Record<string, TypedData> {
  return {
    queueTrigger: { string: text },
    id: { string: message.id },
    popReceipt: { string: message.popReceipt },
    dequeueCount: { int: message.dequeueCount },
    insertionTime: { string: dateTime(message.insertedAt) },
    expirationTime: { string: dateTime(message.expiresAt) },
    nextVisibleTime: { string: dateTime(message.nextVisibleAt) },
    ...bodyProperties(text),
  };
}

/** The metadata of a manual run, which has no message. */
export function manualMetadata(text: string): Record<string, TypedData> {
  const never = { string: '9999-12-31T23:59:59.9999999+00:00' };
  return {
    queueTrigger: { string: text },
    dequeueCount: { int: 0 },
    insertionTime: never,
    expirationTime: never,
    nextVisibleTime: never,
    ...bodyProperties(text),
  };
}

function bodyProperties(text: string): Record<string, TypedData> {
  const properties: Record<string, TypedData> = {};
  for (const [name, value] of Object.entries(parseObject(text))) {
    if (value === null || Array.isArray(value)) continue;
    // The library makes the first letter lower-case. Doing the same here lets `Id` replace `id`, as
    // on the real host.
    const key = name.charAt(0).toLowerCase() + name.slice(1);
    properties[key] = typeof value === 'object' ? { json: JSON.stringify(value) } : { string: dotNetString(value) };
  }
  return properties;
}

function dotNetString(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** A timestamp as .NET writes it, without a fraction when it is a whole second. */
function dateTime(at: Date): string {
  return at.toISOString().replace(/(\.000)?Z$/, '+00:00');
}

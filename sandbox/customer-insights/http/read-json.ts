import type { IncomingMessage } from 'node:http';

/** Longer bodies are refused. Entities and control calls are far smaller. */
const maxBodyBytes = 1024 * 1024;

/** A request body. The value is `undefined` when the body is empty. */
export type JsonBody = { readonly kind: 'read'; readonly value: unknown } | { readonly kind: 'unreadable' };

/** Reads the whole body. Rejects when the connection breaks. */
export async function readJson(request: IncomingMessage): Promise<JsonBody> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxBodyBytes) chunks.push(chunk);
  }
  if (length > maxBodyBytes) return { kind: 'unreadable' };
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return { kind: 'read', value: undefined };
  try {
    return { kind: 'read', value: JSON.parse(text) as unknown };
  } catch {
    return { kind: 'unreadable' };
  }
}

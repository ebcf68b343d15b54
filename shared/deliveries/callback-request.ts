import type { KeyObject } from 'node:crypto';
import { signatureHeaders } from '../outgoing/signature.ts';

/**
 * The headers of an attempt that starts at `atMs`, except those that the HTTP client adds itself.
 */
export function callbackHeaders({
  deliveryId,
  userAgent,
  secrets,
  atMs,
  body,
}: {
  readonly deliveryId: string;
  readonly userAgent: string;
  readonly secrets: readonly KeyObject[];
  readonly atMs: number;
  readonly body: string;
}): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': userAgent,
    // Power Automate stores this id with the run of the flow, so that the run can be found by it.
    'x-ms-client-tracking-id': deliveryId,
    ...signatureHeaders({ secrets, id: deliveryId, timestampSeconds: Math.floor(atMs / 1000), body }),
  };
}

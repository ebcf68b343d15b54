import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { CallbackResponse, CallbackClient } from '../../outgoing/callback-client.ts';
import { CallbackCipherError, type CallbackCipher } from '../../subscriptions/callback-cipher.ts';
import { sealContext } from '../../subscriptions/subscription-row.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { AttemptPermits } from './attempt-permits.ts';
import type { AttemptRequest } from './attempt-request.ts';
import type { AttemptRecord } from '../records/attempt-record.ts';
import { callbackBody } from './callback-body.ts';
import { callbackHeaders } from '../callback-request.ts';
import type { FailedAnswer } from '../failed-answer.ts';
import { classify, type Verdict } from './classification.ts';
import { recordAttempt } from './delivery-telemetry.ts';
import { codeOf } from './disposition.ts';

export interface AttemptPorts {
  readonly client: CallbackClient;
  readonly cipher: CallbackCipher;
  readonly signingSecrets: readonly KeyObject[];
  readonly permits: AttemptPermits;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly userAgent: string;
}

export type Attempted =
  | {
      readonly kind: 'attempted';
      readonly record: AttemptRecord;
      readonly verdict: Verdict;
      /** The response, if there was one and it was not a success. */
      readonly answer: FailedAnswer | undefined;
    }
  /** The claim expired before a permit was available, or the process is stopping. */
  | { readonly kind: 'too-late' };

/** Sends one POST. Waits for a permit first; the timeout starts when the permit is available. */
export async function attemptDelivery(ports: AttemptPorts, request: AttemptRequest): Promise<Attempted> {
  const release = await ports.permits.take(request.called.id);
  if (release === undefined) return { kind: 'too-late' };
  ports.telemetry.record('triggers.attempt.in_flight', 1, {});
  try {
    const startedAtMs = ports.clock.now();
    if (startedAtMs >= request.notAfterMs()) return { kind: 'too-late' };
    return await post(ports, request, startedAtMs);
  } finally {
    release();
    ports.telemetry.record('triggers.attempt.in_flight', -1, {});
  }
}

async function post(ports: AttemptPorts, request: AttemptRequest, startedAtMs: number): Promise<Attempted> {
  const { event, deliveryId, own, called, number } = request;
  const body = callbackBody(event, deliveryId, own);
  const url = openCallback(ports.cipher, called);
  const { signingSecrets: secrets, userAgent } = ports;
  const headers = callbackHeaders({ deliveryId, userAgent, secrets, atMs: startedAtMs, body });
  const response: CallbackResponse | undefined =
    url === undefined ? undefined : await ports.client.post({ url, headers, body });
  const verdict = response ? classify(response) : unreadable;
  const at = new Date(startedAtMs).toISOString();
  const durationMs = Math.round(response?.durationMs ?? 0);
  const code = codeOf(verdict);
  const record: Mutable<AttemptRecord> =
    response?.kind === 'answered'
      ? { number, at, durationMs, status: response.status, code }
      : { number, at, durationMs, code };
  if (called.id !== own.id) record.calledId = called.id;
  if (verdict.kind === 'delivered' && verdict.runId !== undefined) record.runId = verdict.runId;
  recordAttempt(ports.telemetry, request, record);
  return { kind: 'attempted', record, verdict, answer: failedAnswer(response, number) };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function failedAnswer(response: CallbackResponse | undefined, attempt: number): FailedAnswer | undefined {
  if (response?.kind !== 'answered' || response.excerpt === undefined) return undefined;
  return { attempt, status: response.status, ...response.excerpt };
}

/**
 * The verdict when the callback URL cannot be decrypted. The delivery is retried, because the
 * operator can fix a missing or wrong encryption key.
 */
const unreadable: Verdict = { kind: 'retry', code: 'callback-url-unreadable', whenExhausted: 'dead' };

/**
 * Decrypts the callback URL, which is encrypted for this row only (`sealContext`). Returns
 * `undefined` when that fails.
 */
function openCallback(cipher: CallbackCipher, { callback, address }: Subscription): string | undefined {
  if (callback === undefined) return undefined;
  try {
    return cipher.open(callback, sealContext(address));
  } catch (error) {
    if (error instanceof CallbackCipherError) return undefined;
    throw error;
  }
}

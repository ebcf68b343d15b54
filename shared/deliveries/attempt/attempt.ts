import type { Clock } from '../../clock.ts';
import type { Event } from '../../events/event.ts';
import type { CallbackResponse, CallbackClient } from '../../outgoing/callback-client.ts';
import { CallbackCipherError, type CallbackCipher } from '../../subscriptions/callback-cipher.ts';
import { sealContext } from '../../subscriptions/subscription-row.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { AttemptPermits } from './attempt-permits.ts';
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
  readonly signingSecrets: readonly Buffer[];
  readonly permits: AttemptPermits;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly userAgent: string;
}

export interface AttemptRequest {
  readonly event: Event;
  readonly deliveryId: string;
  /** The subscription the delivery belongs to. */
  readonly own: Subscription;
  /** Who is called: `own`, or the successor that took its place. */
  readonly called: Subscription;
  readonly number: number;
  /** No attempt begins at or after this instant: the claim behind it has ended. Asked when there is a place. */
  readonly notAfterMs: () => number;
  /** Whether it gets a span of the trace. */
  readonly spanned: 'always' | 'unless-delivered';
}

export type Attempted =
  | {
      readonly kind: 'attempted';
      readonly record: AttemptRecord;
      readonly verdict: Verdict;
      /** What was answered, when it is no success. */
      readonly answer: FailedAnswer | undefined;
    }
  /** The claim ran out before there was a place, or the process is about to end. */
  | { readonly kind: 'too-late' };

/** One POST of a delivery. Waits for a place first; the deadline starts when it has one. */
export async function attemptDelivery(ports: AttemptPorts, request: AttemptRequest): Promise<Attempted> {
  const giveBack = await ports.permits.take(request.called.id);
  if (giveBack === undefined) return { kind: 'too-late' };
  ports.telemetry.record('triggers.attempt.in_flight', 1, {});
  try {
    const startedAtMs = ports.clock.now();
    if (startedAtMs >= request.notAfterMs()) return { kind: 'too-late' };
    return await post(ports, request, startedAtMs);
  } finally {
    giveBack();
    ports.telemetry.record('triggers.attempt.in_flight', -1, {});
  }
}

async function post(ports: AttemptPorts, request: AttemptRequest, startedAtMs: number): Promise<Attempted> {
  const { event, deliveryId, own, called, number } = request;
  const body = callbackBody(event, deliveryId, own);
  const url = openCallback(ports.cipher, called);
  const { signingSecrets: secrets, userAgent } = ports;
  const headers = callbackHeaders({ deliveryId, userAgent, secrets, atMs: startedAtMs, body });
  const answer: CallbackResponse | undefined =
    url === undefined ? undefined : await ports.client.post({ url, headers, body });
  const verdict = answer ? classify(answer) : unreadable;
  const record: AttemptRecord = {
    number,
    at: new Date(startedAtMs).toISOString(),
    durationMs: Math.round(answer?.durationMs ?? 0),
    ...(answer?.kind === 'answered' && { status: answer.status }),
    code: codeOf(verdict),
    ...(called.id !== own.id && { calledId: called.id }),
    ...(verdict.kind === 'delivered' && verdict.runId !== undefined && { runId: verdict.runId }),
  };
  recordAttempt(ports.telemetry, request, record);
  return { kind: 'attempted', record, verdict, answer: failedAnswer(answer, number) };
}

function failedAnswer(answer: CallbackResponse | undefined, attempt: number): FailedAnswer | undefined {
  if (answer?.kind !== 'answered' || answer.excerpt === undefined) return undefined;
  return { attempt, status: answer.status, ...answer.excerpt };
}

/** A missing or wrong key is the operator's to mend, and then the delivery can still go out. */
const unreadable: Verdict = { kind: 'retry', code: 'callback-url-unreadable', whenExhausted: 'dead' };

function openCallback(cipher: CallbackCipher, { callback, address }: Subscription): string | undefined {
  if (callback === undefined) return undefined;
  try {
    return cipher.open(callback, sealContext(address));
  } catch (error) {
    if (error instanceof CallbackCipherError) return undefined;
    throw error;
  }
}

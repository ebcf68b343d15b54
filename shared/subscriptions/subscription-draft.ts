import { shortHash, subjectHash, type Subject } from '../triggers/subject.ts';
import type { CallbackCipher } from './callback-cipher.ts';
import type { SubscribeRequest } from './subscribe-request.ts';
import { formatSubscriptionId, ROW_KEY_LENGTH, type SubscriptionAddress } from './subscription-id.ts';
import { sealContext } from './subscription-row.ts';
import type { Subscription } from './subscription.ts';
import { thresholdKey } from './threshold-key.ts';

/** Who subscribes. The workflow fields come from headers that the platform may or may not send. */
export interface Subscriber {
  readonly connection: string;
  readonly workflowId: string | undefined;
  /** The flow's GUID: its page and its runs are addressed by it. Says nothing of who it is. */
  readonly workflowName?: string | undefined;
  readonly operationName: string | undefined;
  readonly environmentId: string | undefined;
}

/** The same request of a connection has the same key. The label is a remark, not part of what is asked for. */
export function requestKeyOf({ instanceId, name }: Subject, { threshold, callbackUrl }: SubscribeRequest): string {
  return shortHash(instanceId, name, threshold === undefined ? '' : thresholdKey(threshold), callbackUrl);
}

/** The same for every save of one flow. Environments give their flows the same ids after an import: each has its own. */
export function workflowKeyOf(subscriber: Subscriber): string | undefined {
  const { workflowId, operationName, environmentId } = subscriber;
  if (!environmentId) return keyWithoutEnvironmentOf(subscriber);
  return workflowId && shortHash(workflowId.toLowerCase(), operationName ?? '', environmentId.toLowerCase());
}

/** The key of a flow that names no environment, and of every flow before the environment was part of the key. */
export function keyWithoutEnvironmentOf({ workflowId, operationName }: Subscriber): string | undefined {
  return workflowId && shortHash(workflowId.toLowerCase(), operationName ?? '');
}

/** A row key of its own for a new subscription, or that of an id which is promised already. */
export function newRowKey(threshold: number | undefined, nonce: string): string {
  return thresholdKey(threshold ?? 0) + nonce;
}

export function rowKeyOfId(id: string): string {
  return id.slice(-ROW_KEY_LENGTH);
}

/** A subscription as it is first stored: without a birth, so nobody calls it. */
export function draftOf(
  from: {
    subscriber: Subscriber;
    subject: Subject;
    request: SubscribeRequest;
    rowKey: string;
    warnings?: readonly string[];
    subjectName?: string | undefined;
  },
  ports: { cipher: CallbackCipher; nowMs: number },
): Subscription {
  const { subscriber, subject, request, rowKey, warnings = [], subjectName } = from;
  const { trigger, instanceId } = subject;
  const address: SubscriptionAddress = { trigger, instanceId, subjectHash: subjectHash(subject), rowKey };
  return {
    id: formatSubscriptionId(address),
    address,
    connection: subscriber.connection,
    trigger,
    instanceId,
    subject: subject.name,
    subjectName,
    threshold: request.threshold,
    label: request.label,
    warnings,
    status: 'active',
    reason: undefined,
    activeFrom: undefined,
    activeUntil: undefined,
    successor: undefined,
    predecessor: undefined,
    requestKey: requestKeyOf(subject, request),
    workflowKey: workflowKeyOf(subscriber),
    workflowId: subscriber.workflowId,
    workflowName: subscriber.workflowName,
    environmentId: subscriber.environmentId,
    callback: ports.cipher.seal(request.callbackUrl, sealContext(address)),
    createdAt: new Date(ports.nowMs).toISOString(),
    failingSince: undefined,
    deadDeliveries: 0,
    pausedSince: undefined,
    nextProbeAt: undefined,
    offCheckedAt: undefined,
    offMs: 0,
    resumedAt: undefined,
    deletedAt: undefined,
    ended: false,
    etag: '',
  };
}

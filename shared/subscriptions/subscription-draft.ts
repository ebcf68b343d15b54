import { shortHash, subjectHash, type Subject } from '../triggers/subject.ts';
import type { CallbackCipher } from './callback-cipher.ts';
import type { SubscribeRequest } from './subscribe-request.ts';
import { formatSubscriptionId, ROW_KEY_LENGTH, type SubscriptionAddress } from './subscription-id.ts';
import { sealContext } from './subscription-row.ts';
import type { NewSubscription } from './subscription.ts';
import { thresholdKey } from './threshold-key.ts';

/**
 * The caller of a subscribe request. All fields except `connection` come from headers that Power
 * Automate may leave out. The headers call a flow a workflow.
 */
export interface Subscriber {
  readonly connection: string;
  /** The id of the flow in the engine that runs it. It identifies the flow. */
  readonly workflowId: string | undefined;
  /** The flow's GUID in the URLs of its page and its runs. Used to show and search a flow. */
  readonly workflowName?: string | undefined;
  /** The name of the trigger within the flow. */
  readonly operationName: string | undefined;
  /** The Power Platform environment of the flow. */
  readonly environmentId: string | undefined;
}

/**
 * The key of a subscribe request to one trigger: equal for requests that differ at most in their
 * label.
 */
export function requestKeyOf({ instanceId, name }: Subject, { threshold, callbackUrl }: SubscribeRequest): string {
  return shortHash(instanceId, name, threshold === undefined ? '' : thresholdKey(threshold), callbackUrl);
}

/**
 * The key of a flow: equal for every save. It includes the environment, because a flow that is
 * imported into two environments has the same id in both.
 */
export function workflowKeyOf(subscriber: Subscriber): string | undefined {
  const { workflowId, operationName, environmentId } = subscriber;
  if (!environmentId) return keyWithoutEnvironmentOf(subscriber);
  return workflowId && shortHash(workflowId.toLowerCase(), operationName ?? '', environmentId.toLowerCase());
}

/**
 * The key of a flow without its environment, which the previous release (0.9.0) and calls without
 * the environment header use.
 */
export function keyWithoutEnvironmentOf({ workflowId, operationName }: Subscriber): string | undefined {
  return workflowId && shortHash(workflowId.toLowerCase(), operationName ?? '');
}

/** The row key of a new subscription, so that rows sort by threshold. `nonce` is random. */
export function newRowKey(threshold: number | undefined, nonce: string): string {
  return thresholdKey(threshold ?? 0) + nonce;
}

/** The row key of a subscription, which is the end of its id. */
export function rowKeyOfId(id: string): string {
  return id.slice(-ROW_KEY_LENGTH);
}

/** A subscription as it is first stored. It has no `activeFrom` yet, so its flow is not called. */
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
): NewSubscription {
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
  };
}

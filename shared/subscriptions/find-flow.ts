import type { Trigger } from '../triggers/trigger.ts';
import type { ConnectionStore } from './connection-store.ts';
import type { FlowClaim, WorkflowEntry } from './workflow-entry.ts';
import { keyWithoutEnvironmentOf, workflowKeyOf, type Subscriber } from './subscription-draft.ts';
import type { SubscriptionStore } from './subscription-store.ts';
import type { Subscription } from './subscription.ts';

export interface FindFlowPorts {
  readonly store: Pick<SubscriptionStore, 'load'>;
  readonly connections: Pick<ConnectionStore, 'findWorkflow'>;
}

/**
 * The flow that sends a subscribe request: what a save needs to claim the flow's entry
 * (`WorkflowEntry`), and the flow's latest subscription, if there is one.
 */
export interface FoundFlow {
  readonly claim: FlowClaim;
  readonly latest: Subscription | undefined;
}

/**
 * Finds the flow that sends a subscribe request. Returns `undefined` when the request names no
 * flow.
 */
export async function findFlow(
  ports: FindFlowPorts,
  subscriber: Subscriber,
  trigger: Trigger,
): Promise<FoundFlow | undefined> {
  const key = workflowKeyOf(subscriber);
  if (key === undefined) return undefined;
  const entry = await ports.connections.findWorkflow(subscriber.connection, trigger, key);
  const adopted = await findAdopted(ports, subscriber, trigger);
  if (adopted) return { claim: { key, entry, adopted }, latest: adopted.latest };
  return { claim: { key, entry }, latest: entry && (await ports.store.load(entry.subscriptionId)) };
}

/**
 * Finds the flow's entry under its key without the environment, which the previous release (0.9.0)
 * and calls without the environment header use. The save adopts this entry: it claims it together
 * with the entry under the full key, so that both name the new subscription. Returns `undefined` if
 * the entry's subscription has another environment, because it then belongs to another flow.
 */
async function findAdopted(
  { store, connections }: FindFlowPorts,
  subscriber: Subscriber,
  trigger: Trigger,
): Promise<{ key: string; entry: WorkflowEntry; latest: Subscription } | undefined> {
  const key = keyWithoutEnvironmentOf(subscriber);
  if (key === undefined || key === workflowKeyOf(subscriber)) return undefined;
  const entry = await connections.findWorkflow(subscriber.connection, trigger, key);
  if (entry === undefined) return undefined;
  const latest = await latestStored(store, [...entry.previous, entry.subscriptionId]);
  if (latest?.workflowKey !== key) return undefined;
  const isOtherEnvironment =
    latest.environmentId !== undefined &&
    latest.environmentId.toLowerCase() !== subscriber.environmentId?.toLowerCase();
  return isOtherEnvironment ? undefined : { key, entry, latest };
}

/** Loads the last of these subscriptions that has a row. */
export async function latestStored(
  store: Pick<SubscriptionStore, 'load'>,
  ids: readonly string[],
): Promise<Subscription | undefined> {
  for (const id of ids.toReversed()) {
    const stored = await store.load(id);
    if (stored) return stored;
  }
  return undefined;
}

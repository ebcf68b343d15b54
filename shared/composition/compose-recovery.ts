import { allowsInstance } from '../allowed-instances.ts';
import { recoveryStore } from '../operations/recovery.ts';
import { resumeRecovery, type ResumeRecoveryPorts } from '../operations/resume-recovery.ts';
import type { BackendConfig, BackendPorts } from './backend-ports.ts';
import type { Stores } from './compose-stores.ts';

export type Recovery = ReturnType<typeof composeRecovery>;

/**
 * Wires up recoveries. A recovery sends the lost (dead or parked) deliveries of many subscriptions
 * again, at an operator's request. It has nothing to do with the recovery from crashes.
 */
export function composeRecovery({ tables, queues, clock }: BackendPorts, stores: Stores, config: BackendConfig) {
  const { subscriptions: store, instances, activity, work } = stores;
  const recovering: ResumeRecoveryPorts = {
    tables,
    queues,
    clock,
    store,
    activity,
    work,
    isAllowed: (instanceId) => allowsInstance(config.allowedInstances, instanceId),
    recoveries: recoveryStore(tables),
    instanceIds: () => instances.ids(),
    retentionMonths: config.retentionMonths,
  };
  return {
    /** The ports that the operator API needs to start a recovery. */
    recovering,
    /**
     * Continues a recovery that an operator has started. Returns when to continue it again, or
     * `undefined` when it is complete.
     */
    resumeRecovery: (recoveryId: string) => resumeRecovery(recovering, recoveryId),
  };
}

import { seededInstances } from './seed/seeded-instances.ts';
import { RefusedError } from './state/refused-error.ts';
import type { Instance } from './state/instance.ts';
import type { Ports } from './state/ports.ts';
import type { Fault } from './http/faults.ts';

/**
 * Behaviour that the public documents leave open. Each switch selects one of the possible
 * behaviours.
 */
export interface Behaviour {
  /** `JobId` instead of `jobId`. */
  pascalCaseNames: boolean;
  /** `Successful` instead of `successful`. Both have been observed. */
  pascalCaseValues: boolean;
  /** Values that do not exist yet are sent as `null` instead of being left out. */
  nulls: boolean;
  /** Histories of segments and measures start with the newest evaluation. */
  newestHistoryFirst: boolean;
  /** Data is returned in pages that link the next page in `@odata.nextLink`. */
  nextLinks: boolean;
}

/** The state of a running sandbox. */
export interface SandboxModel extends Ports {
  /** When set, calls need this `Ocp-Apim-Subscription-Key` and any bearer token. */
  readonly requiredKey: string | undefined;
  /** Signs the addresses of partitions. */
  readonly partitionSecret: string;
  readonly instances: Instance[];
  readonly behaviour: Behaviour;
  /** Unused faults, in the order in which they apply. */
  readonly faults: Fault[];
  /** Aborted and replaced when the faults are cleared. */
  cleared: AbortController;
  /** Calls by method and route, `unknown` for calls that no route matches. */
  readonly calls: Map<string, number>;
}

/** A model with the seeded instances and no faults. */
export function newModel(ports: Ports, requiredKey: string | undefined): SandboxModel {
  return {
    ...ports,
    requiredKey,
    partitionSecret: ports.random.token(16),
    instances: seededInstances(ports),
    behaviour: {
      pascalCaseNames: false,
      pascalCaseValues: false,
      nulls: false,
      newestHistoryFirst: false,
      nextLinks: false,
    },
    faults: [],
    cleared: new AbortController(),
    calls: new Map(),
  };
}

/**
 * The instance with that id, in any letter case. Throws `RefusedError` (404) when there is none.
 */
export function findInstance(model: SandboxModel, instanceId: string): Instance {
  const instance = model.instances.find(({ metadata }) => metadata.instanceId === instanceId.toLowerCase());
  if (instance === undefined) throw new RefusedError(404, `There is no instance ${instanceId}.`);
  return instance;
}

import { seededInstances } from './seed/seeded-instances.ts';
import { RefusedError } from './state/refused-error.ts';
import type { Instance } from './state/instance.ts';
import type { Ports } from './state/ports.ts';
import type { Fault } from './http/faults.ts';

/** Where the public documents leave open what the service sends: each switch is one way it may be. */
export interface Behaviour {
  /** `JobId` instead of `jobId`. */
  pascalCaseNames: boolean;
  /** `Successful` instead of `successful`; the service has been seen with both. */
  pascalCaseValues: boolean;
  /** Values that are not there yet are sent as `null` instead of being left out. */
  nulls: boolean;
  /** Histories of segments and measures begin with the newest evaluation. */
  newestHistoryFirst: boolean;
  /** Data is answered in pages that name the next one in `@odata.nextLink`. */
  nextLinks: boolean;
}

/** All that a running sandbox knows. */
export interface SandboxModel extends Ports {
  /** When set, calls need it as `Ocp-Apim-Subscription-Key`, and any bearer token. */
  readonly requiredKey: string | undefined;
  /** Signs the addresses of partitions. */
  readonly partitionSecret: string;
  readonly instances: Instance[];
  readonly behaviour: Behaviour;
  /** Faults still to come, first come first served. */
  readonly faults: Fault[];
  /** Aborted, and replaced, when the faults are cleared. */
  cleared: AbortController;
  /** Calls seen, by method and route; `unknown` for those no route answers. */
  readonly calls: Map<string, number>;
}

/** A model with the seeded instances, in which nothing goes wrong. */
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

/** The instance of that id, in any case. Throws `RefusedError` (404) when there is none. */
export function findInstance(model: SandboxModel, instanceId: string): Instance {
  const instance = model.instances.find(({ metadata }) => metadata.instanceId === instanceId.toLowerCase());
  if (instance === undefined) throw new RefusedError(404, `There is no instance ${instanceId}.`);
  return instance;
}

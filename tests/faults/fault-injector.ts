import type { Fate, ProxiedRequest } from '../helpers/storage-proxy.ts';

/** What befalls one storage call: an operation of the SDK with its repetitions. */
export type Mode =
  /** Storage refuses it each time, without effect. */
  | 'refused'
  /** It takes effect and its connection is cut; the SDK makes it again. */
  | 'answer lost'
  /** It takes effect, its connection is cut, and its repetitions are refused. */
  | 'lost for good'
  /** The process is killed (SIGKILL) before it takes effect. */
  | 'killed before'
  /** The process is killed when it has taken effect, before the answer. */
  | 'killed after';
export const MODES: readonly Mode[] = ['refused', 'answer lost', 'lost for good', 'killed before', 'killed after'];

export interface Fault {
  readonly mode: Mode;
  /** Which call, counted from 1. */
  readonly call: number;
}

export interface FaultReport {
  /** How many storage calls there were. */
  readonly calls: number;
  /** The call that the fault befell; undefined when there were fewer. */
  readonly befallen: string | undefined;
}

export interface FaultInjector {
  readonly decide: (request: ProxiedRequest) => Fate;
  /** Aborted at the moment at which the process is to die. */
  readonly killed: AbortSignal;
  report(): FaultReport;
}

const BUSY: Fate = { status: 503, code: 'ServerBusy' };

export function faultInjector(fault: Fault | undefined): FaultInjector {
  const ids = new Set<unknown>();
  const death = new AbortController();
  let befallenId: unknown;
  let befallen: string | undefined;

  const firstFate = (mode: Mode): Fate => {
    switch (mode) {
      case 'refused':
        return BUSY;
      case 'answer lost':
      case 'lost for good':
        return 'lose the answer';
      case 'killed before':
        death.abort();
        return 'hang';
      case 'killed after':
        return { tookEffect: () => death.abort() };
    }
  };

  return {
    killed: death.signal,
    report: () => ({ calls: ids.size, befallen }),
    decide({ method, url, headers }) {
      // The SDKs give each call an id, and its repetitions the same one.
      const id = headers['x-ms-client-request-id'];
      const isRepetition = ids.has(id);
      ids.add(id);
      if (fault === undefined) return 'pass';
      if (isRepetition) return id === befallenId && fault.mode !== 'answer lost' ? BUSY : 'pass';
      if (ids.size !== fault.call) return 'pass';
      befallenId = id;
      befallen = `${method} ${url.pathname}`;
      return firstFate(fault.mode);
    },
  };
}

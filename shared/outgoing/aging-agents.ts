import type { Agent } from 'undici';
import type { CallbackReach } from './callback-policy.ts';

/** Agents that are replaced when they have grown old. */
export interface AgingAgents {
  get(reach: CallbackReach): Agent;
  /** Lets the calls in hand end, then closes all connections, those of replaced agents too. */
  close(): Promise<void>;
}

/**
 * One agent for each reach, replaced at the first call after `maxAgeMs`: no new call goes over a connection that is older. undici's own
 * `clientTtl` asks the time for each busy connection at each call, which at hundreds of them cost a tenth of all of a call.
 */
export function agingAgents(open: (reach: CallbackReach) => Agent, maxAgeMs: number): AgingAgents {
  const current = new Map<CallbackReach, { readonly agent: Agent; readonly openedMs: number }>();
  const closing = new Set<Promise<void>>();
  const retire = (agent: Agent): void => {
    const closed: Promise<void> = agent.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  let isClosed = false;
  return {
    get(reach) {
      const known = current.get(reach);
      // Once closed, calls are to meet a closed agent.
      if (known && (isClosed || performance.now() - known.openedMs < maxAgeMs)) return known.agent;
      if (known) retire(known.agent);
      const agent = open(reach);
      current.set(reach, { agent, openedMs: performance.now() });
      if (isClosed) retire(agent);
      return agent;
    },
    async close() {
      isClosed = true;
      for (const { agent } of current.values()) if (!agent.closed) retire(agent);
      await Promise.all(closing);
    },
  };
}

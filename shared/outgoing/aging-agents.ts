import type { Agent } from 'undici';
import type { CallbackReach } from './callback-policy.ts';

/** HTTP agents that are replaced after a maximum age. */
export interface AgingAgents {
  get(reach: CallbackReach): Agent;
  /**
   * Waits for the calls in progress, then closes all connections, including those of replaced
   * agents.
   */
  close(): Promise<void>;
}

/**
 * Keeps one agent for each reach (the addresses that it may connect to: public ones too, or only
 * those in the allowed networks). Replaces the agent at the first call after `maxAgeMs`, so that no
 * call uses an older connection. undici's own `clientTtl` is not used, because it reads the clock
 * for every busy connection on every call. With hundreds of connections, that took a tenth of each
 * call's time.
 */
export function agingAgents(open: (reach: CallbackReach) => Agent, maxAgeMs: number): AgingAgents {
  const current = new Map<CallbackReach, { readonly agent: Agent; readonly openedMs: number }>();
  const closing = new Set<Promise<void>>();
  /** Closes an agent when its calls in progress have ended. */
  const retire = (agent: Agent): void => {
    const closed: Promise<void> = agent.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  let isClosed = false;
  return {
    get(reach) {
      const existing = current.get(reach);
      // After `close`, calls must fail, so they get a closed agent.
      if (existing && (isClosed || performance.now() - existing.openedMs < maxAgeMs)) return existing.agent;
      if (existing) retire(existing.agent);
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

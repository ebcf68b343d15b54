import { CustomerInsightsError } from './customer-insights.ts';

/**
 * Permits to call Customer Insights. Every HTTP request, including a retry, takes a permit first,
 * because Customer Insights limits the calls to an instance per minute, for all callers together.
 */
export interface CallPermits {
  /**
   * Takes one permit. `instanceId` is absent for the list of instances. Rejects when the state of
   * the rate limit cannot be read.
   */
  take(instanceId: string | undefined): Promise<CallPermit>;
}

export type CallPermit = { readonly kind: 'admitted' } | NoPermit;

interface NoPermit {
  readonly kind: 'refused';
  /** No permit is available before this time has passed. */
  readonly retryAfterMs: number;
}

/** Permits for several calls of one caller, which needs all of them to get a result. */
export interface JointPermits {
  /**
   * Takes `count` permits, all or none. If two callers each held only some of the permits that they
   * need, both would wait for ever.
   */
  takeTogether(
    instanceId: string,
    count: number,
  ): Promise<{ readonly kind: 'admitted'; readonly permits: CallPermits } | NoPermit>;
}

/**
 * Takes one permit for `call`. Rejects with `CustomerInsightsError` (`limited`) when none is
 * available.
 */
export async function takePermit(permits: CallPermits, instanceId: string | undefined, call: string): Promise<void> {
  const permit = await permits.take(instanceId);
  if (permit.kind === 'refused') throw limitError(permit, call);
}

/**
 * Takes permits for `count` calls. The returned permits hand these out first and then take further
 * ones. `caller` names the caller in the error. Rejects as `takePermit` does.
 */
export async function takePermits(
  permits: JointPermits,
  instanceId: string,
  count: number,
  caller: string,
): Promise<CallPermits> {
  const taken = await permits.takeTogether(instanceId, count);
  if (taken.kind === 'refused') throw limitError(taken, caller);
  return taken.permits;
}

function limitError({ retryAfterMs }: NoPermit, call: string): CustomerInsightsError {
  return new CustomerInsightsError('limited', call, 'the call limit of the instance is used up', { retryAfterMs });
}

/** Permits without a limit. */
export const unlimitedPermits: CallPermits = { take: () => Promise.resolve({ kind: 'admitted' }) };

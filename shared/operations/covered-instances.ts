import type { InstancePage } from '../subscriptions/instance-registry.ts';

/**
 * Maximum number of instances that a view of all instances covers, so that the cost of the view
 * does not grow with their number. Each costs at least one storage request.
 */
export const MAX_INSTANCES = 100;

export interface CoveredInstancesPorts {
  /** A page of the polled instances. Makes one storage request. */
  readonly instancePage: (page: { readonly limit: number; readonly next?: string }) => Promise<InstancePage>;
}

/** The instances that a view covers. */
export interface CoveredInstances {
  readonly instanceIds: readonly string[];
  /**
   * Present when there are other instances. The view says so, and an operator who wants to see one
   * of them names it.
   */
  readonly more?: true;
}

/** The named instance, or the first `MAX_INSTANCES` of the polled instances. */
export async function coveredInstances(
  { instancePage }: CoveredInstancesPorts,
  instanceId: string | undefined,
): Promise<CoveredInstances> {
  if (instanceId !== undefined) return { instanceIds: [instanceId] };
  const { instanceIds, next } = await instancePage({ limit: MAX_INSTANCES });
  return { instanceIds, ...(next !== undefined && { more: true }) };
}

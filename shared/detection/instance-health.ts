import type { Source } from '../triggers/trigger-record.ts';
import type { StateStore } from './state-store.ts';

/** The state of an instance's polls. */
export interface InstanceHealth {
  readonly instanceId: string;
  /** Absent before the first poll. */
  readonly lastPolledAt?: string;
  /**
   * When a poll last read every list (jobs, segments, measures). Changes since then may not have
   * been detected yet.
   */
  readonly lastCompletePollAt?: string;
  /** The lists that cannot be read. */
  readonly failing: readonly { readonly list: Source; readonly since: string; readonly reason: string }[];
  /** Segments and measures that are observed. */
  readonly observedCount: number;
  /** Events that are not yet fully delivered. */
  readonly outboxEntryCount: number;
  readonly oldestOutboxEntryAt?: string;
}

/** Reads the health of an instance. Takes one storage request per 1,000 rows of its state. */
export async function instanceHealth(state: Pick<StateStore, 'read'>, instanceId: string): Promise<InstanceHealth> {
  const { lastPolledAt, completeAt, failing, values, outbox: outboxEntries } = await state.read(instanceId);
  const oldestOutboxEntryAt = outboxEntries.map(({ committedAt }) => committedAt).sort()[0];
  return {
    instanceId,
    ...(lastPolledAt !== undefined && { lastPolledAt }),
    ...(completeAt !== undefined && { lastCompletePollAt: completeAt }),
    failing: Object.entries(failing).map(([list, { since, reason }]) => ({ list: list as Source, since, reason })),
    observedCount: values.length,
    outboxEntryCount: outboxEntries.length,
    ...(oldestOutboxEntryAt !== undefined && { oldestOutboxEntryAt }),
  };
}

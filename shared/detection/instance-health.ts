import type { Source } from '../triggers/trigger.ts';
import type { StateStore } from './state-store.ts';

/** How the polls of an instance are going. */
export interface InstanceHealth {
  readonly instanceId: string;
  /** Absent until there was a first poll. */
  readonly lastPolledAt?: string;
  /** The last poll in which every list gave an answer: what happened since may not be known yet. */
  readonly lastCompletePollAt?: string;
  /** The lists that give no answer. */
  readonly failing: readonly { readonly list: Source; readonly since: string; readonly reason: string }[];
  /** Segments and measures that are observed. */
  readonly observedCount: number;
  /** Events that are still on their way to somebody. */
  readonly outboxEntryCount: number;
  readonly oldestOutboxEntryAt?: string;
}

/** One storage request for each started thousand of segments and measures. */
export async function instanceHealth(state: Pick<StateStore, 'read'>, instanceId: string): Promise<InstanceHealth> {
  const { lastPolledAt, completeAt, failing, values, outbox: outboxEntries } = await state.read(instanceId);
  const oldestOutboxEntryAt = outboxEntries.map(({ committedAt: openedAt }) => openedAt).sort()[0];
  return {
    instanceId,
    ...(lastPolledAt !== undefined && { lastPolledAt }),
    ...(completeAt !== undefined && { lastCompletePollAt: completeAt }),
    failing: Object.entries(failing).map(([list, { since, reason }]) => ({ list: list as Source, since, reason })),
    observedCount: values.length,
    outboxEntryCount: outboxEntries.length,
    ...(oldestOutboxEntryAt !== undefined && { oldestOutboxEntryAt: oldestOutboxEntryAt }),
  };
}

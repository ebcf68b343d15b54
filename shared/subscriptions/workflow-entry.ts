import { triggers, type Trigger } from '../triggers/trigger.ts';
import type { StoredRow, Write } from '../storage/tables.ts';

/** The latest subscription of one flow and trigger. */
export interface WorkflowEntry {
  readonly subscriptionId: string;
  /** Earlier subscriptions of the flow that it has not superseded yet, oldest first. */
  readonly previous: readonly string[];
  readonly etag: string;
}

/** The flow entry that a save claims: its key, and the entries as they were read. */
export interface FlowClaim {
  readonly key: string;
  readonly entry: WorkflowEntry | undefined;
  /**
   * The entry of the same flow under the key without environment. The save supersedes its
   * subscriptions too.
   */
  readonly adopted?: { readonly key: string; readonly entry: WorkflowEntry };
}

/** The row key of a flow's entry in the partition of its connection. */
export function workflowRowKey(trigger: Trigger, key: string): string {
  return `w:${triggers[trigger].code}:${key}`;
}

export function workflowEntryOf({ values, etag }: StoredRow): WorkflowEntry {
  const previous = String(values['previous'] ?? '')
    .split(' ')
    .filter((id) => id !== '');
  return { subscriptionId: String(values['subscriptionId']), previous, etag };
}

/**
 * Earlier saves that an entry names. Older ones end by themselves when their callback URL responds
 * with 404.
 */
const MAX_PREVIOUS = 20;

/**
 * Writes the flow's entry and the adopted one, both for the new subscription. An unfinished save
 * that claimed the adopted entry then finds the later save there.
 */
export function workflowWrites(
  connection: string,
  trigger: Trigger,
  subscriptionId: string,
  { key, entry, adopted }: FlowClaim,
): Write[] {
  const ids = (of: WorkflowEntry | undefined): readonly string[] => (of ? [...of.previous, of.subscriptionId] : []);
  const previous = [...new Set([...ids(entry), ...ids(adopted?.entry)])].slice(-MAX_PREVIOUS).join(' ');
  const write = (of: string, before: WorkflowEntry | undefined): Write => {
    const row = { partitionKey: connection, rowKey: workflowRowKey(trigger, of), subscriptionId, previous };
    return before ? { kind: 'replace', row, etag: before.etag } : { kind: 'insert', row };
  };
  return [write(key, entry), ...(adopted ? [write(adopted.key, adopted.entry)] : [])];
}

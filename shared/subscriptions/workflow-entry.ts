import { triggers, type Trigger } from '../triggers/trigger.ts';
import type { StoredRow, Write } from '../storage/tables.ts';

/**
 * The entry of a flow (in the headers of Power Automate: a workflow) for one trigger, stored under
 * its connection. Each save of the flow sends a subscribe request with the flow's id. The request
 * claims the entry for a new subscription.
 */
export interface WorkflowEntry {
  readonly subscriptionId: string;
  /** Earlier subscriptions of the flow that the latest one has not superseded yet, oldest first. */
  readonly previous: readonly string[];
  readonly etag: string;
}

/** The flow entry that a save claims: its key, and the entry as it was read. */
export interface FlowClaim {
  readonly key: string;
  readonly entry: WorkflowEntry | undefined;
  /**
   * The entry of the same flow under its key without the environment, if there is one (see
   * `findFlow`). The save supersedes the subscriptions of this entry too.
   */
  readonly adopted?: { readonly key: string; readonly entry: WorkflowEntry };
}

/** The row key of a flow's entry in the partition of its connection. `key`: see `workflowKeyOf`. */
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
 * Maximum number of earlier subscriptions in a flow entry. Those that no longer fit end when their
 * callback URL responds with 404.
 */
const MAX_PREVIOUS = 20;

/**
 * The writes that name the new subscription in the flow's entry and in the adopted entry, if there
 * is one. An unfinished save that claimed the adopted entry then finds the later save there.
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

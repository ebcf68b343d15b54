import type { Subscription } from './subscription.ts';

/** A flow as people name it: the ids in the URL of its page, or only an id. */
export interface NamedFlow {
  /** The flow's GUID without dashes, or its 32-digit id in the Logic Apps engine, in lower case. */
  readonly id: string;
  /** The id of the environment in lower case. Present when the text is a URL. */
  readonly environmentId?: string;
  /** The id of a run. Present when the text is the URL of a run. */
  readonly runId?: string;
}

/** The URL of a flow's page or of a run. */
const FLOW_URL =
  /\/environments\/([^/?#\s]+)\/(?:[^?#\s]*\/)?flows\/(?:[^/?#\s]+\/)?([0-9a-f-]{32,36})(?:\/[^?#\s]*?runs\/([^/?#\s]+))?/i;
const HEX_ID = /^[0-9a-f]{32}$/;

/**
 * Finds the flow in a text: a GUID with or without dashes or braces, or the URL of a flow or a run.
 * Returns `undefined` for other texts. Pure.
 */
export function namedFlow(text: string): NamedFlow | undefined {
  const [, environmentId, idInUrl, runId] = FLOW_URL.exec(text) ?? [];
  const id = bareId(idInUrl ?? text);
  if (!HEX_ID.test(id)) return undefined;
  return {
    id,
    ...(environmentId !== undefined && { environmentId: decoded(environmentId).toLowerCase() }),
    ...(runId !== undefined && { runId: decoded(runId) }),
  };
}

/**
 * Whether a subscription belongs to the flow. An environment that is unknown on either side counts
 * as a match.
 */
export function isOfFlow(
  { workflowId, workflowName, environmentId }: Pick<Subscription, 'workflowId' | 'workflowName' | 'environmentId'>,
  flow: NamedFlow,
): boolean {
  const isSame = [workflowId, workflowName].some((id) => id !== undefined && bareId(id) === flow.id);
  const isElsewhere =
    flow.environmentId !== undefined &&
    environmentId !== undefined &&
    environmentId.toLowerCase() !== flow.environmentId;
  return isSame && !isElsewhere;
}

/** An id in lower case, without dashes and braces. */
function bareId(id: string): string {
  return id.trim().replace(/[-{}]/g, '').toLowerCase();
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

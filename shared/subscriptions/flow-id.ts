import type { Subscription } from './subscription.ts';

/** How people name a flow: what its address says, or an id by itself. */
export interface NamedFlow {
  /** Of the flow: its GUID or the 32 digits of the engine, without dashes, in lower case. */
  readonly id: string;
  /** Of the environment, in lower case, when an address says it. */
  readonly environmentId?: string;
  /** Of a run, when an address says it. */
  readonly runId?: string;
}

const ADDRESS =
  /\/environments\/([^/?#\s]+)\/(?:[^?#\s]*\/)?flows\/(?:[^/?#\s]+\/)?([0-9a-f-]{32,36})(?:\/[^?#\s]*?runs\/([^/?#\s]+))?/i;
const HEX = /^[0-9a-f]{32}$/;

/** The flow that a text names: a GUID with or without dashes or braces, or the address of a flow or a run. `undefined`: it names none. Pure. */
export function namedFlow(text: string): NamedFlow | undefined {
  const [, environmentId, inAddress, runId] = ADDRESS.exec(text) ?? [];
  const id = bare(inAddress ?? text);
  if (!HEX.test(id)) return undefined;
  return {
    id,
    ...(environmentId !== undefined && { environmentId: decoded(environmentId).toLowerCase() }),
    ...(runId !== undefined && { runId: decoded(runId) }),
  };
}

/** Whether a subscription is of that flow. Of an environment that nobody has named it may be. */
export function isOfFlow(
  { workflowId, workflowName, environmentId }: Pick<Subscription, 'workflowId' | 'workflowName' | 'environmentId'>,
  flow: NamedFlow,
): boolean {
  const isSame = [workflowId, workflowName].some((id) => id !== undefined && bare(id) === flow.id);
  const isElsewhere =
    flow.environmentId !== undefined &&
    environmentId !== undefined &&
    environmentId.toLowerCase() !== flow.environmentId;
  return isSame && !isElsewhere;
}

function bare(id: string): string {
  return id.trim().replace(/[-{}]/g, '').toLowerCase();
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

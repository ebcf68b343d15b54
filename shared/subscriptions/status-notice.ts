/**
 * The statuses that the operator is told about: the flow has stopped being called, and nobody saved
 * it or unsubscribed.
 */
const NOTIFIED_STATUSES = ['paused', 'disabled', 'gone'] as const;
export type NotifiedStatus = (typeof NOTIFIED_STATUSES)[number];

/**
 * A change of a subscription's status that the operator's webhook (`OPERATOR_WEBHOOK_URL`) has not
 * received yet. Notices are a column of the subscription's row, so a notice is stored in the same
 * write as the change.
 */
export interface StatusNotice {
  readonly status: NotifiedStatus;
  readonly at: string;
  /** The code of the response that caused the change, or `operator`. */
  readonly code: string;
  /** Number of failed calls to the webhook. */
  readonly attempts: number;
  /**
   * When the next call is due. A worker postpones this before it calls, so that no other worker
   * calls too.
   */
  readonly dueAtMs: number;
}

interface WithNotices {
  readonly status: string;
  readonly notices?: readonly StatusNotice[] | undefined;
}

/**
 * Maximum number of notices stored in one row. The status of a flow cannot change more often before
 * the first notice is given up.
 */
const MAX_NOTICES = 20;

/**
 * Adds a notice to `after` if the change from `before` has stopped the calls to the flow. Otherwise
 * returns `after`. `code` says why the status changed (`StatusNotice`). Pure.
 */
export function withNotice<S extends WithNotices>(
  before: WithNotices,
  after: S,
  { code, nowMs }: { readonly code: string; readonly nowMs: number },
): S {
  const status = NOTIFIED_STATUSES.find((name) => name === after.status);
  if (status === undefined || before.status === status) return after;
  const notice = { status, at: new Date(nowMs).toISOString(), code, attempts: 0, dueAtMs: nowMs };
  return { ...after, notices: [...(after.notices ?? []), notice].slice(-MAX_NOTICES) };
}

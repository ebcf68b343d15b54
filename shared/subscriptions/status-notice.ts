/** The statuses in which a flow is not called any more. */
const NOTIFIED_STATUSES = ['paused', 'disabled', 'gone'] as const;
export type NotifiedStatus = (typeof NOTIFIED_STATUSES)[number];

/**
 * A change of status that the webhook of the operator has not received yet. It is a column of the subscription, so it is
 * stored in the same write as the change.
 */
export interface StatusNotice {
  readonly status: NotifiedStatus;
  readonly at: string;
  /** The code of the response that caused the change, or `operator`. */
  readonly code: string;
  /** Calls that failed. */
  readonly attempts: number;
  /** When the next call is due. A worker that makes it moves this first. */
  readonly dueAtMs: number;
}

interface Noticed {
  readonly status: string;
  readonly notices?: readonly StatusNotice[] | undefined;
}

/** More than a flow can cause before the schedule of the first notice is over. Bounds the size of the row. */
const MAX_NOTICES = 20;

/** The subscription after a change, with a notice of it when it is no longer called. Otherwise `after` itself. Pure. */
export function withNotice<S extends Noticed>(
  before: Noticed,
  after: S,
  { code, nowMs }: { readonly code: string; readonly nowMs: number },
): S {
  const status = NOTIFIED_STATUSES.find((name) => name === after.status);
  if (status === undefined || before.status === status) return after;
  const notice = { status, at: new Date(nowMs).toISOString(), code, attempts: 0, dueAtMs: nowMs };
  return { ...after, notices: [...(after.notices ?? []), notice].slice(-MAX_NOTICES) };
}

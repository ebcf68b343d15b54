/**
 * Which full refreshes a flow starts for: those that a schedule started, those that a user started,
 * or any.
 */
export const startedByValues = ['any', 'schedule', 'user'] as const;
export type StartedBy = (typeof startedByValues)[number];

/**
 * The subject under which subscriptions with each value are stored, so that the recipients of an
 * event are found by key range. Subscriptions that are older than the input `startedBy` are stored
 * under `*`. They fire for scheduled refreshes, so `*` is the subject of `schedule`. Never change
 * these.
 */
const subjects: Readonly<Record<StartedBy, string>> = { any: '*any', schedule: '*', user: '*user' };

export function subjectStartedBy(startedBy: StartedBy): string {
  return subjects[startedBy];
}

/** The reverse of `subjectStartedBy`. */
export function startedByOf(subject: string): StartedBy {
  return startedByValues.find((value) => subjects[value] === subject) ?? 'schedule';
}

/** Which full refreshes a subscription fires for, by who started them. */
export const startedByValues = ['any', 'schedule', 'user'] as const;
export type StartedBy = (typeof startedByValues)[number];

/**
 * The stored subject of each value, so that recipients are found by key range. Subscriptions from
 * before the input `startedBy` existed are stored under `*` and fire for scheduled refreshes, so
 * `schedule` keeps that subject. Never change these.
 */
const subjects: Readonly<Record<StartedBy, string>> = { any: '*any', schedule: '*', user: '*user' };

export function subjectStartedBy(startedBy: StartedBy): string {
  return subjects[startedBy];
}

/** The reverse of `subjectStartedBy`. */
export function startedByOf(subject: string): StartedBy {
  return startedByValues.find((value) => subjects[value] === subject) ?? 'schedule';
}

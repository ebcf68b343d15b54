import { ANY_SUBJECT } from './trigger.ts';

/** Which full refreshes a subscription waits for, by who started them. */
export const startedByValues = ['any', 'schedule', 'user'] as const;
export type StartedBy = (typeof startedByValues)[number];

/**
 * Each is a subject of its own, so that the index answers whom a refresh concerns. What was stored before there was a choice means `schedule`, and lies
 * under the subject that all of an instance has. Stored: never changes.
 */
const subjects: Readonly<Record<StartedBy, string>> = { any: '*any', schedule: ANY_SUBJECT, user: '*user' };

export function subjectStartedBy(startedBy: StartedBy): string {
  return subjects[startedBy];
}

/** The reverse of `subjectStartedBy`. */
export function startedByOf(subject: string): StartedBy {
  return startedByValues.find((value) => subjects[value] === subject) ?? 'schedule';
}

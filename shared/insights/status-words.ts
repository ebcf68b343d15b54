import { bareWord } from './json-fields.ts';

/** How jobs, tasks and evaluations stand, in the words of the published clients (`WorkflowStatus`). */
export type KnownStatus =
  'queued' | 'needsupdate' | 'running' | 'successful' | 'failed' | 'timedout' | 'aborted' | 'deleted' | 'skipped';

/**
 * Every word that is known. The published clients are of 2021: later words are those of the product's pages (`system.md`,
 * `data-refresh-notifications.md` in MicrosoftDocs/customer-insights) and of segments (`SegmentationPublishStats`). What is retried by itself
 * has not ended.
 */
const words: Readonly<Record<KnownStatus, readonly string[]>> = {
  queued: ['notstarted'],
  needsupdate: [],
  running: ['failedretrying', 'refreshing', 'processing'],
  successful: ['completed', 'completedwithwarnings', 'partiallysuccessful', 'completedsuccess', 'success', 'succeeded'],
  failed: ['failedpermanent', 'failure', 'completedfailure'],
  timedout: [],
  aborted: ['cancelled', 'canceled', 'interrupted'],
  deleted: [],
  skipped: [],
};

const known: ReadonlyMap<string, KnownStatus> = new Map(
  (Object.entries(words) as [KnownStatus, readonly string[]][]).flatMap(([status, synonyms]) =>
    [status, ...synonyms].map((word) => [word, status] as const),
  ),
);

/** What a word means, however it is written; `undefined`: a word that nobody knows. */
export function knownStatus(word: string): KnownStatus | undefined {
  return known.get(bareWord(word));
}

/** Whether a word is one of the published clients' own, not a synonym. */
export function isReportedStatus(word: string): boolean {
  return Object.hasOwn(words, bareWord(word));
}

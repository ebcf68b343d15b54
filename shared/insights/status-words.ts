import { bareWord } from './json-fields.ts';

/**
 * The canonical statuses of jobs, tasks and evaluations: those of `WorkflowStatus` in Microsoft's
 * public client libraries, in lower case.
 */
export type KnownStatus =
  'queued' | 'needsupdate' | 'running' | 'successful' | 'failed' | 'timedout' | 'aborted' | 'deleted' | 'skipped';

/**
 * The known synonyms of each status. The public client libraries date from 2021. Later words come
 * from the product's documentation (`system.md`, `data-refresh-notifications.md` in
 * MicrosoftDocs/customer-insights) and from segments (`SegmentationPublishStats`). A failure that
 * Customer Insights retries by itself counts as running.
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

/**
 * The canonical status that a word means. Case, spaces and punctuation do not matter. `undefined`
 * when the word is unknown or missing.
 */
export function knownStatus(word: string | undefined): KnownStatus | undefined {
  return word === undefined ? undefined : known.get(bareWord(word));
}

/** Whether a word is itself a canonical status, not a synonym of one or an unknown word. */
export function isCanonicalStatus(word: string | undefined): boolean {
  return word !== undefined && Object.hasOwn(words, bareWord(word));
}

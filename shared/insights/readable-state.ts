import { knownStatus, type KnownStatus } from './status-words.ts';

const states: Readonly<Record<KnownStatus, string>> = {
  queued: 'Queued',
  needsupdate: 'Needs a run',
  running: 'Running',
  successful: 'Successful',
  failed: 'Failed',
  timedout: 'Timed out',
  aborted: 'Canceled',
  deleted: 'Deleted',
  skipped: 'Skipped',
};

/**
 * Texts for words of data sources (`refreshState`), segments and measures. Either no job status
 * (`KnownStatus`) corresponds to the word, or the word says more than its job status does.
 */
const ownWords: ReadonlyMap<string, string> = new Map([
  ['updated', 'Refreshed'],
  ['updating', 'Refreshing'],
  ['updatefailed', 'Refresh failed'],
  ['updatecancelled', 'Refresh canceled'],
  ['notupdated', 'Not refreshed yet'],
  ['none', 'Not run yet'],
  ['notstarted', 'Not started'],
  ['notqualified', 'Not qualified'],
  ['completedwithwarnings', 'Completed with warnings'],
  ['partiallysuccessful', 'Partially successful'],
  ['failedretrying', 'Failed, is tried again'],
  ['unknown', 'Unknown'],
]);

/**
 * Formats a status word for people, such as `Timed out` for `timedout`. An unknown word only gets a
 * capital letter.
 */
export function readableState(word: string): string {
  const known = knownStatus(word);
  return ownWords.get(word) ?? (known ? states[known] : word.slice(0, 1).toUpperCase() + word.slice(1));
}

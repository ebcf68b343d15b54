import type { Log } from '../log.ts';
import { shortHash } from '../triggers/subject.ts';
import type { Source } from '../triggers/trigger-record.ts';
import { unreachable } from '../unreachable.ts';

/**
 * An implausible or unknown value in a response from Customer Insights. It is logged when it first
 * appears, and not again while Customer Insights keeps returning it.
 */
export interface Anomaly {
  readonly source: Source;
  readonly event: AnomalyEvent;
  readonly fields: Readonly<Record<string, string>>;
  /** A hash that identifies the anomaly. The same anomaly has the same key in every poll. */
  readonly key: string;
}

/** The names of the log events. */
export type AnomalyEvent = 'insights.instant-in-future' | 'insights.status-unknown' | 'insights.job-never-ended';

/**
 * For each list, the keys of the anomalies that have been logged and that may still be in the list.
 */
export type LoggedAnomalies = Partial<Readonly<Record<Source, readonly string[]>>>;

/** Maximum number of keys that are remembered per list. Anomalies beyond it may be logged again. */
const MAX_LOGGED_KEYS = 200;

export function anomaly(source: Source, event: AnomalyEvent, fields: Anomaly['fields']): Anomaly {
  const key = shortHash(event, ...Object.values(fields)).slice(0, 12);
  return { source, event, fields, key };
}

export function logAnomaly(log: Log, instanceId: string, { source, event, fields }: Anomaly): void {
  const logged = { instanceId, source, ...fields };
  switch (event) {
    case 'insights.instant-in-future': {
      log.warn('insights.instant-in-future', logged);
      return;
    }
    case 'insights.status-unknown': {
      log.warn('insights.status-unknown', logged);
      return;
    }
    case 'insights.job-never-ended': {
      log.warn('insights.job-never-ended', logged);
      return;
    }
    default:
      return unreachable(event);
  }
}

/**
 * Compares the anomalies of a new reading of one list with the keys of those that have been logged
 * (`before`). Returns the anomalies to log, and the keys to remember. `isWhole` means that the
 * reading covers the whole list, so that the keys of anomalies that it does not contain are
 * dropped.
 */
export function recordAnomalies(
  before: readonly string[],
  anomalies: readonly Anomaly[],
  isWhole: boolean,
): { readonly toLog: readonly Anomaly[]; readonly keys: readonly string[] } {
  const found = anomalies.map(({ key }) => key);
  return {
    toLog: anomalies.filter(({ key }) => !before.includes(key)),
    keys: [...new Set(isWhole ? found : [...found, ...before])].slice(0, MAX_LOGGED_KEYS),
  };
}

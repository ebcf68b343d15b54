import type { Log } from '../log.ts';
import { shortHash } from '../triggers/subject.ts';
import type { Source } from '../triggers/trigger-record.ts';
import { unreachable } from '../unreachable.ts';

/**
 * A value of Customer Insights that is implausible or unknown. Each anomaly is logged once, for as
 * long as Customer Insights reports it.
 */
export interface Anomaly {
  readonly source: Source;
  readonly event: AnomalyEvent;
  readonly fields: Readonly<Record<string, string>>;
  /** Two reports of the same anomaly have the same key. */
  readonly key: string;
}

/** The names of the log events. */
export type AnomalyEvent = 'insights.instant-in-future' | 'insights.status-unknown' | 'insights.job-never-ended';

/**
 * For each list, the keys of the anomalies that its last readings contained. They are already
 * logged.
 */
export type LoggedAnomalies = Partial<Readonly<Record<Source, readonly string[]>>>;

/** More keys than this per list are not remembered, so their anomalies may be logged again. */
const MAX_NOTED = 200;

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
 * Separates the anomalies of one list that are new, and returns the keys to remember. `isWhole`:
 * the reading covers the whole list, so anomalies that it no longer contains are forgotten.
 */
export function recordAnomalies(
  before: readonly string[],
  anomalies: readonly Anomaly[],
  isWhole: boolean,
): { readonly fresh: readonly Anomaly[]; readonly noted: readonly string[] } {
  const keys = anomalies.map(({ key }) => key);
  return {
    fresh: anomalies.filter(({ key }) => !before.includes(key)),
    noted: [...new Set(isWhole ? keys : [...keys, ...before])].slice(0, MAX_NOTED),
  };
}

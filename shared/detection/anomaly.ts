import type { Log } from '../log.ts';
import { shortHash } from '../triggers/subject.ts';
import type { Source } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';

/** Something that Customer Insights says and that is not believed, or not understood. It is logged once, for as long as it is said. */
export interface Anomaly {
  readonly source: Source;
  readonly event: AnomalyEvent;
  readonly fields: Readonly<Record<string, string>>;
  /** The same oddity has the same key. */
  readonly key: string;
}

/** The names of the log's lines. */
export type AnomalyEvent = 'insights.instant-in-future' | 'insights.status-unknown' | 'insights.job-never-ended';

/** The keys of what each list was odd about when it was last read. */
export type Noted = Partial<Readonly<Record<Source, readonly string[]>>>;

/** More at once than this are not remembered, and may be logged again. */
const MAX_NOTED = 200;

export function anomaly(source: Source, event: AnomalyEvent, fields: Anomaly['fields']): Anomaly {
  const key = shortHash(event, ...Object.values(fields)).slice(0, 12);
  return { source, event, fields, key };
}

/** One line of the log. */
export function logAnomaly(log: Log, instanceId: string, { source, event, fields }: Anomaly): void {
  const told = { instanceId, source, ...fields };
  switch (event) {
    case 'insights.instant-in-future': {
      log.warn('insights.instant-in-future', told);
      return;
    }
    case 'insights.status-unknown': {
      log.warn('insights.status-unknown', told);
      return;
    }
    case 'insights.job-never-ended': {
      log.warn('insights.job-never-ended', told);
      return;
    }
    default:
      return unreachable(event);
  }
}

/** What is new among the oddities of one list, and what to remember of them. `isWhole`: the list gave an answer, what it does not say any more is forgotten. */
export function recordAnomalies(
  before: readonly string[],
  oddities: readonly Anomaly[],
  isWhole: boolean,
): { readonly fresh: readonly Anomaly[]; readonly noted: readonly string[] } {
  const keys = oddities.map(({ key }) => key);
  return {
    fresh: oddities.filter(({ key }) => !before.includes(key)),
    noted: [...new Set(isWhole ? keys : [...keys, ...before])].slice(0, MAX_NOTED),
  };
}

import type { CustomerInsights } from './customer-insights.ts';
import { readableState } from './readable-state.ts';

export const reportTypes = ['dataSources', 'segments', 'measures', 'system'] as const;
export type ReportType = (typeof reportTypes)[number];

/**
 * The latest state of one object: a data source, a segment, a measure, or (in the report `system`)
 * a node, which is a step of the refresh pipeline. Unknown values are absent.
 */
export interface StatusRow {
  readonly id: string;
  readonly name: string;
  /**
   * The status word of Customer Insights in lower case, such as `updated` or `completedsuccess`.
   * New words may appear. `unknown` when there is none.
   */
  readonly status: string;
  /** The status as a person reads it, such as `Refreshed` or `Timed out`. */
  readonly state: string;
  /** The time of the last refresh, evaluation or run. ISO 8601 in UTC. */
  readonly at?: string;
  /** The members of a segment, or the value of a measure. */
  readonly value?: number;
  readonly error?: string;
}

type Sources = Pick<CustomerInsights, 'dataSources' | 'segments' | 'measures' | 'nodes'>;

/**
 * Reads the state of all objects of one type, in the order of the service. Rejects with
 * `CustomerInsightsError`.
 */
export async function statusRows(insights: Sources, instanceId: string, type: ReportType): Promise<StatusRow[]> {
  return (await readings[type](insights, instanceId)).map(withoutAbsent);
}

/** A row before absent values are left out and `state` is added. */
type Reading = { [P in keyof Omit<StatusRow, 'state'>]: StatusRow[P] | undefined };

const readings: Readonly<Record<ReportType, (insights: Sources, instanceId: string) => Promise<Reading[]>>> = {
  dataSources: async (insights, instanceId) =>
    (await insights.dataSources(instanceId)).map((source) => ({
      id: source.dataSourceId,
      name: source.displayName,
      status: source.active ? source.refreshState : 'inactive',
      at: source.lastRefreshAt,
    })),
  segments: async (insights, instanceId) =>
    (await insights.segments(instanceId)).map(({ name, displayName, state, latest }) => ({
      id: name,
      name: displayName,
      status: state === 'inactive' ? state : latest?.status,
      at: latest?.evaluatedAt,
      value: latest?.memberCount,
      error: latest?.error,
    })),
  measures: async (insights, instanceId) =>
    (await insights.measures(instanceId)).map(({ name, displayName, latestState, latestError, output }) => ({
      id: name,
      name: displayName,
      status: latestState,
      at: output?.evaluatedAt,
      value: output?.value,
      error: latestError,
    })),
  system: async (insights, instanceId) =>
    (await insights.nodes(instanceId)).map(({ operationType, identifier, friendlyName, status, endedAt }) => ({
      id: identifier === undefined ? operationType : `${operationType}/${identifier}`,
      name: friendlyName === undefined ? operationType : `${operationType}: ${friendlyName}`,
      status,
      at: endedAt,
    })),
};

function withoutAbsent({ id = '', name = '', status, at, value, error }: Reading): StatusRow {
  const word = status ?? 'unknown';
  return {
    id,
    name,
    status: word,
    state: readableState(word),
    ...(at !== undefined && { at }),
    ...(value !== undefined && { value }),
    ...(error !== undefined && { error }),
  };
}

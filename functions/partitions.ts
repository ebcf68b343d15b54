import type { RowRange } from '../shared/insights/entity-data.ts';
import { refusal, type Refusal } from '../shared/problem.ts';
import { dataRefusal, instanceUrl, registerDataRoute, type DataDeps, type InstanceHandle } from './instance-route.ts';
import { readPageSize, readParameter, WHOLE_NUMBER, parseWholeNumber } from './query.ts';
import type { Registrar } from './registrar.ts';

const DEFAULT_ROWS = 1_000;
/** Keeps a response within a few megabytes. */
const MAX_ROWS = 5_000;

/**
 * Registers bulk reads of an entity (a table of customer data): the list of its partitions, and the
 * rows of one partition. A partition is a part of the entity's data, written by the last refresh.
 */
export function registerPartitions(app: Registrar, deps: DataDeps): void {
  const partitions = 'entities/{entity}/partitions';
  const partition = `${partitions}/{partitionId}`;
  registerDataRoute(app, deps, { name: 'ListPartitions', method: 'GET', route: partitions, handle: list(deps) });
  registerDataRoute(app, deps, {
    name: 'GetPartitionData',
    method: 'GET',
    route: partition,
    query: ['top', 'skip'],
    handle: rows(deps),
  });
}

function list({ data }: DataDeps): InstanceHandle {
  return async ({ instanceId, param }) => {
    const listed = await data.partitions(instanceId, param('entity'));
    if (listed.kind !== 'partitions') return dataRefusal(listed);
    return { jsonBody: { value: listed.partitions.map(({ partitionId }) => ({ id: partitionId })) } };
  };
}

function rows({ data, config }: DataDeps): InstanceHandle {
  return async ({ request, instanceId, param }) => {
    const range = readRange(request.query);
    if (range.kind === 'refused') return range;
    const read = await data.partitionRows(instanceId, param('entity'), param('partitionId'), range);
    if (read.kind === 'unreadable') return refusal('partition-unreadable', read.reason);
    if (read.kind !== 'rows') return dataRefusal(read);
    const parts = [instanceId, 'entities', param('entity'), 'partitions', param('partitionId')];
    const skip = range.skip + read.rows.length;
    const nextLink = `${instanceUrl(config.publicBaseUrl, ...parts)}?top=${range.top}&skip=${skip}`;
    return { jsonBody: { value: read.rows, ...(read.hasMore && { nextLink }) } };
  };
}

function readRange(query: URLSearchParams): ({ kind: 'range' } & RowRange) | Refusal {
  const top = readPageSize(query, 'top', { most: MAX_ROWS, otherwise: DEFAULT_ROWS });
  if (top.kind === 'refused') return top;
  const skip = readParameter(query, 'skip', WHOLE_NUMBER, parseWholeNumber);
  if (skip.kind === 'refused') return skip;
  return { kind: 'range', top: top.value, skip: skip.value ?? 0 };
}

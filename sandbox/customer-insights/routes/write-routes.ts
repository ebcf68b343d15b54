import { errorResponse, shaped } from '../http/response.ts';
import type { SandboxResponse } from '../http/response.ts';
import type { ApiRequest, Route } from '../http/router.ts';
import { keyColumnOf } from '../state/entity-table.ts';
import type { Cell, EntityTable, RealTimeChange, Row } from '../state/entity-table.ts';
import type { Instance } from '../state/instance.ts';
import type { SandboxModel } from '../model.ts';
import { onTable } from './data-routes.ts';
import { instanceRoutes } from './on-instance.ts';

const hourMs = 3_600_000;
/**
 * How long a change is valid without `validUntil`
 * (learn.microsoft.com/dynamics365/customer-insights/data/real-time-data-ingestion).
 */
const profileHoldsMs = 4 * hourMs;
const activityHoldsMs = 30 * 24 * hourMs;
/** The latest `validUntil` that the sandbox allows. The page names no maximum. */
const longestHoldMs = 30 * 24 * hourMs;

/**
 * Routes of the real-time API. Activities can be created and profiles can be changed. Nothing else
 * is allowed.
 */
export function writeRoutes(model: SandboxModel): Route[] {
  const route = instanceRoutes(model);
  return [
    route('POST', '/data/{entityName}', (instance, request) =>
      onTable(model, instance, request, (table) => create(model, instance, table, request)),
    ),
    route('PATCH', '/data/{entityName}/{entityId}', (instance, request) =>
      onTable(model, instance, request, (table) => update(model, instance, table, request)),
    ),
  ];
}

/**
 * A unified activity exists immediately (201). A row of a source table must be mapped first (202).
 */
function create(model: SandboxModel, instance: Instance, table: EntityTable, request: ApiRequest): SandboxResponse {
  const { metadata } = table;
  const unified = metadata.name === 'UnifiedActivity';
  if (!unified && metadata.entityType !== 'activity') {
    return refused(request, 400, `Rows of '${metadata.name}' cannot be created.`);
  }
  const change = readChange(model, table, request, activityHoldsMs);
  if (change.kind === 'refused') return refused(request, 400, change.message, change.target);
  const key = keyColumnOf(metadata);
  const id = change.values[key];
  if (typeof id !== 'string') return refused(request, 400, `The property '${key}' is missing.`, key);
  if (table.rows.some((row) => row[key] === id)) return refused(request, 409, `There is a row '${id}' already.`);

  const values = Object.fromEntries(metadata.attributes.map(({ name }) => [name, change.values[name] ?? null]));
  const created: RealTimeChange = { entityName: metadata.name, id, values, untilMs: change.untilMs, kind: 'created' };
  instance.realTimeChanges.push(created);
  const status = unified ? 201 : 202;
  const location = `${request.url.pathname}/${encodeURIComponent(id)}`;
  return shaped(status, { location, value: change.values, statusCode: status });
}

function update(model: SandboxModel, instance: Instance, table: EntityTable, request: ApiRequest): SandboxResponse {
  const { metadata } = table;
  if (metadata.name !== 'Customer') return refused(request, 400, `Rows of '${metadata.name}' cannot be changed.`);
  const change = readChange(model, table, request, profileHoldsMs);
  if (change.kind === 'refused') return refused(request, 400, change.message, change.target);
  const key = keyColumnOf(metadata);
  const id = request.param('entityId');
  if (!table.rows.some((row) => row[key] === id)) return refused(request, 404, `There is no customer '${id}'.`);
  if (key in change.values && change.values[key] !== id) return refused(request, 400, `'${key}' never changes.`, key);
  const { values, untilMs } = change;
  instance.realTimeChanges.push({ entityName: metadata.name, id, values, untilMs, kind: 'updated' });
  return { status: 204 };
}

type ReadChange =
  | { readonly kind: 'read'; readonly values: Row; readonly untilMs: number }
  | { readonly kind: 'refused'; readonly message: string; readonly target: string };

function readChange(model: SandboxModel, { metadata }: EntityTable, request: ApiRequest, holdsMs: number): ReadChange {
  const { body, query } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { kind: 'refused', message: 'The body is not a JSON object.', target: 'body' };
  }
  const values: Record<string, Cell> = {};
  for (const [name, value] of Object.entries(body) as [string, unknown][]) {
    const attribute = metadata.attributes.find((candidate) => candidate.name === name);
    if (attribute === undefined || !fits(value, attribute.dataType)) {
      return {
        kind: 'refused',
        message: `'${name}' is not a property of '${metadata.name}' or not of its type.`,
        target: name,
      };
    }
    values[name] = value;
  }
  const nowMs = model.clock.now();
  const validUntil = query.get('validUntil');
  const untilMs = validUntil === null ? nowMs + holdsMs : Date.parse(validUntil);
  if (!(untilMs > nowMs && untilMs <= nowMs + longestHoldMs)) {
    return {
      kind: 'refused',
      message: 'validUntil must be a timestamp within the next 30 days.',
      target: 'validUntil',
    };
  }
  return { kind: 'read', values, untilMs };
}

function fits(value: unknown, dataType: string): value is Cell {
  if (value === null) return true;
  if (dataType === 'Edm.Boolean') return typeof value === 'boolean';
  if (dataType === 'Edm.Int64') return Number.isInteger(value);
  if (dataType === 'Edm.Double') return typeof value === 'number';
  if (dataType === 'Edm.String') return typeof value === 'string';
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function refused({ url }: ApiRequest, status: number, message: string, target?: string): SandboxResponse {
  const errorCode = { 404: 'resourceMetadataNotFoundError', 409: 'conflict' }[status] ?? 'badRequest';
  return errorResponse(url.pathname, { status, errorCode, message, ...(target !== undefined && { target }) });
}

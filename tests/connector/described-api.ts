import { readFileSync } from 'node:fs';
import addFormats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type {
  OpenApiDocument,
  OpenApiOperation,
  OpenApiPathItem,
  OpenApiResponse,
} from '../../connector/openapi/open-api-document.ts';

/** The committed description of the HTTP API. */
export const described = JSON.parse(readFileSync('connector/openapi.json', 'utf8')) as OpenApiDocument;

const ajv = new Ajv2020({ allErrors: true, strict: false });
const { default: add } = addFormats as unknown as { default?: (target: Ajv2020) => void };
(add ?? (addFormats as unknown as (target: Ajv2020) => void))(ajv);

export interface DescribedOperation {
  readonly method: string;
  /** With `{parameters}`, as the document has it. */
  readonly path: string;
  readonly operation: OpenApiOperation;
}

function operationsIn(paths: Readonly<Record<string, OpenApiPathItem>>): DescribedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

export const describedOperations = operationsIn(described.paths);
export const describedWebhooks = operationsIn(described.webhooks);

/** The operation that a request is for; a path without parameters comes before one with them. */
export function operationFor(method: string, path: string): DescribedOperation | undefined {
  const candidates = describedOperations.filter(
    (one) => one.method === method && new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  const parameters = (one: DescribedOperation): number => one.path.split('{').length;
  return candidates.sort((one, other) => parameters(one) - parameters(other))[0];
}

/** The response that an operation describes for a status, itself and not a reference. */
export function responseOf({ responses }: OpenApiOperation, status: number | string): OpenApiResponse | undefined {
  const found = responses[String(status)];
  if (found === undefined || !('$ref' in found)) return found;
  const { $ref, ...own } = found;
  const shared = described.components.responses[$ref.replace('#/components/responses/', '')];
  return shared && { ...shared, ...own };
}

const compiled = new WeakMap<object, ValidateFunction>();

/**
 * Why a value does not fit a schema of the document, or has something that it does not describe;
 * `undefined` when it fits.
 */
export function unfit(schema: object, value: unknown): string | undefined {
  const validate =
    compiled.get(schema) ?? ajv.compile(closed({ components: described.components, ...schema }) as object);
  compiled.set(schema, validate);
  return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'value' });
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  const isObject = inner['type'] === 'object' && inner['properties'] !== undefined;
  return isObject ? { ...inner, unevaluatedProperties: false } : inner;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed where it is JSON; `undefined` for none. */
  readonly body: unknown;
}

/** What of a real answer is not as the operation describes; `undefined` when all is. */
export function undescribed({ operation }: DescribedOperation, answer: Answer): string | undefined {
  const response = responseOf(operation, answer.status);
  if (response === undefined) return `there is no answer ${answer.status}`;
  const missing = Object.keys(response.headers ?? {}).filter(
    (name) => answer.headers[name.toLowerCase()] === undefined,
  );
  // Not every 503 says when.
  if (missing.length > 0 && answer.status < 500) return `it has no header ${missing.join()}`;
  // What the host refuses has no body.
  if (answer.body === undefined && answer.status === 401) return undefined;
  if (response.content === undefined) return answer.body === undefined ? undefined : 'it has a body';
  const type = String(answer.headers['content-type']).split(';')[0] ?? '';
  const content = response.content[type];
  if (content === undefined) return `it is ${type}`;
  return unfit(content.schema, answer.body);
}

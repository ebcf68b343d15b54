import { methods, type Operation, type PathItem } from './swagger-document.ts';

/**
 * Adds the version of each operation (`x-ms-api-annotation`). An operation without an annotation
 * becomes the first version of a family with its own name. Without a family, a later version could
 * not be linked to the operation.
 */
export function annotated(paths: Readonly<Record<string, PathItem>>): Record<string, PathItem> {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      { ...item, ...Object.fromEntries(methods.flatMap((method) => versioned(method, item[method]))) },
    ]),
  );
}

function versioned(method: string, operation: Operation | undefined): [string, Operation][] {
  if (operation === undefined) return [];
  const { operationId, 'x-ms-api-annotation': own } = operation;
  const first = { family: operationId, revision: 1, status: 'Production' } as const;
  return [[method, { ...operation, 'x-ms-api-annotation': own ?? first }]];
}

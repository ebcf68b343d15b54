import { methods, type Method, type Operation, type PathItem, type SwaggerDocument } from './swagger-document.ts';

/** An operation with its path and method. */
export interface LocatedOperation {
  readonly path: string;
  readonly method: Method;
  readonly operation: Operation;
  readonly item: PathItem;
}

/** All operations, in the order of the document. */
export function operationsOf(definition: Pick<SwaggerDocument, 'paths'>): LocatedOperation[] {
  return Object.entries(definition.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, method, operation, item }];
    }),
  );
}

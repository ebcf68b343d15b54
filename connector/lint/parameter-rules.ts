import {
  operationLocations,
  operationsWhere,
  parameterLocations,
  parametersOf,
  locationsWhere,
  repeated,
} from './locations.ts';
import type { Rule } from './rule.ts';

/** Rules for paths and parameters. */
export const parameterRules: readonly Rule[] = [
  {
    id: 'OperationPathMayNotContainQueryOrFragment',
    says: 'A path has no query and no fragment.',
    find: ({ definition }) => Object.keys(definition.paths).filter((path) => /[?#]/.test(path)),
  },
  {
    id: 'PathRedefined',
    says: 'No two paths differ in their case alone.',
    find: ({ definition }) => repeated(Object.keys(definition.paths).map((path) => path.toLowerCase())),
  },
  {
    id: 'DuplicateOperationPath',
    says: 'No two paths differ in the names of their parameters alone.',
    find: ({ definition }) =>
      repeated(Object.keys(definition.paths).map((path) => path.replaceAll(/\{[^}]*\}/g, '{}'))),
  },
  {
    id: 'PartialDuplicateOperationPath',
    says: 'No path with a parameter fits the path of another operation of the same method.',
    find: (connector) => {
      const all = operationLocations(connector);
      return all.flatMap(({ method, path, operation: { operationId } }) =>
        all
          .filter((other) => other.method === method && other.path !== path && coversPath(path, other.path))
          .filter((other) => !leadsToTheSame(operationId, other.operation.operationId))
          .map((other) => `${operationId} ${path} fits ${other.path}`),
      );
    },
  },
  {
    id: 'PathParameterNotDefinedInTemplate',
    says: 'A path parameter stands in the path.',
    find: (connector) =>
      locationsWhere(
        parameterLocations(connector),
        ({ parameter, operation }) => parameter.in === 'path' && !operation.path.includes(`{${parameter.name}}`),
      ),
  },
  {
    id: 'PathTemplateNotDefined',
    says: 'What stands in braces in a path is a parameter.',
    find: (connector) =>
      operationsWhere(connector, (operation) => {
        const known = parametersOf(operation).flatMap((parameter) => (parameter.in === 'path' ? parameter.name : []));
        return namesIn(operation.path).some((name) => !known.includes(name));
      }),
  },
  {
    id: 'PathParameterMissingEncoding',
    says: 'A path parameter says how it is encoded.',
    find: (connector) =>
      locationsWhere(
        parameterLocations(connector),
        ({ parameter }) => parameter.in === 'path' && parameter['x-ms-url-encoding'] === undefined,
      ),
  },
  {
    id: 'PathParameterMustBeRequired',
    says: 'A path parameter is required.',
    find: (connector) =>
      locationsWhere(parameterLocations(connector), ({ parameter }) => parameter.in === 'path' && !parameter.required),
  },
  {
    id: 'ParameterNotUnique',
    says: 'An operation has each parameter once.',
    find: (connector) =>
      operationLocations(connector).flatMap((operation) =>
        repeated(
          parametersOf(operation).map(({ in: where, name }) => `${operation.operation.operationId} ${where} ${name}`),
        ),
      ),
  },
  {
    id: 'BodyNotAllowedInGet',
    says: 'A GET has no body.',
    find: (connector) =>
      operationsWhere(
        connector,
        (operation) => operation.method === 'get' && parametersOf(operation).some(({ in: where }) => where === 'body'),
      ),
  },
  {
    id: 'ConnectionIdParameterNotAllowed',
    says: 'No parameter is called connectionId: the gateway has one of its own.',
    find: (connector) =>
      locationsWhere(parameterLocations(connector), ({ parameter }) => parameter.name.toLowerCase() === 'connectionid'),
  },
];

function namesIn(path: string): string[] {
  return [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
}

/**
 * Whether parameter values can make `template` equal to `path`, because `path` has a static part
 * where `template` has a parameter.
 */
function coversPath(template: string, path: string): boolean {
  const [wide, narrow] = [template, path].map((each) => each.toLowerCase().split('/')) as [string[], string[]];
  const isParameter = (part: string | undefined): boolean => part?.startsWith('{') === true;
  return (
    wide.length === narrow.length &&
    wide.every((part, at) => isParameter(part) || isParameter(narrow[at]) || part === narrow[at]) &&
    wide.some((part, at) => isParameter(part) && !isParameter(narrow[at]))
  );
}

/**
 * Paths that existing flows use. With a trigger's name, the path of *Delete a subscription* equals
 * the path with which the platform unsubscribes. The validator warns about this correctly, but both
 * operations do the same.
 */
function leadsToTheSame(operationId: string, otherId: string): boolean {
  return operationId === 'DeleteSubscription' && otherId.endsWith('Unsubscribe');
}

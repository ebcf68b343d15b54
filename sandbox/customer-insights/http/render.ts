import type { Behaviour } from '../model.ts';

/** Properties whose values are enums in the documented shapes. */
const enumNames = new Set([
  'bucket',
  'code',
  'entityType',
  'exceptionCulprit',
  'instanceType',
  'jobStatus',
  'jobSubmissionKind',
  'jobType',
  'kind',
  'operation',
  'operationType',
  'provisioningState',
  'refreshState',
  'resultSeverity',
  'state',
  'subType',
  'taskStatus',
  'type',
]);

/** Properties whose value contains data and not property names of the API. */
const dataNames = new Set(['params', 'value', 'values']);

/** Converts a documented shape to the current behaviour. */
export function render(shape: unknown, behaviour: Behaviour): unknown {
  if (Array.isArray(shape)) return shape.map((element: unknown) => render(element, behaviour));
  if (typeof shape !== 'object' || shape === null) return shape;
  return Object.fromEntries(
    Object.entries(shape)
      .filter(([, value]) => value !== null || behaviour.nulls)
      .map(([name, value]: [string, unknown]) => [
        behaviour.pascalCaseNames ? pascalCase(name) : name,
        dataNames.has(name) ? value : renderValue(name, value, behaviour),
      ]),
  );
}

function renderValue(name: string, value: unknown, behaviour: Behaviour): unknown {
  const isEnum = typeof value === 'string' && enumNames.has(name);
  return isEnum && behaviour.pascalCaseValues ? pascalCase(value) : render(value, behaviour);
}

function pascalCase(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

import { operationsOf } from './document/operations.ts';
import type { Operation, SwaggerDocument } from './document/swagger-document.ts';

/**
 * The contract that existing flows rely on: the required inputs of each operation id, such as
 * `path/id` or `body/threshold`.
 */
export type Stability = Readonly<Record<string, readonly string[]>>;

export function stabilityOf(definition: SwaggerDocument): Stability {
  const entries = operationsOf(definition).map(({ operation }) => [operation.operationId, requiredInputs(operation)]);
  return Object.fromEntries(entries.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1))) as Stability;
}

/** Adds new operations to the recorded contract. Recorded operations stay unchanged. */
export function recordedWith(recorded: Stability, current: Stability): Stability {
  const all = { ...current, ...recorded };
  return Object.fromEntries(
    Object.keys(all)
      .sort()
      .map((operationId) => [operationId, all[operationId] ?? []]),
  );
}

/**
 * Finds changes that would break existing flows, one sentence each: an operation that was removed
 * or renamed, an input that has become required, or an input with another name or location.
 */
export function breaksIn(recorded: Stability, current: Stability): string[] {
  return Object.entries(recorded).flatMap(([operationId, before]) => {
    const now = current[operationId];
    if (now === undefined) return [`The operation ${operationId} is gone.`];
    return [
      ...now
        .filter((input) => !before.includes(input))
        .map((input) => `${operationId} requires ${input}, which it did not.`),
      ...before
        .filter((input) => !now.includes(input))
        .map((input) => `${operationId} no longer requires ${input}, which flows give it.`),
    ];
  });
}

function requiredInputs({ parameters = [] }: Operation): string[] {
  return parameters
    .flatMap((parameter) => {
      if (parameter.in !== 'body') return parameter.required ? [`${parameter.in}/${parameter.name}`] : [];
      // The properties of an item come from the entity, so only the presence of a body is checked.
      const { required } = parameter.schema;
      return required === undefined ? ['body'] : required.map((name) => `body/${name}`);
    })
    .sort();
}

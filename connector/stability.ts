import { operationsOf } from './document/operations.ts';
import type { Operation, SwaggerDocument } from './document/swagger-document.ts';

/** What flows in the field rely on: for each operation id the inputs that must be given, as `path/id`, `body/threshold`. */
export type Stability = Readonly<Record<string, readonly string[]>>;

export function stabilityOf(definition: SwaggerDocument): Stability {
  const entries = operationsOf(definition).map(({ operation }) => [operation.operationId, requiredInputs(operation)]);
  return Object.fromEntries(entries.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1))) as Stability;
}

/** What is recorded stays as it is; an operation that is new is added. */
export function recordedWith(recorded: Stability, current: Stability): Stability {
  const all = { ...current, ...recorded };
  return Object.fromEntries(
    Object.keys(all)
      .sort()
      .map((operationId) => [operationId, all[operationId] ?? []]),
  );
}

/**
 * What would break flows that are in use, a sentence each: an operation that is gone or renamed, an input that has to be given
 * where it had not, or whose name or place has changed.
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
      // An item has its properties from elsewhere: what counts is that there is a body.
      const { required } = parameter.schema;
      return required === undefined ? ['body'] : required.map((name) => `body/${name}`);
    })
    .sort();
}

import type { DropDown, Schema } from './swagger-document.ts';

/** For each parameter of the operation that is asked: where its value comes from, such as `instanceId` or `body/instanceId`. */
export type References = Readonly<Record<string, string>>;

/** The operation that fills a drop-down, and what it needs to know. */
export interface ChoicesSource {
  readonly operationId: string;
  readonly references?: References;
  /** The property of a choice that is shown. */
  readonly titlePath?: string;
}

/** The choices of a drop-down for either designer. Every list operation answers `{value: [{id, title}]}`, but where `titlePath` says otherwise. */
export function dropDown({ operationId, references, titlePath = 'title' }: ChoicesSource): DropDown {
  return {
    'x-ms-dynamic-values': {
      operationId,
      ...(references && { parameters: byName(references) }),
      'value-collection': 'value',
      'value-path': 'id',
      'value-title': titlePath,
    },
    'x-ms-dynamic-list': {
      operationId,
      ...(references && { parameters: byReference(references) }),
      itemsPath: 'value',
      itemValuePath: 'id',
      itemTitlePath: titlePath,
    },
  };
}

/** A schema that the designer asks an operation for, at `schema` of its answer; for either designer. */
export function dynamicSchema(operationId: string, references: References): Schema {
  return {
    'x-ms-dynamic-schema': { operationId, parameters: byName(references), 'value-path': 'schema' },
    'x-ms-dynamic-properties': { operationId, parameters: byReference(references), itemValuePath: 'schema' },
  };
}

/** The old form knows no path: a property of the body goes by its name alone. */
function byName(references: References): Record<string, { parameter: string }> {
  return Object.fromEntries(
    Object.entries(references).map(([name, reference]) => [
      name,
      { parameter: reference.slice(reference.lastIndexOf('/') + 1) },
    ]),
  );
}

function byReference(references: References): Record<string, { parameterReference: string }> {
  return Object.fromEntries(
    Object.entries(references).map(([name, parameterReference]) => [name, { parameterReference }]),
  );
}

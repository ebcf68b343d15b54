import type { DropDown, Schema } from './swagger-document.ts';

/**
 * For each parameter of the list operation: the source of its value, such as `instanceId` or
 * `body/instanceId`.
 */
export type References = Readonly<Record<string, string>>;

/** The operation that fills a drop-down, and its parameters. */
export interface ChoicesSource {
  readonly operationId: string;
  readonly references?: References;
  /** The property of a choice that the designer shows. */
  readonly titlePath?: string;
}

/**
 * A drop-down in the form of both designers. List operations answer `{value: [{id, title}]}` unless
 * `titlePath` names another property.
 */
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

/**
 * A dynamic schema in the form of both designers. The operation answers it in the property
 * `schema`.
 */
export function dynamicSchema(operationId: string, references: References): Schema {
  return {
    'x-ms-dynamic-schema': { operationId, parameters: byName(references), 'value-path': 'schema' },
    'x-ms-dynamic-properties': { operationId, parameters: byReference(references), itemValuePath: 'schema' },
  };
}

/** The old form does not support paths, so it refers to a property of the body by its name only. */
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

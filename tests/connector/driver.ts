import { expect } from '@jest/globals';
import type { Schema } from '../../connector/document/swagger-document.ts';
import { mismatch, withNulls } from './declared.ts';
import type { Answered, Inputs, Platform } from './platform.ts';

/** Runs operations and holds their answers against the definition. */
export interface Driver {
  /** Runs an operation and expects an answer as declared. */
  run(operationId: string, inputs: Inputs, callbackUrl?: string): Promise<Answered>;
  /** Expects an answer that came otherwise to be as the operation declares. */
  expectDeclared(operationId: string, inputs: Inputs, answer: Answered): Promise<void>;
  /** The instance Contoso and the entity that a maker picks from the drop-downs of an operation. */
  pick(operationId: string, entity?: string): Promise<Inputs>;
  /** The operations that have answered the success they declare. */
  readonly succeeded: ReadonlySet<string>;
}

export function driverOf(platform: Platform): Driver {
  const succeeded = new Set<string>();

  async function expectDeclared(operationId: string, inputs: Inputs, answer: Answered): Promise<void> {
    const response = platform.operation(operationId).operation.responses[String(answer.status)];
    if (response === undefined) throw new Error(`${operationId} does not declare ${JSON.stringify(answer)}`);
    if (answer.status >= 400) {
      expect(answer.contentType).toBe('application/problem+json');
      const { status } = answer;
      expect(answer.body).toMatchObject({ status, code: expect.any(String), detail: expect.any(String) });
      return;
    }
    succeeded.add(operationId);
    if (response.schema === undefined) return;
    const schema = await asDesigned(response.schema, inputs);
    expect({ operationId, mismatch: mismatch(schema, answer.body) }).toEqual({ operationId, mismatch: undefined });
  }

  /** The schema with what the designer asks for in its place. */
  async function asDesigned(schema: Schema, inputs: Inputs): Promise<Schema> {
    if (schema['x-ms-dynamic-schema']) return withNulls(await platform.dynamicSchema(schema, inputs));
    const properties: Record<string, Schema> = {};
    for (const [name, each] of Object.entries(schema.properties ?? {}))
      properties[name] = await asDesigned(each, inputs);
    return {
      ...schema,
      ...(schema.properties && { properties }),
      ...(schema.items && { items: await asDesigned(schema.items, inputs) }),
    };
  }

  return {
    succeeded,
    expectDeclared,
    async run(operationId, inputs, callbackUrl) {
      const answer = await platform.run(operationId, inputs, callbackUrl);
      await expectDeclared(operationId, inputs, answer);
      return answer;
    },
    async pick(operationId, entity) {
      const instanceId = await platform.choose(operationId, 'instanceId', 'Contoso');
      if (entity === undefined) return { instanceId };
      return { instanceId, entity: await platform.choose(operationId, 'entity', entity, { instanceId }) };
    },
  };
}

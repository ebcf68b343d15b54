import { Type } from '@sinclair/typebox';
import { emptyInstance } from '../seed/seeded-instances.ts';
import type { InstanceMetadata } from '../state/documented-shapes.ts';
import { RefusedError } from '../state/refused-error.ts';
import { inputOf, operation } from './operation.ts';

export const instanceOperations = {
  /** Adds an empty instance. */
  addInstance: operation({
    method: 'POST',
    path: '/instances',
    input: inputOf({
      instanceId: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
      name: Type.String({ minLength: 1 }),
      instanceType: Type.Optional(Type.Union([Type.Literal('production'), Type.Literal('sandbox')])),
    }),
    run: (model, input): InstanceMetadata => {
      if (model.instances.some(({ metadata }) => metadata.instanceId === input.instanceId)) {
        throw new RefusedError(409, `There is an instance ${input.instanceId} already.`);
      }
      const added = emptyInstance({ instanceType: 'production', ...input }, new Date(model.clock.now()).toISOString());
      model.instances.push(added);
      return added.metadata;
    },
  }),
};

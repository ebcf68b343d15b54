import { Type } from '@sinclair/typebox';
import { addDataSource, changeDataSource, findDataSource, removeDataSource } from '../state/data-sources.ts';
import type { DataSourceMetadata } from '../state/documented-shapes.ts';
import { findInstance } from '../world.ts';
import { inputOf, operation } from './operation.ts';

const dataSource = { instanceId: Type.String(), dataSourceId: Type.String() };
const displayName = Type.Optional(Type.String());

export const dataSourceOperations = {
  /** A new data source that was never refreshed. */
  addDataSource: operation({
    method: 'POST',
    path: '/instances/{instanceId}/data-sources',
    input: inputOf({
      instanceId: Type.String(),
      dataSourceId: Type.Optional(Type.String()),
      name: Type.String({ minLength: 1 }),
      displayName,
      entityNames: Type.Optional(Type.Array(Type.String())),
    }),
    run: (world, { instanceId, ...description }): DataSourceMetadata =>
      addDataSource(findInstance(world, instanceId), description, world),
  }),

  /** Renames, activates or deactivates a data source; what is not given stays. */
  changeDataSource: operation({
    method: 'PATCH',
    path: '/instances/{instanceId}/data-sources/{dataSourceId}',
    input: inputOf({
      ...dataSource,
      name: Type.Optional(Type.String({ minLength: 1 })),
      displayName,
      active: Type.Optional(Type.Boolean()),
    }),
    run: (world, { instanceId, dataSourceId, ...change }): DataSourceMetadata => {
      const instance = findInstance(world, instanceId);
      const found = findDataSource(instance, dataSourceId);
      changeDataSource(instance, found, change, world);
      return found;
    },
  }),

  removeDataSource: operation({
    method: 'DELETE',
    path: '/instances/{instanceId}/data-sources/{dataSourceId}',
    input: inputOf(dataSource),
    run: (world, input): void => {
      const instance = findInstance(world, input.instanceId);
      removeDataSource(instance, findDataSource(instance, input.dataSourceId));
    },
  }),
};

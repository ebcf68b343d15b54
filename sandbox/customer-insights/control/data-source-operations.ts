import { Type } from '@sinclair/typebox';
import { addDataSource, changeDataSource, findDataSource, removeDataSource } from '../state/data-sources.ts';
import type { DataSourceMetadata } from '../state/documented-shapes.ts';
import { findInstance } from '../model.ts';
import { inputOf, operation } from './operation.ts';

const dataSource = { instanceId: Type.String(), dataSourceId: Type.String() };
const displayName = Type.Optional(Type.String());

export const dataSourceOperations = {
  /** Adds a data source that was never refreshed. */
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
    run: (model, { instanceId, ...description }): DataSourceMetadata =>
      addDataSource(findInstance(model, instanceId), description, model),
  }),

  /** Renames, activates or deactivates a data source. Absent properties stay unchanged. */
  changeDataSource: operation({
    method: 'PATCH',
    path: '/instances/{instanceId}/data-sources/{dataSourceId}',
    input: inputOf({
      ...dataSource,
      name: Type.Optional(Type.String({ minLength: 1 })),
      displayName,
      active: Type.Optional(Type.Boolean()),
    }),
    run: (model, { instanceId, dataSourceId, ...change }): DataSourceMetadata => {
      const instance = findInstance(model, instanceId);
      const found = findDataSource(instance, dataSourceId);
      changeDataSource(instance, found, change, model);
      return found;
    },
  }),

  removeDataSource: operation({
    method: 'DELETE',
    path: '/instances/{instanceId}/data-sources/{dataSourceId}',
    input: inputOf(dataSource),
    run: (model, input): void => {
      const instance = findInstance(model, input.instanceId);
      removeDataSource(instance, findDataSource(instance, input.dataSourceId));
    },
  }),
};

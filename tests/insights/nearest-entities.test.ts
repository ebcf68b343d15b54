import { expect, test } from '@jest/globals';
import { CustomerInsightsError } from '../../shared/insights/customer-insights.ts';
import type { Entity, EntityData } from '../../shared/insights/entity-data.ts';
import { nearestEntities } from '../../shared/insights/nearest-entities.ts';

const entity = (entityId: string, name = entityId): Entity => ({
  entityId,
  name,
  entityType: undefined,
  attributes: [],
  keys: [],
});
const held = [entity('Customer'), entity('UnifiedActivity'), entity('1111_Contacts', 'Contacts')];
const missing = { kind: 'missing', what: 'entity' } as const;

function dataWith(more: Partial<EntityData> = {}): { data: EntityData; asked: string[] } {
  const asked: string[] = [];
  const find = (entityId: string) => {
    asked.push(entityId);
    return held.find((one) => one.entityId === entityId);
  };
  const data = {
    entities: () => Promise.resolve({ kind: 'entities', entities: held }),
    entity: (_: string, id: string) => Promise.resolve(find(id) ? { kind: 'entity', entity: find(id) } : missing),
    items: (_: string, id: string) => Promise.resolve(find(id) ? { kind: 'page', items: [], hasNext: false } : missing),
    ...more,
  } as unknown as EntityData;
  return { data: nearestEntities(data), asked };
}

test('an entity that there is not is answered with those of similar names', async () => {
  const { data } = dataWith();
  expect(await data.items('i', 'customers', {})).toMatchObject({ ...missing, nearest: [{ name: 'Customer' }] });
  expect(await data.entity('i', 'Contact')).toMatchObject({
    nearest: [{ name: '1111_Contacts', displayName: 'Contacts' }],
  });
});

test('blanks around a name are a slip when there is none of that name', async () => {
  const { data, asked } = dataWith();
  expect(await data.items('i', ' Customer ', {})).toMatchObject({ kind: 'page' });
  expect(asked).toEqual([' Customer ', 'Customer', 'Customer'].slice(0, asked.length));
});

test('what is there, and an item or instance that is not, take no further call', async () => {
  const entities = (): never => {
    throw new Error('asked');
  };
  const item = { kind: 'missing', what: 'item' } as const;
  const { data } = dataWith({ entities, updateItem: () => Promise.resolve(item) });
  expect(await data.entity('i', 'Customer')).toMatchObject({ kind: 'entity' });
  expect(await data.updateItem('i', 'Customer', '1', '{}', {})).toEqual(item);
});

test('without the list the refusal is right all the same', async () => {
  const entities = () => Promise.reject(new CustomerInsightsError('throttled', 'GET x', 'status 429'));
  const { data } = dataWith({ entities });
  expect(await data.items('i', 'Nobody', {})).toEqual({ ...missing, nearest: [] });
});

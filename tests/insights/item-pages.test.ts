import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CustomerInsightsError } from '../../shared/insights/customer-insights.ts';
import type { EntityData, ItemOptions, ItemPage } from '../../shared/insights/entity-data.ts';
import { readItems, type ItemQuery } from '../../shared/insights/item-pages.ts';
import type { JsonObject } from '../../shared/insights/json-fields.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { runsOf } from '../helpers/test-size.ts';

interface Service {
  readonly total: number;
  /** Items of a page at most, whatever is asked for. */
  readonly cap: number;
  readonly saysNext: boolean;
}

type ItemsOnly = Pick<EntityData, 'items'> & { readonly calls: ItemOptions[] };

/** A service as the documents leave open that it is. Without `$top` a page has 100 items. */
function serviceOf({ total, cap, saysNext }: Service): ItemsOnly {
  const calls: ItemOptions[] = [];
  return {
    calls,
    items: (_instanceId, _entityId, options): Promise<ItemPage> => {
      calls.push(options);
      const from = Number(options['$skip'] ?? 0);
      const last = Math.min(total, from + Number(options['$top'] ?? total));
      const to = Math.min(last, from + Math.min(cap, options['$top'] === undefined ? 100 : cap));
      const items: JsonObject[] = [];
      for (let id = from; id < to; id += 1) items.push({ id });
      return Promise.resolve({ kind: 'page', items, hasNext: saysNext && to < last });
    },
  };
}

const ask = (data: Pick<EntityData, 'items'>, query: Partial<ItemQuery> = {}, clock = manualClock(0)) =>
  readItems({ data, clock }, 'i', 'Customer', { skip: 0, top: undefined, options: {}, ...query });

/** The ids of every list from the first one on. */
async function idsFrom(data: Pick<EntityData, 'items'>, first: Partial<ItemQuery>): Promise<unknown[][]> {
  const lists: unknown[][] = [];
  let next: Partial<ItemQuery> | undefined = first;
  while (next !== undefined) {
    const list: Awaited<ReturnType<typeof ask>> = await ask(data, next);
    if (list.kind !== 'items') throw new Error(list.kind);
    lists.push(list.items.map(({ id }) => id));
    next = list.next;
  }
  return lists;
}

const idsBetween = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

test('whatever pages the service makes, following them gives each item once and in order', async () => {
  const service = fc.record({
    total: fc.nat(700),
    cap: fc.constantFrom(100, 150, 1000, 100_000),
    saysNext: fc.boolean(),
  });
  const smallPages = fc.record({ total: fc.nat(300), cap: fc.integer({ min: 7, max: 99 }), saysNext: fc.boolean() });
  const top = fc.option(fc.nat(1500), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(fc.oneof(service, smallPages), top, fc.nat(800), async (made, wanted, skip) => {
      const lists = await idsFrom(serviceOf(made), { top: wanted, skip });
      const end = Math.min(made.total, skip + (wanted ?? made.total));
      expect(lists.flat()).toEqual(idsBetween(skip, end));
      expect(lists.slice(1).filter(({ length }) => length === 0).length).toBeLessThanOrEqual(1);
    }),
    { numRuns: runsOf(300) },
  );
});

test('without $top one call is made, and the service chooses its page', async () => {
  const data = serviceOf({ total: 260, cap: 1000, saysNext: false });
  expect(await ask(data, { options: { $filter: 'x' } })).toMatchObject({
    next: { skip: 100, options: { $filter: 'x' } },
  });
  expect(data.calls).toEqual([{ $filter: 'x' }]);
});

describe('after a page that is shorter than asked for', () => {
  test.each([true, false])(
    'it goes on until an empty page, whether the service says that there is more (%s)',
    async (saysNext) => {
      const data = serviceOf({ total: 60, cap: 25, saysNext });
      expect(await ask(data)).toEqual({
        kind: 'items',
        items: idsBetween(0, 60).map((id) => ({ id })),
        next: undefined,
      });
      expect(data.calls).toHaveLength(4);
    },
  );

  test('$top is kept also where the service makes pages of 50 and says nothing', async () => {
    const data = serviceOf({ total: 2_350, cap: 50, saysNext: false });
    const list = await ask(data, { top: 2_350 });
    expect(list).toMatchObject({ next: { skip: 500, top: 1_850 } });
    expect(data.calls).toHaveLength(10);
    expect((await idsFrom(data, { top: 2_350 })).flat()).toEqual(idsBetween(0, 2_350));
  });

  test('a refusal of the call behind it is the end, and behind a full one is for who asks for the rest', async () => {
    const refusing = (made: Service): Pick<EntityData, 'items'> => {
      const data = serviceOf(made);
      return {
        items: (...input) =>
          data.calls.length > 0
            ? Promise.resolve({ kind: 'call-refused', serviceMessage: 'no such page' })
            : data.items(...input),
      };
    };
    expect(await ask(refusing({ total: 3, cap: 100, saysNext: false }))).toMatchObject({ next: undefined });
    const full = { total: 300, cap: 100, saysNext: false };
    expect(await ask(refusing(full), { top: 300 })).toMatchObject({ next: { skip: 100, top: 200 } });
  });

  test('no call is made behind the last item that is wanted', async () => {
    const data = serviceOf({ total: 60, cap: 25, saysNext: false });
    expect(await ask(data, { top: 25 })).toMatchObject({ next: undefined });
    expect(data.calls).toHaveLength(1);
  });
});

describe('one answer is bounded', () => {
  test('to 1,000 items', async () => {
    const data = serviceOf({ total: 5000, cap: 100_000, saysNext: false });
    const list = await ask(data, { top: 3000 });
    expect(list).toMatchObject({ kind: 'items', next: { skip: 1000, top: 2000 } });
    expect(data.calls).toEqual([{ $top: '1000' }]);
  });

  test('to ten calls', async () => {
    const data = serviceOf({ total: 5000, cap: 20, saysNext: true });
    expect(await ask(data, { top: 3000 })).toMatchObject({ next: { skip: 200, top: 2800 } });
    expect(data.calls).toHaveLength(10);
  });

  test('to half a minute, after which no further page is begun', async () => {
    const clock = manualClock(0);
    const slow = serviceOf({ total: 5000, cap: 100, saysNext: true });
    const data: Pick<EntityData, 'items'> = {
      items: async (...input) => {
        await clock.advance(12_000);
        return slow.items(...input);
      },
    };
    expect(await ask(data, { top: 3000 }, clock)).toMatchObject({ next: { skip: 300, top: 2700 } });
  });
});

test('a service that always has a next page and never an item comes to an end', async () => {
  const data: Pick<EntityData, 'items'> = { items: () => Promise.resolve({ kind: 'page', items: [], hasNext: true }) };
  expect(await ask(data, { top: 500 })).toEqual({ kind: 'items', items: [], next: undefined });
});

test('a service that gives more than was asked for is cut, and goes on behind the cut', async () => {
  const items = idsBetween(0, 100).map((id) => ({ id }));
  const data: Pick<EntityData, 'items'> = { items: () => Promise.resolve({ kind: 'page', items, hasNext: true }) };
  expect(await ask(data, { top: 30 })).toEqual({ kind: 'items', items: items.slice(0, 30), next: undefined });
});

describe('a failure', () => {
  const failing = (times: number): Pick<EntityData, 'items'> => {
    const data = serviceOf({ total: 500, cap: 100, saysNext: true });
    let calls = 0;
    return {
      items: (...input) => {
        calls += 1;
        return calls > times
          ? Promise.reject(new CustomerInsightsError('throttled', 'GET x', 'status 429'))
          : data.items(...input);
      },
    };
  };

  test('of the first call is the answer', async () => {
    await expect(ask(failing(0), { top: 250 })).rejects.toThrow(CustomerInsightsError);
  });

  test('of a later call ends the list there', async () => {
    expect(await ask(failing(2), { top: 450 })).toMatchObject({ next: { skip: 200, top: 250 } });
  });

  test('of our own is never taken for the end of a list', async () => {
    const data = serviceOf({ total: 500, cap: 100, saysNext: true });
    const broken: Pick<EntityData, 'items'> = {
      items: (...input) => (data.calls.length > 0 ? Promise.reject(new TypeError('a bug')) : data.items(...input)),
    };
    await expect(ask(broken, { top: 250 })).rejects.toThrow(TypeError);
  });
});

test.each(['missing', 'call-refused'] as const)('what is %s is passed on', async (kind) => {
  const outcome = kind === 'missing' ? ({ kind, what: 'entity' } as const) : ({ kind, serviceMessage: 'no' } as const);
  expect(await ask({ items: () => Promise.resolve(outcome) })).toEqual(outcome);
});

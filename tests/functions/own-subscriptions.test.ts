import { beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { expectProblem } from './expect-problem.ts';
import {
  customerInsights,
  PUBLIC_BASE_URL,
  startBackend,
  type Answered,
  type CallOptions,
  type StartedBackend,
} from './start-backend.ts';
import { bodyOf, subscriptionsOf } from './subscribe-bodies.ts';

const trigger = 'segment-threshold-crossed';
const path = subscriptionsOf(trigger);
const as = (key: string): CallOptions => ({ headers: { 'x-functions-key': key } });

let backend: StartedBackend;
let ids: string[];
beforeAll(async () => {
  backend = await startBackend();
  ids = [];
  for (let n = 0; n < 7; n++) ids.push(idOf(await subscribe('mine', `flow-${n}`)));
  await subscribe('theirs', 'flow-0');
  const other = 'unification-refresh-completed';
  await backend.call('POST', subscriptionsOf(other), { body: bodyOf(other, 'flow-0'), ...as('mine') });
});

const subscribe = (key: string, flow: string, more: object = {}): Promise<Answered> =>
  backend.call('POST', path, { body: bodyOf(trigger, flow, more), ...as(key) });
const idOf = ({ body }: Answered): string => (body as { id: string }).id;
const listOf = (answer: Answered): { value: { id: string }[]; nextLink?: string } => {
  expect(answer.status).toBe(200);
  return answer.body as ReturnType<typeof listOf>;
};

/** The ids of every page, as somebody gets them who follows the links. */
async function pagesOf(first: string, key: string): Promise<string[][]> {
  const pages: string[][] = [];
  let next: string | undefined = first;
  while (next !== undefined) {
    const { value, nextLink } = listOf(await backend.call('GET', next, as(key)));
    pages.push(value.map(({ id }) => id));
    if (nextLink !== undefined) expect(nextLink).toMatch(`${PUBLIC_BASE_URL}/api/${path}?`);
    next = nextLink?.slice(`${PUBLIC_BASE_URL}/api/`.length);
  }
  return pages;
}

describe('the list', () => {
  test('has the subscriptions of the caller and the trigger, each as GET shows it', async () => {
    const { value, nextLink } = listOf(await backend.call('GET', path, as('mine')));
    expect(value.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(nextLink).toBeUndefined();
    const one = (await backend.call('GET', `${path}/${ids[0]}`, as('mine'))).body as Record<string, unknown>;
    const { lastEvaluation, ...view } = one;
    expect(lastEvaluation).toBeDefined();
    expect(value.find(({ id }) => id === ids[0])).toEqual(view);
  });

  test('comes in pages of `top`, in which each stands once', async () => {
    const pages = await pagesOf(`${path}?top=3`, 'mine');
    expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
    expect(pages.flat().sort()).toEqual([...ids].sort());
  });

  test('goes on behind what was deleted between two pages, without repeating or leaving out any', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, (_, n) => subscribe('deleting', `flow-${n}`)));
    const first = listOf(await backend.call('GET', `${path}?top=2`, as('deleting')));
    const seen = first.value.map(({ id }) => id);
    for (const id of seen) await backend.call('DELETE', `${path}/${id}`, as('deleting'));
    const rest = await pagesOf((first.nextLink ?? '').slice(`${PUBLIC_BASE_URL}/api/`.length), 'deleting');
    expect([...seen, ...rest.flat()].sort()).toEqual(made.map(idOf).sort());
  });

  test('of a connection without subscriptions is empty', async () => {
    expect((await backend.call('GET', path, as('nobody'))).body).toEqual({ value: [] });
  });

  test.each(['top=0', 'top=101', 'top=ten', 'top=-1', 'top=1.5', 'top=1&top=2', 'Top=1'])(
    'refuses ?%s',
    async (query) => {
      await expectProblem(() => backend.call('GET', `${path}?${query}`, as('mine')), 400, 'query-invalid');
    },
  );

  test.each(['nonsense', 'bnVsbA==', 'e30=', 'MQ==', 'eyJuZXh0UGFydGl0aW9uS2V5Ijo3fQ==', '%00', 'x'.repeat(300)])(
    'refuses a next that is no link of its own: %s',
    async (next) => {
      await expectProblem(() => backend.call('GET', `${path}?next=${next}`, as('mine')), 400, 'query-invalid');
    },
  );

  test("does not show another's with the link of another's list", async () => {
    const { nextLink = '' } = listOf(await backend.call('GET', `${path}?top=1`, as('mine')));
    const link = nextLink.slice(`${PUBLIC_BASE_URL}/api/`.length);
    const { value } = listOf(await backend.call('GET', link, as('theirs')));
    expect(value.filter(({ id }) => ids.includes(id))).toEqual([]);
  });
});

describe('one subscription', () => {
  test('shows the last evaluation of its subject', async () => {
    const { control } = await customerInsights();
    control.addSegment({ instanceId: contosoInstanceId, name: 'Watched', memberCount: 41 });
    const id = idOf(await subscribe('mine too', 'watched', { segmentName: 'Watched' }));
    const [segment] = [
      control.setMemberCount({ instanceId: contosoInstanceId, segmentName: 'Watched', memberCount: 42 }),
    ];
    await subscribe('mine too', 'another', { segmentName: 'Watched' });
    const { body } = await backend.call('GET', `${path}/${id}`, as('mine too'));
    const { evaluationStatus } = segment as { evaluationStatus: { evaluationDate: string } };
    const evaluatedAt = new Date(evaluationStatus.evaluationDate).toISOString();
    expect(body).toMatchObject({ id, lastEvaluation: { value: 42, evaluatedAt } });
  });

  test.each<[string, () => string, string]>([
    ["of another's", () => `${path}/${ids[0]}`, 'theirs'],
    ['of no key', () => `${path}/${ids[0]}`, ''],
    ['of another trigger', () => `${subscriptionsOf('measure-threshold-crossed')}/${ids[0]}`, 'mine'],
    ['that never was', () => `${path}/${ids[0]?.slice(0, -4)}AAAA`, 'mine'],
    ['of nonsense', () => `${path}/nonsense`, 'mine'],
    ['of half an id', () => `${path}/${ids[0]?.slice(0, 40)}`, 'mine'],
    ['of an id with a slash', () => `${path}/${ids[0]?.slice(0, 40)}%2F${ids[0]?.slice(41)}`, 'mine'],
    ['of a quote', () => `${path}/%27%20or%201%20eq%201`, 'mine'],
  ])('is unknown under the id %s', async (_, address, key) => {
    await expectProblem(() => backend.call('GET', address(), as(key)), 404, 'subscription-unknown');
  });
});

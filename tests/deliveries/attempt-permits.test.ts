import { expect, test } from '@jest/globals';
import { attemptPermits, type AttemptPermits } from '../../shared/deliveries/attempt/attempt-permits.ts';

interface Asked {
  readonly name: string;
  giveBack?: (() => void) | undefined;
}

/** Asks for permits in this order, and reports who has one. */
function asking(permits: AttemptPermits): { ask: (name: string) => Asked; inHand: () => Promise<string[]> } {
  const all: Asked[] = [];
  return {
    ask(name) {
      const asked: Asked = { name };
      all.push(asked);
      void permits.take(name).then((giveBack) => (asked.giveBack = giveBack));
      return asked;
    },
    async inHand() {
      await new Promise(setImmediate);
      return all.filter(({ giveBack }) => giveBack).map(({ name }) => name);
    },
  };
}

test('permits are given in the order of asking, as they come back', async () => {
  const { ask, inHand } = asking(attemptPermits(2, 2));
  const [a] = [ask('a'), ask('b'), ask('c'), ask('d')];
  expect(await inHand()).toEqual(['a', 'b']);
  a.giveBack?.();
  expect(await inHand()).toEqual(['a', 'b', 'c']);
});

test('a permit that is given back twice is one permit', async () => {
  const { ask, inHand } = asking(attemptPermits(1, 1));
  const [a] = [ask('a'), ask('b'), ask('c')];
  await inHand();
  a.giveBack?.();
  a.giveBack?.();
  expect(await inHand()).toEqual(['a', 'b']);
});

test('a subscription that has all it may have waits for itself, and nobody behind it waits for it', async () => {
  const { ask, inHand } = asking(attemptPermits(4, 2));
  const [hole] = [ask('hole'), ask('hole'), ask('hole'), ask('hole'), ask('healthy'), ask('other')];
  expect(await inHand()).toEqual(['hole', 'hole', 'healthy', 'other']);
  hole.giveBack?.();
  expect(await inHand()).toEqual(['hole', 'hole', 'hole', 'healthy', 'other']);
});

test('one that waited for itself has its position in the order of all from then on', async () => {
  const { ask, inHand } = asking(attemptPermits(1, 1));
  const [first, , healthy] = [ask('hole'), ask('hole'), ask('healthy')];
  await inHand();
  first.giveBack?.();
  expect(await inHand()).toEqual(['hole', 'healthy']);
  healthy.giveBack?.();
  expect(await inHand()).toEqual(['hole', 'hole', 'healthy']);
});

import { expect, test } from '@jest/globals';
import { vipWorld } from './vip-world.ts';

test('a subscription says how near its connection is to its limit', async () => {
  const world = vipWorld({ config: { rateLimit: { calls: 100, windowSeconds: 60 } } });
  const { id } = await world.flow('one');
  const calls = async (): Promise<unknown> => {
    const found = await world.backend.operator.getSubscription(id);
    return found.kind === 'found' ? found.subscription.connectionCalls : found;
  };
  expect(await calls()).toEqual({ used: 0, limit: 100, windowSeconds: 60 });
  for (let count = 0; count < 3; count++) await world.backend.limiter.take('connection-a');
  await world.backend.limiter.take('connection-b');
  expect(await calls()).toEqual({ used: 3, limit: 100, windowSeconds: 60 });
  await world.clock.advance(70_000);
  expect(await calls()).toEqual({ used: 0, limit: 100, windowSeconds: 60 });
});

test('without a limit there is nothing to be near to', async () => {
  const world = vipWorld();
  const { id } = await world.flow('one');
  expect(await world.backend.operator.getSubscription(id)).not.toHaveProperty('subscription.connectionCalls');
});

import { expect, test } from '@jest/globals';
import { segmentFixture } from './segment-fixture.ts';

test('a subscription says how near its connection is to its limit', async () => {
  const fixture = segmentFixture({ config: { rateLimit: { calls: 100, windowSeconds: 60 } } });
  const { id } = await fixture.flow('one');
  const calls = async (): Promise<unknown> => {
    const found = await fixture.backend.operator.getSubscription(id);
    return found.kind === 'found' ? found.subscription.connectionCalls : found;
  };
  expect(await calls()).toEqual({ used: 0, limit: 100, windowSeconds: 60 });
  for (let count = 0; count < 3; count++) await fixture.backend.limiter.take('connection-a');
  await fixture.backend.limiter.take('connection-b');
  expect(await calls()).toEqual({ used: 3, limit: 100, windowSeconds: 60 });
  await fixture.clock.advance(70_000);
  expect(await calls()).toEqual({ used: 0, limit: 100, windowSeconds: 60 });
});

test('without a limit there is nothing to be near to', async () => {
  const fixture = segmentFixture();
  const { id } = await fixture.flow('one');
  expect(await fixture.backend.operator.getSubscription(id)).not.toHaveProperty('subscription.connectionCalls');
});

test('a subscription says how many subscriptions its connection has, and how many it may have', async () => {
  const fixture = segmentFixture({ config: { maxSubscriptionsPerConnection: 40 } });
  const { id } = await fixture.flow('one');
  const { id: other } = await fixture.flow('two');
  const counted = async (): Promise<unknown> => {
    const found = await fixture.backend.operator.getSubscription(id);
    return found.kind === 'found' ? found.subscription.connectionSubscriptions : found;
  };
  expect(await counted()).toEqual({ used: 2, limit: 40 });
  await fixture.backend.operator.endSubscription(other);
  expect(await counted()).toEqual({ used: 1, limit: 40 });
});

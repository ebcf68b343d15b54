import { expect, test } from '@jest/globals';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { DAY, HOUR, vipWorld } from '../operations/vip-world.ts';

const URL = callbackUrl('one');

test('a success ends the time in which a subscription fails: what fails days later counts from then', async () => {
  const world = vipWorld();
  const { id } = await world.flow('one');
  const subscription = async (): Promise<unknown> => {
    const found = await world.backend.operator.getSubscription(id);
    return found.kind === 'found' ? found.subscription : undefined;
  };
  world.answers.set(URL, () => answered(503));
  await world.rise();
  expect(await subscription()).toMatchObject({ health: { failingSince: expect.any(String) } });
  world.answers.clear();
  await world.pass(HOUR);
  expect(await subscription()).not.toHaveProperty('health.failingSince');
  await world.pass(5 * DAY);
  world.answers.set(URL, () => answered(503));
  for (let times = 0; times < 3; times++) {
    await world.rise();
    await world.pass(HOUR);
  }
  expect(await subscription()).toMatchObject({ status: 'active' });
});

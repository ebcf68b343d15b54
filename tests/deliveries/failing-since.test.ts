import { expect, test } from '@jest/globals';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { DAY, HOUR, segmentFixture } from '../operations/segment-fixture.ts';

const URL = callbackUrl('one');

test('a success ends the time in which a subscription fails: what fails days later counts from then', async () => {
  const fixture = segmentFixture();
  const { id } = await fixture.flow('one');
  const subscription = async (): Promise<unknown> => {
    const found = await fixture.backend.operator.getSubscription(id);
    return found.kind === 'found' ? found.subscription : undefined;
  };
  fixture.answers.set(URL, () => answered(503));
  await fixture.rise();
  expect(await subscription()).toMatchObject({ health: { failingSince: expect.any(String) } });
  fixture.answers.clear();
  await fixture.pass(HOUR);
  expect(await subscription()).not.toHaveProperty('health.failingSince');
  await fixture.pass(5 * DAY);
  fixture.answers.set(URL, () => answered(503));
  for (let times = 0; times < 3; times++) {
    await fixture.rise();
    await fixture.pass(HOUR);
  }
  expect(await subscription()).toMatchObject({ status: 'active' });
});

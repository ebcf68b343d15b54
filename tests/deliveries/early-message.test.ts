import { expect, test } from '@jest/globals';
import type { RetriesMessage } from '../../shared/deliveries/messages.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { segmentFixture } from '../operations/segment-fixture.ts';

test.each([
  [45, 2],
  [61, 1],
])('a message that comes %i s early leads to %i messages that wait, and to no call', async (seconds, messages) => {
  const fixture = segmentFixture({ config: { deliveryScheduleSeconds: [seconds] } });
  await fixture.flow('one');
  fixture.answers.set(callbackUrl('one'), () => answered(503));
  await fixture.rise();
  const [sent] = fixture.queues.waiting('retries');
  await fixture.backend.handleRetriesMessage(sent?.message as RetriesMessage);
  const dueAt = fixture.clock.now() + seconds * 1000;
  const waiting = fixture.queues.waiting('retries').map(({ visibleAt }) => visibleAt);
  expect(waiting).toEqual(Array(messages).fill(dueAt));
  expect(fixture.calls).toHaveLength(1);
});

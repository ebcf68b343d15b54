import { expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { manualClock, flushPromises } from '../helpers/manual-clock.ts';
import { callbackUrl, INSTANCE, memoryBackend } from '../helpers/memory-backend.ts';

const CLAIM_MS = 120_000;

test('a chunk that one worker has claimed is worked by no other until the claim has run out, and then by one', async () => {
  const [tables, clock] = [createMemoryTables(), manualClock()];
  const frozen = memoryBackend({ tables, clock });
  const other = memoryBackend({ tables, clock, queues: frozen.queues });
  const flow = callbackUrl('flow');
  frozen.data.segments = [segment('vip', evaluated(10, 1))];
  await frozen.subscribe('segment-threshold-crossed', { segmentName: 'vip', threshold: 100, callbackUrl: flow });
  frozen.answers.set(flow, () => new Promise(() => undefined));
  frozen.data.segments = [segment('vip', evaluated(10, 1), evaluated(200, 2))];

  void frozen.backend.pollInstance({ v: 1, instanceId: INSTANCE });
  await flushPromises();
  const [first] = frozen.calls;
  expect(first).toBeDefined();
  const message = { v: 1, eventId: String(first?.body['eventId']), chunk: 0 } as const;
  await other.backend.deliverChunk(message);
  expect(other.calls).toHaveLength(0);

  // The first worker is frozen: its clock stands still, and it renews nothing.
  const later = memoryBackend({ tables, clock: manualClock(clock.now() + CLAIM_MS + 1), queues: frozen.queues });
  await later.backend.deliverChunk(message);
  await later.backend.deliverChunk(message);
  expect(later.calls.map(({ headers }) => headers['webhook-id'])).toEqual([first?.headers['webhook-id']]);
});

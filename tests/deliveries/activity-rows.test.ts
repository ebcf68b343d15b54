import { expect, test } from '@jest/globals';
import { chunkOfRow, chunkRow, type ChunkRow } from '../../shared/deliveries/records/activity-rows.ts';
import { formatEventId } from '../../shared/events/event-id.ts';
import type { Event } from '../../shared/events/event.ts';
import type { Row, StoredRow } from '../../shared/storage/tables.ts';
import { at } from '../helpers/insights-data.ts';
import { INSTANCE } from '../helpers/memory-backend.ts';

const eventId = formatEventId({
  month: '202611',
  instanceId: INSTANCE,
  occurredAtMs: Date.parse(at(1)),
  identity: 'abcdefghijklmnopqrstuv',
});
const event = { eventId, instanceId: INSTANCE, trigger: 'unification-refresh-completed' } as Event;

function stored({ partitionKey, rowKey, ...values }: Row): StoredRow {
  return { partitionKey, rowKey, etag: '', values } as StoredRow;
}

test('the row of a chunk is read as it was written', () => {
  const common = { number: 1, at: at(2), durationMs: 5, code: 'delivered' };
  const chunk: ChunkRow = {
    owner: 'worker',
    untilMs: 1_700_000_000_000,
    isComplete: true,
    delivered: [
      { range: 0, rowKey: 'a', attempt: { ...common, status: 202, runId: '08584' } },
      { range: 1, rowKey: 'b', attempt: { ...common, status: 200 } },
      { range: 1, rowKey: 'c', attempt: common },
    ],
    recordCount: 2,
  };
  const row = chunkRow(event, 3, chunk);
  expect(chunkOfRow(stored(row))).toEqual(chunk);
  expect(row).toMatchObject({ v: 1, kind: 'chunk', deliveredCount: 3, troubled: 2, settled: true });
  expect(row.rowKey).toMatch(/!c000003$/);
});

test('outcomes that one stored string cannot hold are several', () => {
  const attempt = { number: 1, at: at(2), durationMs: 5, code: 'delivered', status: 202, runId: 'r'.repeat(64) };
  const delivered = Array.from({ length: 900 }, (_, index) => ({ range: 0, rowKey: `row-${index}`, attempt }));
  const chunk: ChunkRow = { owner: '', untilMs: 0, isComplete: false, delivered, recordCount: 0 };
  const row = chunkRow(event, 0, chunk);
  expect(chunkOfRow(stored(row))).toEqual(chunk);
  const lengths = Object.entries(row).flatMap(([name, value]) =>
    /^delivered\d+$/.test(name) ? [String(value).length] : [],
  );
  expect(lengths.length).toBeGreaterThan(3);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(32_000);
});

import { expect, test } from '@jest/globals';
import {
  instanceStateOf,
  pollRow,
  refreshesRow,
  valueRow,
  type PollRecord,
  type ValueSubject,
} from '../../shared/detection/instance-state.ts';
import type { StoredRefreshState } from '../../shared/detection/refresh-state.ts';
import type { Row, StoredRow } from '../../shared/storage/tables.ts';
import { at } from '../helpers/insights-data.ts';
import { INSTANCE } from '../helpers/memory-backend.ts';

/** A row as storage returns it: without properties that have no value. */
function stored({ partitionKey, rowKey, ...properties }: Row): StoredRow {
  const values = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
  return { partitionKey, rowKey, etag: `etag of ${rowKey}`, values } as StoredRow;
}

const subject: Omit<ValueSubject, 'etag'> = {
  trigger: 'segment-threshold-crossed',
  name: 'vip',
  sequence: 7,
  last: { evaluatedAtMs: 5, value: 90.5 },
  isSuspended: false,
  isMarkedForRemoval: true,
};
const refreshes: Omit<StoredRefreshState, 'etag'> = {
  sequence: 9,
  open: [
    { jobId: 'a b', sinceMs: 3 },
    { jobId: 'c', sinceMs: undefined },
  ],
  handled: new Map([
    ['abcdefghijkl', 1_700_000_000_000],
    ['mnopqrstuvwx', 0],
  ]),
  processedUntilMs: 4,
  names: new Map([['crm', 'id']]),
  isSuspended: true,
  isMarkedForRemoval: false,
};
const poll: PollRecord = {
  lastPolledAt: at(3),
  completeAt: at(2),
  resumesAt: at(4),
  failing: { jobs: { since: at(1), reason: 'closed', notBefore: at(5) } },
  loggedAnomalies: {},
  history: { readAt: at(1), refreshesHash: 'e' },
};

test('the state of an instance is read as it was written', () => {
  const rows = [valueRow(INSTANCE, subject), refreshesRow(INSTANCE, refreshes), pollRow(INSTANCE, poll)].map(stored);
  expect(instanceStateOf(INSTANCE, rows)).toMatchObject({
    instanceId: INSTANCE,
    values: [{ ...subject, etag: rows[0]?.etag }],
    refreshes: { ...refreshes, etag: rows[1]?.etag },
    outbox: [],
    startingSequence: { sequence: 0, etag: undefined },
    wasPolledWithoutIndex: false,
    ...poll,
  });
  expect(rows.map(({ values }) => values['v'])).toEqual([1, 1, 1]);
});

test('a state in which nothing has happened yet is read as it was written', () => {
  const none = { ...refreshes, open: [], handled: new Map(), names: new Map(), processedUntilMs: undefined };
  const bare = { ...poll, completeAt: undefined, resumesAt: undefined, failing: {}, history: undefined };
  const rows = [
    valueRow(INSTANCE, { ...subject, last: undefined }),
    refreshesRow(INSTANCE, none),
    pollRow(INSTANCE, bare),
  ];
  expect(instanceStateOf(INSTANCE, rows.map(stored))).toMatchObject({
    values: [{ last: undefined }],
    refreshes: none,
    ...bare,
  });
});

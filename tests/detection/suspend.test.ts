import { beforeEach, expect, test } from '@jest/globals';
import type { InstanceState, ValueSubject } from '../../shared/detection/instance-state.ts';
import type { StoredRefreshState } from '../../shared/detection/refresh-state.ts';
import { suspendInstance, type SuspendPorts } from '../../shared/detection/suspend.ts';
import { silentLog } from '../../shared/log.ts';
import { at } from '../helpers/insights-data.ts';
import { INSTANCE } from '../helpers/memory-backend.ts';

const subject = (name: string, isSuspended: boolean): ValueSubject => ({
  trigger: 'segment-threshold-crossed',
  name,
  sequence: 1,
  last: undefined,
  isSuspended,
  isMarkedForRemoval: false,
  etag: `etag of ${name}`,
});
const refreshes = (isSuspended: boolean): StoredRefreshState => ({
  sequence: 1,
  open: [],
  handled: new Map(),
  processedUntilMs: undefined,
  names: new Map(),
  isSuspended,
  isMarkedForRemoval: false,
  etag: 'etag of jobs',
});
const state = (more: Partial<InstanceState>): InstanceState => ({
  instanceId: INSTANCE,
  values: [],
  refreshes: undefined,
  outbox: [],
  startingSequence: { sequence: 0, etag: undefined },
  failing: {},
  loggedAnomalies: {},
  history: { readAt: at(1), refreshesHash: 'e' },
  lastPolledAt: at(1),
  completeAt: at(0),
  resumesAt: at(2),
  wasPolledWithoutIndex: false,
  ...more,
});

let done: [step: string, value: unknown][];
/** The step that storage refuses. */
let refused: string | undefined;

/** Takes its time, so that a step that is not awaited ends after the next has begun. */
async function step(name: string, value: unknown): Promise<void> {
  await new Promise(setImmediate);
  if (name === refused) throw new Error('storage is down');
  done.push([name, value]);
}

const writes: Pick<SuspendPorts['state'], 'commit' | 'savePoll'> = {
  commit: async (_, changes) => {
    await step('commit', changes.map(({ state: { kind, etag } }) => `${kind} ${etag}`).join());
    return { kind: 'committed', entries: [] };
  },
  savePoll: (_, poll) => step('poll', poll),
};
const ports: SuspendPorts = {
  clock: { now: () => Date.parse(at(10)), sleep: () => Promise.resolve() },
  log: silentLog,
  resumeOutbox: (events) => step('outbox', events),
  state: writes as SuspendPorts['state'],
};

beforeEach(() => {
  done = [];
  refused = undefined;
});

test('suspends what is not suspended yet, then says why nothing is read, then ends what is in the outbox', async () => {
  const before = state({ values: [subject('old', true), subject('new', false)], refreshes: refreshes(false) });
  await suspendInstance(ports, before);
  const failing = { since: at(10), reason: expect.stringContaining('ALLOWED_INSTANCES') };
  const { lastPolledAt, completeAt, resumesAt, loggedAnomalies, history } = before;
  expect(done).toEqual([
    ['commit', 'value etag of new,refreshes etag of jobs'],
    [
      'poll',
      {
        ...{ lastPolledAt, completeAt, resumesAt, loggedAnomalies, history },
        failing: { segments: failing, jobs: failing },
      },
    ],
    ['outbox', []],
  ]);
});

test('an instance that was never polled counts as polled now', async () => {
  await suspendInstance(ports, state({ refreshes: refreshes(false), lastPolledAt: undefined }));
  expect(done[1]).toMatchObject(['poll', { lastPolledAt: at(10) }]);
});

test.each([[state({})], [state({ values: [subject('vip', true)], refreshes: refreshes(true) })]])(
  'writes nothing when nothing changes, and reads the outbox',
  async (before) => {
    await suspendInstance(ports, before);
    expect(done).toEqual([['outbox', []]]);
  },
);

test.each(['commit', 'poll', 'outbox'])('rejects when storage refuses this step: %s', async (name) => {
  refused = name;
  await expect(suspendInstance(ports, state({ refreshes: refreshes(false) }))).rejects.toThrow('storage is down');
});

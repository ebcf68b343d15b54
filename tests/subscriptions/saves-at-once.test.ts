import { describe, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';
import type { Subscriber } from '../../shared/subscriptions/subscription-draft.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';
import { manualClock, type ManualClock } from '../helpers/manual-clock.ts';
import { rotation, sized } from '../helpers/test-size.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const trigger = 'segment-threshold-crossed';
const flow: Subscriber = {
  connection: 'connection-a',
  workflowId: 'f0f0',
  operationName: 'When_it_crosses',
  environmentId: undefined,
};

interface WatchedTables extends Tables {
  /**
   * What happens before the request with this number, counted from now; it may throw instead of it.
   */
  before(number: number, happens: () => Promise<void>): void;
  /** Requests since then. */
  requests(): number;
}

function watchedTables(): WatchedTables {
  const tables = createMemoryTables();
  let count = 0;
  let watched: { number: number; happens: () => Promise<void> } | undefined;
  const through = async <T>(request: () => Promise<T>): Promise<T> => {
    if (++count === watched?.number) await watched.happens();
    return request();
  };
  return {
    ...tables,
    get: (...request) => through(() => tables.get(...request)),
    query: (...request) => through(() => tables.query(...request)),
    write: (...request) => through(() => tables.write(...request)),
    before(number, happens) {
      count = 0;
      watched = { number, happens };
    },
    requests: () => count,
  };
}

interface Saves extends MemoryBackend {
  readonly watched: WatchedTables;
  /** Resolves with 201, a problem's code, or that storage gave no answer. */
  save(name: string, threshold?: number): Promise<string>;
  rise(): Promise<void>;
  called(): string[];
}

function saves(clock: ManualClock = manualClock()): Saves {
  const watched = watchedTables();
  const fixture = memoryBackend({ tables: watched, clock });
  fixture.data.segments = [segment('vip', evaluated(90, 1))];
  return {
    ...fixture,
    watched,
    async save(name, threshold = 100) {
      const body = { instanceId: INSTANCE, segmentName: 'vip', threshold, callbackUrl: callbackUrl(name) };
      try {
        const answer = await fixture.backend.subscribe(flow, trigger, body);
        return answer.kind === 'refused' ? answer.code : '201';
      } catch (error) {
        if (error instanceof StorageError) return 'no answer';
        throw error;
      }
    },
    async rise() {
      fixture.data.segments = [segment('vip', evaluated(90, 1), evaluated(120, 2))];
      await fixture.poll();
    },
    called: () => fixture.calls.map(({ url }) => new URL(url).hostname.split('.')[0] ?? ''),
  };
}

/**
 * Of all pairs of requests, every so many is tried: with each first one others, and others each
 * day.
 */
const EVERY = sized({ small: 4, full: 1 });
const firstOf = (one: number): number => 1 + ((one + rotation) % EVERY);

const breaksOff = (): Promise<void> => Promise.reject(new StorageError('a request', 'unreached'));

describe('two saves of a flow that break off, each at any one storage request', () => {
  test('the first is made after all when it is made again, and one of them is called', async () => {
    const [first, second] = [new Set<string>(), new Set<string>()];
    for (let one = 1, isOver = false; !isOver; one++) {
      for (let other = firstOf(one), isThisOver = false; !isThisOver; other += EVERY) {
        const fixture = saves();
        fixture.watched.before(one, breaksOff);
        first.add(await fixture.save('one'));
        isOver = fixture.watched.requests() < one;
        fixture.watched.before(other, breaksOff);
        second.add(await fixture.save('two'));
        isThisOver = fixture.watched.requests() < other;
        fixture.watched.before(0, breaksOff);
        const answer = await fixture.save('one');
        await fixture.rise();
        const called = fixture.called();
        expect({ one, other, answer, called }).toEqual({ one, other, answer: '201', called: [expect.any(String)] });
        await fixture.save('two');
        fixture.data.segments = [segment('vip', evaluated(120, 2), evaluated(90, 3), evaluated(130, 4))];
        await fixture.poll();
        const calledThen = fixture.called().slice(1);
        expect({ one, other, calledThen }).toEqual({ one, other, calledThen: [expect.any(String)] });
      }
    }
    expect([first, second]).toEqual([new Set(['no answer', '201']), new Set(['no answer', '201'])]);
  });
});

describe('a save that breaks off in the middle of another one, each at any storage request', () => {
  test('leaves somebody who is called when the other one was answered 201', async () => {
    const second = new Set<string>();
    for (let one = 1, isOver = false; !isOver; one++) {
      for (let other = firstOf(one), isThisOver = false; !isThisOver; other += EVERY) {
        const fixture = saves();
        isOver = isThisOver = true;
        fixture.watched.before(one, async () => {
          fixture.watched.before(other, breaksOff);
          second.add(await fixture.save('two'));
          isOver = false;
          isThisOver = fixture.watched.requests() < other;
          fixture.watched.before(0, breaksOff);
        });
        const answer = await fixture.save('one');
        fixture.watched.before(0, breaksOff);
        await fixture.rise();
        expect({ one, other, answer, called: fixture.called() }).toEqual({
          one,
          other,
          answer: '201',
          called: [expect.any(String)],
        });
      }
    }
    expect(second).toEqual(new Set(['no answer', '201']));
  });
});

describe('a save with another threshold', () => {
  test('never has an event sent to both versions, whenever it happens', async () => {
    const called = new Set<string>();
    for (let number = 1, isOver = false; !isOver; number++) {
      const fixture = saves();
      await fixture.save('one', 100);
      fixture.watched.before(number, () => fixture.rise());
      expect(await fixture.save('two', 110)).toBe('201');
      isOver = fixture.watched.requests() < number;
      await fixture.drain();
      expect({ number, calls: fixture.calls.length }).toEqual({ number, calls: Math.min(1, fixture.calls.length) });
      for (const name of fixture.called()) called.add(name);
    }
    expect(called).toEqual(new Set(['one', 'two']));
  });
});

describe('a save that breaks off, by a process by whose clock the grace of the deleted version has ended', () => {
  test('is followed by the last one, and both older ones are cleared away', async () => {
    const answers = new Set<string>();
    for (let number = 1, isOver = false; !isOver; number++) {
      const clock = manualClock();
      let aheadMs = 0;
      const fixture = saves({ ...clock, now: () => clock.now() + aheadMs });
      await fixture.save('one');
      const [one] = (await fixture.backend.listOwn(flow.connection, trigger, { limit: 1 })).views;
      await fixture.backend.unsubscribe(flow.connection, trigger, one?.id ?? '');
      aheadMs = 16 * MINUTE;
      fixture.watched.before(number, breaksOff);
      answers.add(await fixture.save('two'));
      isOver = fixture.watched.requests() < number;
      fixture.watched.before(0, breaksOff);
      aheadMs = 0;
      expect(await fixture.save('three')).toBe('201');
      await fixture.rise();
      await fixture.pass(131 * DAY);
      const { rows } = await fixture.tables.query('subscriptions', { partition: { from: '0', to: '~' } });
      const waiting = fixture.queues.waiting('retries');
      expect({ number, called: fixture.called(), rows: rows.length, waiting }).toEqual({
        number,
        called: ['three'],
        rows: 1,
        waiting: [],
      });
    }
    expect(answers).toEqual(new Set(['no answer', '201']));
  });
});

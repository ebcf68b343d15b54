import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { StorageError, type StoredRow, type Tables } from '../storage/tables.ts';
import { admit, wideWindowMs, type Admissions, type RateRule } from './rate-window.ts';

export const LIMITS_TABLE = 'limits';

export type RateDecision =
  | { readonly kind: 'admitted' }
  /** `retryAfterMs` is the time from now until the next call can be admitted at the earliest. */
  | { readonly kind: 'refused'; readonly retryAfterMs: number };

/**
 * Limits calls exactly, across all processes. Each key, such as a connection, has one row. A
 * process replaces the row only if no other process has changed it in the meantime
 * (compare-and-swap by ETag).
 */
export interface RateLimiter {
  /**
   * Takes `count` permits of a key, all or none. A permit is the right to make one call within the
   * limit. Refuses the permits if fewer than `kept` permits would be left for other callers.
   * Concurrent calls are decided in one write. Takes two storage requests, a read and a write. The
   * read is left out while no other process uses the key. Takes no request when this process
   * already knows that the call must be refused. Rejects with `StorageError` when storage does not
   * respond, so no call is admitted without being counted.
   */
  take(key: string, options?: { kept?: number; count?: number }): Promise<RateDecision>;
  /**
   * The number of permits of a key that are in use now. Takes one storage request, none when the
   * limit is off.
   */
  used(key: string): Promise<number>;
}

/** A call of `take` that waits for its decision, with its options. */
interface Waiting {
  readonly kept: number;
  readonly count: number;
  readonly resolve: (decision: RateDecision) => void;
  readonly reject: (error: unknown) => void;
}

/** What this process knows about one key. */
interface KeyState {
  /**
   * The admissions (granted permits) that this process read or wrote last. Other processes may have
   * added some since.
   */
  admissions: Admissions;
  etag: string | undefined;
  /**
   * Whether no other process has changed the row since the last write. The row is then replaced
   * without being read.
   */
  isAlone: boolean;
  waiting: Waiting[];
  isWriting: boolean;
}

/** Maximum number of conflicts in a row. More of them cannot be due to contention alone. */
const MAX_CONFLICTS = 50;
/**
 * Maximum number of keys that this process keeps in memory. The oldest one is dropped first, and
 * its next use takes one more read.
 */
const MAX_KEYS = 10_000;

/**
 * Maximum pause after the first conflict. It doubles with each further conflict, up to
 * `LONGEST_PAUSE_MS`, so that the other process can finish.
 */
const FIRST_PAUSE_MS = 80;
const LONGEST_PAUSE_MS = 640;

export interface RateLimiterPorts {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly random: Random;
  /** `calls: 0` turns the limit off. */
  readonly rule: RateRule;
  /**
   * Called when permits of a key were taken, with the number of permits in use before and after.
   */
  readonly onTaken?: (key: string, before: number, used: number) => void;
}

export function rateLimiter({ tables, clock, random, rule, onTaken }: RateLimiterPorts): RateLimiter {
  const keys = new Map<string, KeyState>();

  const stateOf = (key: string): KeyState => {
    const known = keys.get(key);
    if (known) return known;
    const oldest = keys.size >= MAX_KEYS ? keys.entries().next().value : undefined;
    if (oldest && !oldest[1].isWriting) keys.delete(oldest[0]);
    const state: KeyState = { admissions: [], etag: undefined, isAlone: false, waiting: [], isWriting: false };
    keys.set(key, state);
    return state;
  };

  /**
   * Decides all waiting calls in one write, in the order of their arrival, including calls that
   * arrive during a retry.
   */
  const decideWaiting = async (key: string, state: KeyState): Promise<void> => {
    const calls = state.waiting.splice(0);
    try {
      for (let tries = 0; tries < MAX_CONFLICTS; tries++) {
        const wasAlone = state.isAlone;
        if (!wasAlone) await read(key, state);
        calls.push(...state.waiting.splice(0));
        const { before, admissions, decisions } = decide(state.admissions, calls);
        const isUnchanged = decisions.every(({ kind }) => kind === 'refused');
        if (isUnchanged || (await write(key, state, admissions))) {
          if (!isUnchanged) onTaken?.(key, before, admissions.length);
          calls.forEach(({ resolve }, index) => resolve(decisions[index] ?? { kind: 'admitted' }));
          return;
        }
        if (!wasAlone) await clock.sleep(random.fraction() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries));
      }
      throw new StorageError('rate limit', `${MAX_CONFLICTS} conflicts in a row`);
    } catch (error) {
      state.isAlone = false;
      for (const { reject } of calls) reject(error);
    }
  };

  const decide = (
    stored: Admissions,
    calls: readonly Waiting[],
  ): { before: number; admissions: Admissions; decisions: RateDecision[] } => {
    const nowMs = clock.now();
    const before = admit(stored, rule, { nowMs, count: 0 }).admissions.length;
    let admissions = stored;
    const decisions = calls.map(({ kept, count }): RateDecision => {
      const admitted = admit(admissions, rule, { nowMs, kept, count });
      admissions = admitted.admissions;
      return admitted.isAdmitted ? { kind: 'admitted' } : { kind: 'refused', retryAfterMs: admitted.freeAtMs - nowMs };
    });
    return { before, admissions, decisions };
  };

  const read = async (key: string, state: KeyState): Promise<void> => {
    const row = await tables.get(LIMITS_TABLE, key, ROW_KEY);
    state.isAlone = row !== undefined && row.etag === state.etag;
    state.admissions = row ? admissionsOf(row) : [];
    state.etag = row?.etag;
  };

  const write = async (key: string, state: KeyState, admissions: Admissions): Promise<boolean> => {
    const row = { partitionKey: key, rowKey: ROW_KEY, v: 1, admissions: textOf(admissions) };
    const result = await tables.write(LIMITS_TABLE, [
      state.etag === undefined ? { kind: 'insert', row } : { kind: 'replace', row, etag: state.etag },
    ]);
    if (result.kind === 'conflict') {
      // Another process wrote first, or this write succeeded and its response was lost. In the
      // second case, its permits are counted twice, so the limit still holds.
      state.isAlone = false;
      return false;
    }
    state.admissions = admissions;
    state.etag = result.etags[0];
    return true;
  };

  return {
    async take(key, { kept = 0, count = 1 } = {}) {
      if (rule.calls === 0) return { kind: 'admitted' };
      const state = stateOf(key);
      // Since the last read, other processes can only have taken more permits. So a full window
      // stays full until its oldest permit is free.
      const nowMs = clock.now();
      const known = admit(state.admissions, rule, { nowMs, kept, count });
      if (!known.isAdmitted) return { kind: 'refused', retryAfterMs: known.freeAtMs - nowMs };
      const decision = new Promise<RateDecision>((resolve, reject) =>
        state.waiting.push({ kept, count, resolve, reject }),
      );
      if (!state.isWriting) {
        state.isWriting = true;
        void (async () => {
          // Calls of the same turn of the event loop join this write.
          await Promise.resolve();
          while (state.waiting.length > 0) await decideWaiting(key, state);
          state.isWriting = false;
        })();
      }
      return decision;
    },

    async used(key) {
      if (rule.calls === 0) return 0;
      const row = await tables.get(LIMITS_TABLE, key, ROW_KEY);
      const sinceMs = clock.now() - wideWindowMs(rule);
      return row ? admissionsOf(row).filter((instant) => instant > sinceMs).length : 0;
    },
  };
}

const ROW_KEY = 'window';

/**
 * Writes the first timestamp and then the differences, in base 36, so that 100 admissions take only
 * a few hundred characters.
 */
function textOf(admissions: Admissions): string {
  return admissions.map((instant, index) => (instant - (admissions[index - 1] ?? 0)).toString(36)).join(' ');
}

/** The last admission in ms since the epoch, -Infinity when there is none. */
export function lastAdmissionOf(row: StoredRow): number {
  return admissionsOf(row).at(-1) ?? -Infinity;
}

function admissionsOf(row: StoredRow): number[] {
  const text = String(row.values['admissions'] ?? '');
  let instant = 0;
  return text === '' ? [] : text.split(' ').map((difference) => (instant += Number.parseInt(difference, 36)));
}

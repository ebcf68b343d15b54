import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { StorageError, type StoredRow, type Tables } from '../storage/tables.ts';
import { admit, wideWindowMs, type Admissions, type RateRule } from './rate-window.ts';

export const LIMITS_TABLE = 'limits';

export type RateDecision =
  | { readonly kind: 'admitted' }
  /** After this long, by the clock of this process, a place frees: not before. */
  | { readonly kind: 'refused'; readonly retryAfterMs: number };

/** Exact limits over all instances of the app: one row per key, changed by compare-and-swap. */
export interface RateLimiter {
  /**
   * Takes `count` places for a key, all or none; `kept` places are left for others. All who ask at the same time are decided in one
   * swap. It costs two storage requests, one as long as no other process asks for the key, and none when the refusal is known already. Rejects with
   * `StorageError` when storage gives no answer: nobody is admitted unseen.
   */
  take(key: string, options?: { kept?: number; count?: number }): Promise<RateDecision>;
  /** How many places of a key are in use at the moment, whoever took them. One storage request; none when the limit is off. */
  used(key: string): Promise<number>;
}

interface Waiting {
  readonly kept: number;
  readonly count: number;
  readonly resolve: (decision: RateDecision) => void;
  readonly reject: (error: unknown) => void;
}

interface KeyState {
  /** As this process saw them last; others may have used more places since. */
  admissions: Admissions;
  etag: string | undefined;
  /** The row was found as this process had left it: it is swapped without being read first. */
  isAlone: boolean;
  waiting: Waiting[];
  isSwapping: boolean;
}

/** So many lost swaps in a row mean that something other than contention is wrong. */
const MAX_SWAPS = 50;
/** Keys whose window is remembered in this process; the oldest is forgotten first and costs one more read. */
const MAX_KEYS = 10_000;

/** The pause after a swap that was lost to others is up to this long, and up to twice that after each further one: who has won can go on. */
const FIRST_PAUSE_MS = 80;
const LONGEST_PAUSE_MS = 640;

export interface RateLimiterPorts {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly random: Random;
  /** `calls` = 0 switches the limit off. */
  readonly rule: RateRule;
}

export function rateLimiter({ tables, clock, random, rule }: RateLimiterPorts): RateLimiter {
  const keys = new Map<string, KeyState>();

  const stateOf = (key: string): KeyState => {
    const known = keys.get(key);
    if (known) return known;
    const oldest = keys.size >= MAX_KEYS ? keys.entries().next().value : undefined;
    if (oldest && !oldest[1].isSwapping) keys.delete(oldest[0]);
    const state: KeyState = { admissions: [], etag: undefined, isAlone: false, waiting: [], isSwapping: false };
    keys.set(key, state);
    return state;
  };

  /** Everybody who waits is decided in one swap, also those who come while it is being tried: who came first first. */
  const swap = async (key: string, state: KeyState): Promise<void> => {
    const asking = state.waiting.splice(0);
    try {
      for (let tries = 0; tries < MAX_SWAPS; tries++) {
        const wasAlone = state.isAlone;
        if (!wasAlone) await read(key, state);
        asking.push(...state.waiting.splice(0));
        const { admissions, decisions } = decide(state.admissions, asking);
        const isUnchanged = decisions.every(({ kind }) => kind === 'refused');
        if (isUnchanged || (await write(key, state, admissions))) {
          asking.forEach(({ resolve }, index) => resolve(decisions[index] ?? { kind: 'admitted' }));
          return;
        }
        if (!wasAlone) await clock.sleep(random.fraction() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries));
      }
      throw new StorageError('rate limit', `lost ${MAX_SWAPS} swaps in a row`);
    } catch (error) {
      state.isAlone = false;
      for (const { reject } of asking) reject(error);
    }
  };

  const decide = (
    before: Admissions,
    asking: readonly Waiting[],
  ): { admissions: Admissions; decisions: RateDecision[] } => {
    const nowMs = clock.now();
    let admissions = before;
    const decisions = asking.map(({ kept, count }): RateDecision => {
      const admitted = admit(admissions, rule, { nowMs, kept, count });
      admissions = admitted.admissions;
      return admitted.isAdmitted ? { kind: 'admitted' } : { kind: 'refused', retryAfterMs: admitted.freeAtMs - nowMs };
    });
    return { admissions, decisions };
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
      // Somebody else was faster, or our own answer was lost and the swap took effect: a place too many is used then, never too few.
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
      // Others can only have used more places since this process last looked: what was full stays full until its first place frees.
      const nowMs = clock.now();
      const known = admit(state.admissions, rule, { nowMs, kept, count });
      if (!known.isAdmitted) return { kind: 'refused', retryAfterMs: known.freeAtMs - nowMs };
      const decision = new Promise<RateDecision>((resolve, reject) =>
        state.waiting.push({ kept, count, resolve, reject }),
      );
      if (!state.isSwapping) {
        state.isSwapping = true;
        void (async () => {
          // Who asks in the same turn comes along.
          await Promise.resolve();
          while (state.waiting.length > 0) await swap(key, state);
          state.isSwapping = false;
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

/** First instant and then differences, in base 36: a hundred admissions take a few hundred characters. */
function textOf(admissions: Admissions): string {
  return admissions.map((instant, index) => (instant - (admissions[index - 1] ?? 0)).toString(36)).join(' ');
}

/** In ms since the epoch; -Infinity when nobody was admitted. */
export function lastAdmissionOf(row: StoredRow): number {
  return admissionsOf(row).at(-1) ?? -Infinity;
}

function admissionsOf(row: StoredRow): number[] {
  const text = String(row.values['admissions'] ?? '');
  let instant = 0;
  return text === '' ? [] : text.split(' ').map((difference) => (instant += Number.parseInt(difference, 36)));
}

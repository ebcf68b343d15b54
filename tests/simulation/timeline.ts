/** An action at a point in time. Returns whether code of the app can continue because of it. */
export type Happening = () => boolean;

/**
 * Virtual time. Only scheduled actions happen, in the order of their times, then of their
 * scheduling.
 */
export interface Timeline {
  /** True time in ms since the epoch. The clocks of workers differ from it. */
  now(): number;
  at(atMs: number, happening: Happening): void;
  /** Advances to the next action and runs it. `undefined` when there is none until `untilMs`. */
  step(untilMs: number): boolean | undefined;
  /** Advances without an action. */
  skipTo(atMs: number): void;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly happening: Happening;
}

export function createTimeline(startMs: number): Timeline {
  const heap: Entry[] = [];
  let nowMs = startMs;
  let arrivals = 0;
  const isBefore = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

  const push = (entry: Entry): void => {
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent] as Entry, entry)) break;
      heap[index] = heap[parent] as Entry;
      index = parent;
    }
    heap[index] = entry;
  };
  const pop = (): Entry => {
    const first = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (isBefore(last, heap[child] as Entry)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
    return first;
  };

  return {
    now: () => nowMs,
    at: (atMs, happening) => push({ atMs: Math.max(atMs, nowMs), order: ++arrivals, happening }),
    step(untilMs) {
      const [first] = heap;
      if (first === undefined || first.atMs > untilMs) return undefined;
      nowMs = first.atMs;
      return pop().happening();
    },
    skipTo(atMs) {
      nowMs = Math.max(nowMs, atMs);
    },
  };
}

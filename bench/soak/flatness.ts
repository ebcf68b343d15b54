import { shown, type Point, type Target } from '../benchmark.ts';
import type { Watched } from './watch.ts';

/** How the host was run that is judged. */
export interface SoakRun {
  /** What was before is not counted. */
  readonly countedFromMinute: number;
  readonly pollSeconds: number;
  readonly instances: number;
}

/**
 * Of 45 MB over the 12,000 deliveries of five minutes these are some 180 bytes a delivery: what its id alone takes in a `Set` that is never
 * emptied. What the engine still compiles and caches after a minute is less than half of it.
 */
const MOST_HEAP_GROWTH = 0.05;
/** Coarser, as it goes up and down with what is not collected yet: by a tenth within a minute. */
const MOST_RESIDENT_GROWTH = 0.1;

/** Whether memory, handles and queues stayed as they were. */
export function flatnessTargets(watched: Watched, { countedFromMinute, pollSeconds, instances }: SoakRun): Target[] {
  const counted = (points: readonly Point[]): Point[] => points.filter(({ minute }) => minute >= countedFromMinute);
  const growth = (what: string, points: readonly Point[], most: number): Target => {
    const grown = growthOf(counted(points));
    return { what, target: `≤ ${most * 100} %`, measured: `${shown(grown * 100)} %`, met: grown <= most };
  };
  const handles = counted(watched.handles);
  const more = mostIn(lastMinute(handles)) - mostIn(firstMinute(handles));
  // One handle lost by every fourth poll. Connections come and go with the calls that are made at a time.
  const mostMore = Math.ceil((instances * 60) / pollSeconds);
  const oldest = mostIn(Object.values(watched.queueAges).flatMap(counted));
  return [
    growth('growth of the heap in use', watched.liveHeap, MOST_HEAP_GROWTH),
    growth('growth of resident memory', watched.resident, MOST_RESIDENT_GROWTH),
    {
      what: 'handles, most in the last minute less most in the first',
      target: `≤ ${mostMore}`,
      measured: shown(more),
      met: more <= mostMore,
    },
    {
      // What one poll leaves is taken up before the next one begins, or it would pile up.
      what: 'longest that a message was due, in s',
      target: `≤ ${pollSeconds}`,
      measured: shown(oldest),
      met: oldest <= pollSeconds,
    },
  ];
}

/** How much a series grows from its begin to its end along the straight line through it (least squares), as a share of its begin. */
export function growthOf(points: readonly Point[]): number {
  const minutes = points.map(({ minute }) => minute);
  const meanMinute = mean(minutes);
  const meanValue = mean(points.map(({ value }) => value));
  const slope =
    mean(points.map(({ minute, value }) => (minute - meanMinute) * (value - meanValue))) /
    mean(minutes.map((minute) => (minute - meanMinute) ** 2));
  const at = (minute: number): number => meanValue + slope * (minute - meanMinute);
  const begin = at(Math.min(...minutes));
  return (at(Math.max(...minutes)) - begin) / begin;
}

function firstMinute(points: readonly Point[]): Point[] {
  const begin = Math.min(...points.map(({ minute }) => minute));
  return points.filter(({ minute }) => minute <= begin + 1);
}

function lastMinute(points: readonly Point[]): Point[] {
  const end = Math.max(...points.map(({ minute }) => minute));
  return points.filter(({ minute }) => minute >= end - 1);
}

export function mostIn(points: readonly Point[]): number {
  return Math.max(...points.map(({ value }) => value));
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

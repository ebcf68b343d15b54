import { shown, type Point, type Target } from '../benchmark.ts';
import type { Watched } from './watch.ts';

/** How the host was run. */
export interface SoakRun {
  /** Earlier values are not counted. */
  readonly countedFromMinute: number;
  readonly pollSeconds: number;
  readonly instances: number;
}

/**
 * For 45 MB over the 12,000 deliveries of five minutes, this is about 180 bytes per delivery. A
 * `Set` of delivery ids that is never emptied would take that much. The engine's compilation and
 * caches after a minute are less than half of it.
 */
const MOST_HEAP_GROWTH = 0.05;
/** Larger, because resident memory varies with uncollected garbage by a tenth within a minute. */
const MOST_RESIDENT_GROWTH = 0.1;

/** Checks that memory, handles and queues stayed constant. */
export function flatnessTargets(watched: Watched, { countedFromMinute, pollSeconds, instances }: SoakRun): Target[] {
  const counted = (points: readonly Point[]): Point[] => points.filter(({ minute }) => minute >= countedFromMinute);
  const growth = (what: string, points: readonly Point[], most: number): Target => {
    const grown = growthOf(counted(points));
    return { what, target: `≤ ${most * 100} %`, measured: `${shown(grown * 100)} %`, met: grown <= most };
  };
  const handles = counted(watched.handles);
  const more = mostIn(lastMinute(handles)) - mostIn(firstMinute(handles));
  // One leaked handle for every fourth poll. Connections vary with the number of concurrent calls.
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
      // Messages of one poll are processed before the next poll begins, otherwise they would pile
      // up.
      what: 'longest that a message was due, in s',
      target: `≤ ${pollSeconds}`,
      measured: shown(oldest),
      met: oldest <= pollSeconds,
    },
  ];
}

/**
 * The growth of a series along its regression line (least squares), as a share of the line's start.
 */
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

import { shown, type LineChart, type Point, type Table } from '../benchmark.ts';
import { median } from '../statistics.ts';
import { mostIn } from './flatness.ts';
import type { Watched } from './watch.ts';

const QUEUES = ['polls', 'deliveries', 'retries'] as const;

/** One row per minute. */
export function tableOf({ resident, liveHeap, handles, queueAges }: Watched, countedFromMinute: number): Table {
  const minutes = [...new Set(handles.map(({ minute }) => Math.floor(minute)))];
  return {
    columns: [
      'minute',
      'resident, MB',
      'heap in use, MB',
      'handles, most',
      ...QUEUES.map((queue) => `${queue}, due s, most`),
    ],
    rows: minutes.map((minute) => {
      const inMinute = (points: readonly Point[]): Point[] =>
        points.filter((point) => Math.floor(point.minute) === minute);
      const middle = (points: readonly Point[]): string => shown(median(inMinute(points).map(({ value }) => value)));
      const most = (points: readonly Point[]): string => shown(mostIn(inMinute(points)));
      const isCounted = minute >= countedFromMinute;
      return [
        isCounted ? String(minute + 1) : `${minute + 1}, not counted`,
        middle(inMegabytes(resident)),
        middle(inMegabytes(liveHeap)),
        most(handles),
        ...QUEUES.map((queue) => most(queueAges[queue])),
      ];
    }),
  };
}

export function chartOf({ resident, liveHeap, handles, queueAges }: Watched, countedFromMinute: number): LineChart {
  return {
    title: 'The host at 100 events a minute',
    countedFromMinute,
    panels: [
      {
        name: 'memory',
        unit: 'MB',
        lines: [
          { name: 'resident', points: inMegabytes(resident) },
          { name: 'heap in use', points: inMegabytes(liveHeap) },
        ],
      },
      { name: 'handles', unit: 'open', lines: [{ name: 'handles', points: handles }] },
      {
        name: 'oldest message due',
        unit: 's',
        lines: QUEUES.map((name) => ({ name, points: queueAges[name] })),
      },
    ],
  };
}

function inMegabytes(points: readonly Point[]): Point[] {
  return points.map(({ minute, value }) => ({ minute, value: value / 1e6 }));
}

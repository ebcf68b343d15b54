import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { startAzurite } from '../sandbox/azurite.ts';
import type { RateRule } from '../shared/rate-limit/rate-window.ts';
import { shown, type Benchmark, type Section, type Target } from './benchmark.ts';
import type { Hammered, Hammering } from './stage/rate-limit-process.ts';
import { median } from './statistics.ts';

interface Scenario {
  readonly name: string;
  readonly processes: number;
  /** In each process. */
  readonly callers: number;
  readonly windowSeconds: number;
  /** How many windows it lasts. */
  readonly windows: number;
}

const SCENARIOS: Readonly<Record<'full' | 'tiny', readonly Scenario[]>> = {
  full: [
    { name: 'alone', processes: 1, callers: 1, windowSeconds: 5, windows: 1.5 },
    { name: '1 caller each', processes: 8, callers: 1, windowSeconds: 5, windows: 2.5 },
    { name: '4 callers each', processes: 8, callers: 4, windowSeconds: 5, windows: 2.5 },
    { name: '16 callers each', processes: 8, callers: 16, windowSeconds: 5, windows: 2.5 },
    { name: '16 callers each', processes: 8, callers: 16, windowSeconds: 60, windows: 1.1 },
  ],
  tiny: [{ name: '4 callers each', processes: 2, callers: 4, windowSeconds: 1, windows: 1.5 }],
};

const CALLS = 100;
/** As the app has it. */
const SKEW_MS = 1_000;
const GRAIN_MS = 500;

interface Measured {
  readonly scenario: Scenario;
  readonly admitted: number;
  readonly mostInWindow: number;
  /** Of the hundred places of each widened window. */
  readonly usedOfHundred: number;
  readonly requestsPerAdmitted: number;
  readonly refused: number;
  readonly refusedUnasked: number;
  /** From the instant that refusals named to the next admission, in ms. */
  readonly latenessMs: readonly number[];
}

/** Processes that hammer one key through Azurite: what they are admitted, and what it costs. */
export const rateLimit: Benchmark = {
  about: 'processes that hammer one connection: never a call too many, and what an admitted call costs',
  async run({ size, note }) {
    const azurite = await startAzurite({ blob: 0, queue: 0, table: 0 });
    try {
      const measured: Measured[] = [];
      for (const [index, scenario] of SCENARIOS[size].entries()) {
        note(`${scenario.processes} processes, ${scenario.name}, window of ${scenario.windowSeconds} s`);
        measured.push(await measure(scenario, `key-${index}`, azurite.connectionString));
      }
      return report(measured);
    } finally {
      await azurite.stop();
    }
  },
};

async function measure(scenario: Scenario, key: string, connectionString: string): Promise<Measured> {
  const { processes, callers, windowSeconds, windows } = scenario;
  const rule: RateRule = { calls: CALLS, windowMs: windowSeconds * 1000, skewMs: SKEW_MS, grainMs: GRAIN_MS };
  const forMs = Math.round((rule.windowMs + rule.skewMs) * windows);
  const task: Hammering = { connectionString, key, rule, callers, forMs };
  const children = await Promise.all(Array.from({ length: processes }, () => startProcess(task)));
  const startedAtMs = Date.now();
  for (const child of children) child.send('begin');
  const seen = await Promise.all(children.map(answerOf));
  const admittedAtMs = seen.flatMap((one) => one.admittedAtMs).sort((a, b) => a - b);
  const promised = [...new Set(seen.flatMap(({ promisedAtMs }) => promisedAtMs))].filter(
    (atMs) => atMs < startedAtMs + forMs,
  );
  const sum = (of: (one: Hammered) => number): number => seen.reduce((total, one) => total + of(one), 0);
  return {
    scenario,
    admitted: admittedAtMs.length,
    mostInWindow: mostInWindow(admittedAtMs, rule.windowMs),
    usedOfHundred: (100 * admittedAtMs.length) / (CALLS * Math.ceil(windows)),
    requestsPerAdmitted: sum((one) => one.storageRequests) / admittedAtMs.length,
    refused: sum((one) => one.refused),
    refusedUnasked: sum((one) => one.refusedUnasked),
    latenessMs: promised.flatMap((atMs) => {
      const next = admittedAtMs.find((admittedMs) => admittedMs >= atMs);
      return next === undefined ? [] : [next - atMs];
    }),
  };
}

/** Resolves when it waits for the word. */
async function startProcess(task: Hammering): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, 'stage', 'rate-limit-process.ts'));
  child.send(task);
  await messageOf(child);
  return child;
}

async function answerOf(child: ChildProcess): Promise<Hammered> {
  try {
    return (await messageOf(child)) as Hammered;
  } finally {
    child.kill();
  }
}

async function messageOf(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the benchmark exited with ${String(code)}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [unknown];
  ended.catch(() => undefined);
  return message;
}

function mostInWindow(admittedAtMs: readonly number[], windowMs: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < admittedAtMs.length; last++) {
    while ((admittedAtMs[last] ?? 0) - (admittedAtMs[first] ?? 0) >= windowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function report(measured: readonly Measured[]): Section {
  const most = Math.max(...measured.map(({ mostInWindow: count }) => count));
  const leastUsed = Math.min(...measured.map(({ usedOfHundred }) => usedOfHundred));
  const costs = measured.map(({ requestsPerAdmitted }) => requestsPerAdmitted);
  const targets: Target[] = [
    { what: 'calls in any window', target: '≤ 100', measured: String(most), met: most <= CALLS },
    { what: 'of each 100 places used', target: '≥ 95', measured: shown(leastUsed), met: leastUsed >= 95 },
    {
      what: 'storage requests per admitted call',
      target: '≤ 2',
      measured: shown(Math.max(...costs)),
      met: costs.every((cost) => cost <= 2),
    },
  ];
  return {
    title: 'Rate limit',
    text: [
      'Processes call `take` of the limiter for one key, over one Azurite: each caller again as soon as it was admitted, and every 20 ms while it is',
      'refused, whatever `Retry-After` says. Calls are counted at the instants at which they were let through, by the clock that all processes share.',
      'The limiter widens a window by 1 s for clocks that differ, as in the app, and places are those of widened windows. Storage requests are all',
      'that the processes make, divided by the admitted calls: they include those of callers who were too late for a place that had just become free.',
      'Callers of one process share a swap; with one caller in each of eight processes nobody shares.',
    ].join('\n'),
    targets,
    tables: [
      {
        columns: [
          'processes',
          'load',
          'window',
          'admitted',
          'most in a window',
          'used of 100',
          'requests per admitted',
          'refused',
          'of these without a request',
          'first admission after `Retry-After` (median, longest)',
        ],
        rows: measured.map(({ scenario, latenessMs, ...one }) => [
          String(scenario.processes),
          scenario.name,
          `${scenario.windowSeconds} s`,
          String(one.admitted),
          String(one.mostInWindow),
          shown(one.usedOfHundred),
          shown(one.requestsPerAdmitted),
          String(one.refused),
          String(one.refusedUnasked),
          `${shown(median(latenessMs))} ms, ${shown(Math.max(...latenessMs))} ms`,
        ]),
      },
    ],
  };
}

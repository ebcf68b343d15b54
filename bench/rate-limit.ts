import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { startAzurite } from '../sandbox/azurite.ts';
import type { RateRule } from '../shared/rate-limit/rate-window.ts';
import { shown, type Benchmark, type Section, type Target } from './benchmark.ts';
import type { LimiterResult, LimiterTask } from './stage/rate-limit-process.ts';
import { median } from './statistics.ts';

interface Scenario {
  readonly name: string;
  readonly processes: number;
  /** Per process. */
  readonly callers: number;
  readonly windowSeconds: number;
  /** The duration in windows. */
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
/** The same value as in the app. */
const SKEW_MS = 1_000;
const GRAIN_MS = 500;

interface Measured {
  readonly scenario: Scenario;
  readonly admitted: number;
  readonly mostInWindow: number;
  /** The used permits out of one hundred, for each widened window. */
  readonly usedOfHundred: number;
  readonly requestsPerAdmitted: number;
  readonly refused: number;
  readonly refusedFromMemory: number;
  /** The time in ms from the instant in a refusal to the next admission. */
  readonly latenessMs: readonly number[];
}

/**
 * Processes call one key through Azurite without pause. Measures how many calls they are allowed,
 * and the cost.
 */
export const rateLimit: Benchmark = {
  about: 'processes that call without pause on one connection: exactness of the limit and cost of an admitted call',
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
  const task: LimiterTask = { connectionString, key, rule, callers, forMs };
  const children = await Promise.all(Array.from({ length: processes }, () => startProcess(task)));
  const startedAtMs = Date.now();
  for (const child of children) child.send('begin');
  const results = await Promise.all(children.map(resultOf));
  const admittedAtMs = results.flatMap((result) => result.admittedAtMs).sort((a, b) => a - b);
  const retryTimes = [...new Set(results.flatMap(({ retryAtMs }) => retryAtMs))].filter(
    (atMs) => atMs < startedAtMs + forMs,
  );
  const sum = (select: (result: LimiterResult) => number): number =>
    results.reduce((total, result) => total + select(result), 0);
  return {
    scenario,
    admitted: admittedAtMs.length,
    mostInWindow: mostInWindow(admittedAtMs, rule.windowMs),
    usedOfHundred: (100 * admittedAtMs.length) / (CALLS * Math.ceil(windows)),
    requestsPerAdmitted: sum((result) => result.storageRequests) / admittedAtMs.length,
    refused: sum((result) => result.refused),
    refusedFromMemory: sum((result) => result.refusedFromMemory),
    latenessMs: retryTimes.flatMap((atMs) => {
      const next = admittedAtMs.find((admittedMs) => admittedMs >= atMs);
      return next === undefined ? [] : [next - atMs];
    }),
  };
}

/** Resolves when the process waits for the start message. */
async function startProcess(task: LimiterTask): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, 'stage', 'rate-limit-process.ts'));
  child.send(task);
  await messageOf(child);
  return child;
}

async function resultOf(child: ChildProcess): Promise<LimiterResult> {
  try {
    return (await messageOf(child)) as LimiterResult;
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
    { what: 'of each 100 permits used', target: '≥ 95', measured: shown(leastUsed), met: leastUsed >= 95 },
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
      'Processes call `take` of the limiter for one key, over one Azurite. Each caller calls again as soon as it is admitted, and every 20 ms while it is',
      'refused, whatever `Retry-After` says. Calls are counted at the time of their admission, by the clock that all processes share.',
      'The limiter widens a window by 1 s for clocks that differ, as in the app, and the permits are those of the widened windows. Storage requests are all',
      'requests of the processes, divided by the admitted calls. They include the requests of callers that were too late for a permit that had just become free.',
      'Callers of one process share a write. With one caller in each of eight processes, no write is shared.',
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
        rows: measured.map(({ scenario, latenessMs, ...rest }) => [
          String(scenario.processes),
          scenario.name,
          `${scenario.windowSeconds} s`,
          String(rest.admitted),
          String(rest.mostInWindow),
          shown(rest.usedOfHundred),
          shown(rest.requestsPerAdmitted),
          String(rest.refused),
          String(rest.refusedFromMemory),
          `${shown(median(latenessMs))} ms, ${shown(Math.max(...latenessMs))} ms`,
        ]),
      },
    ],
  };
}

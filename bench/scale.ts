import { readFile } from 'node:fs/promises';
import { tableRows } from '../tests/helpers/markdown.ts';
import { shown, type Benchmark, type Section } from './benchmark.ts';
import { assumptions, estimate, type Load, type StepCosts } from './scale/model.ts';
import { prices } from './scale/prices.ts';

const sizes = [
  { subscriptions: 1_000, instances: 1, largestSubject: 250, fanOut: 10 },
  { subscriptions: 100_000, instances: 20, largestSubject: 10_000, fanOut: 100 },
  { subscriptions: 10_000_000, instances: 1_000, largestSubject: 1_000_000, fanOut: 1_000 },
] as const;
/** How often a subscription fires per day. */
const ratesPerDay = [0.1, 1, 24];

const loads: readonly Load[] = sizes.flatMap((size) =>
  ratesPerDay.map((rate) => ({ ...size, eventsPerDay: (size.subscriptions * rate) / size.fanOut })),
);

/** Calculated from counts that tests have measured. Nothing is measured here. */
export const scale: Benchmark = {
  about: 'storage requests, executions and money per month of 1,000 to 10 million subscriptions',
  async run(): Promise<Section> {
    const costs = await readStepCosts();
    return {
      document: 'docs/scale.md',
      title: 'Estimates',
      text: assumptionsText(),
      targets: [],
      tables: [{ columns, rows: loads.map((load) => tableRow(load, costs)) }],
    };
  },
};

/** Read from the table that `tests/costs.test.ts` compares with its counts. */
export async function readStepCosts(): Promise<StepCosts> {
  const counted = new Map(
    tableRows(await readFile('docs/architecture.md', 'utf8'), 'step').map(([step, n]) => [step, Number(n)]),
  );
  const costOf = (step: string): number => {
    const count = counted.get(step);
    if (count === undefined) throw new Error(`docs/architecture.md has no step "${step}"`);
    return count;
  };
  return {
    timer: costOf('timer, for one instance'),
    idlePoll: costOf('poll that finds nothing new'),
    crossingOf1: costOf('poll that finds a crossing, 1 subscriber'),
    crossingOf1000: costOf('poll that finds a crossing, 1,000 subscribers'),
    failure: costOf('poll that finds a crossing, 1 subscriber who fails'),
    retrySucceeds: costOf('retry that succeeds'),
  };
}

const columns = [
  'subscriptions',
  'instances',
  'fires a day',
  'deliveries a day',
  'requests/s, busiest hour',
  'messages/s, busiest hour',
  'largest subject read in',
  'executions a month',
  '$ a month',
  'first limit, used',
];

function tableRow(load: Load, costs: StepCosts): string[] {
  const deliveries = load.eventsPerDay * load.fanOut;
  const sums = estimate(load, costs);
  return [
    load.subscriptions.toLocaleString('en-US'),
    load.instances.toLocaleString('en-US'),
    shown(deliveries / load.subscriptions),
    shown(deliveries),
    shown(sums.peakRequestsPerSecond),
    shown(sums.peakMessagesPerSecond),
    `${shown(sums.largestSubjectSeconds)} s`,
    shown(sums.executionsPerMonth),
    shown(sums.dollarsPerMonth),
    `${sums.first.name}, ${shown(sums.first.used * 100)} %`,
  ];
}

function assumptionsText(): string {
  const { peakHourShare, retriedShare, callsPerPoll, instanceGB } = assumptions;
  return `Requests are those of the [table of costs](architecture.md#what-it-costs); prices are list prices of ${prices.readOn} (\`bench/scale/prices.ts\`). Assumed (\`bench/scale/model.ts\`): ${peakHourShare * 100} % of a day in its busiest hour, ${retriedShare * 100} % of the deliveries retried once, ${callsPerPoll} calls to Customer Insights in a poll, instances of ${instanceGB} GB.`;
}

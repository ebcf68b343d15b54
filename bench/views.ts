import { shown, type Benchmark, type BenchmarkOptions, type Section, type Table } from './benchmark.ts';
import { median } from './statistics.ts';
import { fillInstances, fillStorage, instanceIdAt, type Filled } from './views/fill-storage.ts';
import { openViews, type ViewCall, type Views } from './views/open-views.ts';

const SIZES = {
  full: { deliveries: 100_000, subscriptions: 5_000, instances: 10, manyInstances: 50_000, rounds: 7, roundsOfMany: 2 },
  tiny: { deliveries: 500, subscriptions: 50, instances: 2, manyInstances: 300, rounds: 1, roundsOfMany: 1 },
};
const HOUR_MS = 3_600_000;
/** Half of what users notice as waiting: the other half is for the network and the page. */
const MOST_MS = 500;
/** Of a count of lost deliveries: 500, and those that read the registry. */
const MOST_REQUESTS = 600;

interface View {
  readonly name: string;
  /** Below `api/manage/`. */
  readonly path: string;
  readonly body?: object;
  /** Whether the view covers all instances, so that its cost could grow with their number. */
  readonly coversInstances?: true;
}

/** Measures what each view of the operator costs with a long past. */
export const views: Benchmark = {
  about: 'requests, rows and time of each view of the operator at 100,000 deliveries and 5,000 subscriptions',
  async run({ size, note }) {
    const { deliveries, subscriptions, instances, manyInstances, rounds, roundsOfMany } = SIZES[size];
    const instanceIds = Array.from({ length: instances }, (_, index) => instanceIdAt(index));
    const opened = await openViews(instanceIds);
    try {
      const nowMs = Date.now();
      const startedMs = performance.now();
      const filled = await fillStorage(opened.tables, { instanceIds, deliveries, subscriptions, nowMs });
      for (let entry = 0; entry < 200; entry++)
        await opened.backend.audit.begin({ operator: 'anna', action: 'ManageSubscriptions-pause' });
      note(`${filled.activityRows} rows after ${shown((performance.now() - startedMs) / 1000)} s`);
      const few = viewsOf(filled, instanceIds[0] ?? '', nowMs);
      const ofFew = await measure(opened, few, { rounds, note });
      await fillInstances(opened.tables, { from: instances, to: manyInstances, nowMs });
      note(`${manyInstances} instances`);
      const ofMany = await measure(
        opened,
        few.filter(({ coversInstances }) => coversInstances),
        { rounds: roundsOfMany, note },
      );
      return report(ofFew, ofMany, { ...filled, subscriptions, instances, manyInstances, rounds });
    } finally {
      await opened.stop();
    }
  },
};

async function measure(
  opened: Pick<Views, 'call'>,
  views: readonly View[],
  { rounds, note }: { readonly rounds: number; readonly note: BenchmarkOptions['note'] },
): Promise<Measured> {
  const measured = new Map<string, ViewCall[]>();
  for (const { name, path, body } of views) {
    const calls: ViewCall[] = [];
    // The first call is a warm-up.
    for (let round = -1; round < rounds; round++) {
      const made = await opened.call(`manage/${path}`, body);
      if (round >= 0) calls.push(made);
    }
    measured.set(name, calls);
    note(`${name}: ${shown(medianMs(calls))} ms, ${calls[0]?.requests} requests, ${calls[0]?.rows} rows`);
  }
  return measured;
}

type Measured = ReadonlyMap<string, readonly ViewCall[]>;

function medianMs(calls: readonly ViewCall[]): number {
  return median(calls.map(({ ms }) => ms));
}

function viewsOf({ subscriptionId, deadDeliveryId }: Filled, instanceId: string, nowMs: number): View[] {
  const since = new Date(nowMs - 7 * 24 * HOUR_MS).toISOString();
  const page = 'top=50&attempts=true';
  return [
    { name: 'overview: what changed', path: 'changes?polls=true', coversInstances: true },
    { name: 'overview: instances and their call limits', path: 'instances', coversInstances: true },
    { name: 'overview: deliveries of 24 hours', path: 'activity?hours=24', coversInstances: true },
    { name: 'overview: queues', path: 'queues' },
    { name: 'overview: failing subscriptions', path: 'subscriptions?failing=true&top=100' },
    { name: 'overview: disabled subscriptions', path: 'subscriptions?status=disabled&top=100' },
    { name: 'overview: paused subscriptions', path: 'subscriptions?status=paused&top=100' },
    { name: 'subscriptions', path: 'subscriptions?activity=true&top=50' },
    { name: 'subscriptions, sorted', path: 'subscriptions?activity=true&top=50&sort=-createdAt' },
    { name: 'subscriptions of an instance', path: `subscriptions?activity=true&top=50&instanceId=${instanceId}` },
    { name: 'subscriptions by label', path: 'subscriptions?activity=true&top=50&label=campaign%20499' },
    { name: 'subscription: what changed', path: `changes?subscriptionId=${subscriptionId}` },
    { name: 'subscription, with its call limit', path: `subscriptions/${subscriptionId}` },
    { name: 'subscription: its values', path: `subscriptions/${subscriptionId}/observations?days=7` },
    {
      name: 'subscription: its deliveries',
      path: `deliveries?subscriptionId=${subscriptionId}&since=${since}&${page}`,
    },
    { name: 'dead letters', path: `deliveries?status=dead&since=${since}&${page}`, coversInstances: true },
    { name: 'parked deliveries', path: `deliveries?status=parked&since=${since}&${page}`, coversInstances: true },
    { name: 'dead letters of one code', path: `deliveries?status=dead&deliveryCode=http-400&since=${since}&${page}` },
    {
      name: 'dead letters by text, none found',
      path: `deliveries?status=dead&q=nothing&since=${since}&${page}`,
      coversInstances: true,
    },
    { name: 'all deliveries', path: `deliveries?since=${since}&${page}`, coversInstances: true },
    { name: 'all deliveries by text, none found', path: `deliveries?q=nothing&since=${since}&${page}` },
    { name: 'deliveries as CSV, a page of 100', path: `deliveries?since=${since}&top=100&attempts=true` },
    { name: 'one delivery', path: `deliveries/${deadDeliveryId}` },
    { name: 'events', path: 'events?top=50', coversInstances: true },
    { name: 'search by text', path: 'search?q=campaign%20499' },
    { name: 'search by text, none found', path: 'search?q=nothing' },
    { name: 'search by id', path: `search?q=${deadDeliveryId}` },
    { name: 'recover: count of 7 days', path: 'recoveries', body: { since, dryRun: true }, coversInstances: true },
    { name: 'audit', path: 'audit?top=50' },
  ];
}

function report(
  ofFew: Measured,
  ofMany: Measured,
  sizes: Filled & {
    readonly subscriptions: number;
    readonly instances: number;
    readonly manyInstances: number;
    readonly rounds: number;
  },
): Section {
  const { deliveries, activityRows, subscriptions, instances, manyInstances, rounds } = sizes;
  const worst = Math.max(...[...ofFew.values()].map(medianMs));
  const mostRequests = Math.max(...[...ofMany.values()].flat().map(({ requests }) => requests));
  const number = (value: number): string => value.toLocaleString('en-US');
  return {
    title: 'Views of the operator',
    text: `The functions of the operator API in one process, with Azurite in another on the same two cores. Storage has ${number(deliveries)} deliveries of ten days in all
statuses (${number(activityRows)} rows) and ${number(subscriptions)} subscriptions, over ${instances} instances. Each route is called ${rounds} times after a warm-up. Rows are those
that storage returned. The second table has the views of all instances once more, with ${number(manyInstances)} instances. They cover the first hundred,
and Azurite reads a whole table for each request.`,
    targets: [
      {
        what: 'slowest view, median',
        target: `≤ ${MOST_MS} ms`,
        measured: `${shown(worst)} ms`,
        met: worst <= MOST_MS,
      },
      {
        what: `most storage requests of a view, with ${number(manyInstances)} instances`,
        target: `≤ ${MOST_REQUESTS}`,
        measured: shown(mostRequests),
        met: mostRequests <= MOST_REQUESTS,
      },
    ],
    tables: [tableOf('view', ofFew), tableOf(`view, with ${number(manyInstances)} instances`, ofMany)],
  };
}

function tableOf(heading: string, measured: Measured): Table {
  return {
    columns: [heading, 'ms, median', 'ms, worst', 'storage requests', 'rows'],
    rows: [...measured].map(([name, calls]) => [
      name,
      shown(medianMs(calls)),
      shown(Math.max(...calls.map(({ ms }) => ms))),
      shown(Math.max(...calls.map(({ requests }) => requests))),
      shown(Math.max(...calls.map(({ rows }) => rows))),
    ]),
  };
}

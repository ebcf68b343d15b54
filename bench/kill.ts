import type { Benchmark } from './benchmark.ts';
import { activityTable } from '../shared/deliveries/records/activity-rows.ts';
import { monthOf } from '../shared/events/event-id.ts';
import { allRows } from '../shared/storage/all-rows.ts';
import { instanceRegistry } from '../shared/subscriptions/instance-registry.ts';
import { openStage, pause, subscribe, type Side } from './stage/bench-stage.ts';

const SIZES = {
  full: { seconds: 60, instances: 4, subscribers: 50 },
  tiny: { seconds: 6, instances: 1, subscribers: 5 },
};

const KILL_EVERY_MS = 5_000;
/** How long the remaining deliveries may take after the last event. */
const DRAIN_MS = 60_000;
/** The response time of a flow platform's front end, so that kills happen during calls. */
const ANSWER_DELAY_MS = 25;
/**
 * Short, so that a claim or lease that a kill leaves behind ends within the run. The defaults are
 * 120 and 600.
 */
const CLAIM_SECONDS = 3;
const LEASE_SECONDS = 5;

/** Kills the host repeatedly under load and counts lost and duplicate deliveries. */
export const kill: Benchmark = {
  about: 'lost and duplicate deliveries while the host is killed every 5 s',
  async run({ size, note }) {
    const { seconds, instances, subscribers } = SIZES[size];
    const stage = await openStage();
    try {
      const side = await stage.startSide('ours', {
        leaseSeconds: LEASE_SECONDS,
        environment: { POLL_SCHEDULE: '* * * * * *', CLAIM_SECONDS: String(CLAIM_SECONDS) },
      });
      const ids = Array.from({ length: instances }, () => stage.addInstance(1));
      for (const instanceId of ids) {
        await subscribe(side, { instanceId, segment: 0, urls: stage.flowUrls(subscribers, `flows/${instanceId}`) });
        await instanceRegistry(side.tables).register(instanceId);
      }
      const round = await stage.sink.begin({ answerDelayMs: ANSWER_DELAY_MS });
      const distinct = async (): Promise<number> => new Set((await round.arrivals()).map(({ id }) => id)).size;

      let raised = 0;
      const driving = setInterval(() => {
        for (const instanceId of ids) stage.raise(instanceId, 0);
        raised += ids.length;
      }, 1_000);
      let { app } = side;
      const inFlight: number[] = [];
      for (let killed = 0; killed < Math.floor((seconds * 1_000) / KILL_EVERY_MS); killed++) {
        await pause(KILL_EVERY_MS);
        await app.kill();
        inFlight.push((await distinct()) - (await recorded(side, ids)));
        note(`kill ${killed + 1}: ${inFlight.at(-1)} calls had arrived and were not written down`);
        app = await side.startApp();
      }
      clearInterval(driving);
      const expected = raised * subscribers;
      for (let waitedMs = 0; waitedMs < DRAIN_MS && (await distinct()) < expected; waitedMs += 500) await pause(500);
      const arrivals = await round.arrivals();
      const arrived = new Set(arrivals.map(({ id }) => id)).size;
      const lost = expected - arrived;
      const doubled = arrivals.length - arrived;
      const unwritten = inFlight.reduce((sum, count) => sum + count, 0);
      return {
        title: 'Kill -9',
        text: `The host is killed (SIGKILL) every 5 s for ${seconds} s and restarted immediately, while ${instances} segments with ${subscribers} subscribers each cross a
threshold every second. _In flight_ are the calls that had arrived at a kill and had no recorded outcome yet. Claims last
${CLAIM_SECONDS} s and leases of messages ${LEASE_SECONDS} s here, so that all deliveries end within a minute after the last kill.`,
        targets: [
          { what: 'deliveries lost', target: '0', measured: String(lost), met: lost === 0 },
          {
            what: 'deliveries doubled',
            target: `≤ ${unwritten}, those in flight at the kills`,
            measured: String(doubled),
            met: doubled <= unwritten,
          },
        ],
        tables: [
          {
            columns: ['deliveries', 'arrived', 'lost', 'doubled', 'in flight at each kill'],
            rows: [[expected, arrived, lost, doubled].map(String).concat(inFlight.join(' · '))],
          },
        ],
      };
    } finally {
      await stage.stop();
    }
  },
};

/** Counts the deliveries with a recorded outcome. */
async function recorded({ tables }: Side, instanceIds: readonly string[]): Promise<number> {
  let count = 0;
  for (const partition of instanceIds) {
    for await (const { values } of allRows(tables, activityTable(monthOf(Date.now())), {
      partition,
      where: { kind: 'chunk' },
    })) {
      count += Number(values['deliveredCount']) + Number(values['troubled']);
    }
  }
  return count;
}

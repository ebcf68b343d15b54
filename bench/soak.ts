import { instanceRegistry } from '../shared/subscriptions/instance-registry.ts';
import { shown, type Benchmark } from './benchmark.ts';
import { flatnessTargets } from './soak/flatness.ts';
import { chartOf, tableOf } from './soak/show-watched.ts';
import { watch } from './soak/watch.ts';
import { openStage, pause, subscribe, waitAtMost, type Side, type Stage } from './stage/bench-stage.ts';
import { openInspector } from './stage/live-heap.ts';

const SIZES = {
  // Polls every 5 s. Resources that a poll or its message does not release show twelve times as
  // soon as with the default of one minute.
  full: { pollSeconds: 5, instances: 4, segments: 5, eventsPerMinute: 100, warmUpSeconds: 60, seconds: 300 },
  tiny: { pollSeconds: 1, instances: 1, segments: 2, eventsPerMinute: 120, warmUpSeconds: 2, seconds: 4 },
};

const SUBSCRIBERS = 10;
/**
 * Subscribers of the first segment: more than a chunk has, so that the queue of deliveries is used
 * too.
 */
const MOST_SUBSCRIBERS = 300;
/** The response time of a flow platform's front end. */
const ANSWER_DELAY_MS = 25;
/** How long the remaining deliveries may take after the last event. */
const DRAIN_MS = 60_000;

interface Subject {
  readonly instanceId: string;
  readonly segment: number;
  readonly subscribers: number;
}

/** Watches the host for minutes under a steady load. A leak or backlog shows as a rising line. */
export const soak: Benchmark = {
  about: 'memory, handles and queue age over 5 minutes at 100 events a minute',
  async run({ size, note }) {
    const { pollSeconds, instances, segments, eventsPerMinute, warmUpSeconds, seconds } = SIZES[size];
    const stage = await openStage();
    try {
      let inspectorUrl = '';
      const side = await stage.startSide('ours', {
        environment: {
          POLL_SCHEDULE: `*/${pollSeconds} * * * * *`,
          RATE_LIMIT_CALLS: '100',
          NODE_OPTIONS: '--inspect=127.0.0.1:0',
        },
        output: (line) => (inspectorUrl ||= /^Debugger listening on (ws:\S+)$/.exec(line)?.[1] ?? ''),
      });
      const inspector = await openInspector(inspectorUrl);
      const subjects = await addSubjects(stage, side, { instances, segments });

      const events = Math.round(((warmUpSeconds + seconds) * eventsPerMinute) / 60);
      const raises = Array.from({ length: events }).flatMap((_, event) => subjects[event % subjects.length] ?? []);
      const expected = raises.reduce((sum, { subscribers }) => sum + subscribers, 0);
      const round = await stage.sink.begin({ answerDelayMs: ANSWER_DELAY_MS, expected });
      const raiseAll = async (): Promise<void> => {
        const startedMs = performance.now();
        for (const [event, { instanceId, segment }] of raises.entries()) {
          await pause(Math.max(0, startedMs + (event * 60_000) / eventsPerMinute - performance.now()));
          stage.raise(instanceId, segment);
          if (event % eventsPerMinute === 0) note(`${event} of ${events} events`);
        }
      };
      const watching = watch({ pid: side.app.pid, inspector, queues: side.queues }, (warmUpSeconds + seconds) * 1_000);
      const [watched] = await Promise.all([watching, raiseAll()]);
      inspector.close();

      await waitAtMost(DRAIN_MS, round.complete);
      for (const { instanceId } of subjects) await side.drain(instanceId);
      // One more poll, which would resend undelivered events.
      await pause(pollSeconds * 1_000);
      const arrivals = await round.arrivals();
      const accepted = arrivals.filter(({ isRefused }) => !isRefused);
      const arrived = new Set(accepted.map(({ id }) => id)).size;
      const lost = expected - arrived;
      const doubled = accepted.length - arrived;
      const countedFromMinute = warmUpSeconds / 60;
      return {
        title: 'Soak',
        text: `The host runs for ${seconds} s at ${eventsPerMinute} events per minute, after ${warmUpSeconds} s of the same load that are not counted (shaded). ${subjects.length} segments of ${instances} instances cross a
threshold in turn. One has ${MOST_SUBSCRIBERS} subscribers, more than a chunk, the others ${SUBSCRIBERS}. One subscriber of each responds with 503 at first, so that retries occur
throughout. The timer polls every ${pollSeconds} s instead of once a minute, so that leaks of a poll show twelve times as soon. The history that a poll
reads grows by two evaluations per event. _Heap in use_ is the heap after a full garbage collection, which runs every 15 s and also keeps
garbage from raising the resident memory. _Due_ is the age of messages that the host could have received. For a retry, it starts after the
delay of 5 s. Jitter and storage's whole seconds add up to 1.5 s. The targets for memory use the regression line through all counted
values.`,
        targets: [
          ...flatnessTargets(watched, { countedFromMinute, pollSeconds, instances }),
          { what: 'deliveries lost', target: '0', measured: String(lost), met: lost === 0 },
          { what: 'deliveries doubled', target: '0', measured: String(doubled), met: doubled === 0 },
        ],
        tables: [
          {
            columns: ['deliveries', 'arrived', 'refused once', 'lost', 'doubled'],
            rows: [[expected, arrived, arrivals.length - accepted.length, lost, doubled].map(shown)],
          },
          tableOf(watched, countedFromMinute),
        ],
        lines: chartOf(watched, countedFromMinute),
      };
    } finally {
      await stage.stop();
    }
  },
};

/**
 * Creates polled segments with their subscribers. The last subscriber of each refuses every
 * delivery once.
 */
async function addSubjects(
  stage: Stage,
  side: Side,
  { instances, segments }: { instances: number; segments: number },
): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (let count = 0; count < instances; count++) {
    const instanceId = stage.addInstance(segments);
    for (let segment = 0; segment < segments; segment++) {
      const subscribers = subjects.length === 0 ? MOST_SUBSCRIBERS : SUBSCRIBERS;
      const name = `${instanceId}-${segment}`;
      const urls = [...stage.flowUrls(subscribers - 1, `flows/${name}`), ...stage.flowUrls(1, `refuse-once/${name}`)];
      await subscribe(side, { instanceId, segment, urls });
      subjects.push({ instanceId, segment, subscribers });
    }
    await instanceRegistry(side.tables).register(instanceId);
  }
  return subjects;
}

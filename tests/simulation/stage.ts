import { AsyncLocalStorage } from 'node:async_hooks';
import type { Backend } from '../../shared/backend.ts';
import { FUNCTION_TIMEOUT_MS } from '../../shared/deliveries/lifetimes.ts';
import { CustomerInsightsError } from '../../shared/insights/customer-insights.ts';
import { StorageError } from '../../shared/storage/tables.ts';
import { diceOf, type Dice } from './dice.ts';
import { namesOf, type Names } from './names.ts';
import { CLAIM_MS, clockErrorMs, type Outage, type Plan } from './plan.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createTrace, type Trace } from './trace.ts';

/** One process of the app. */
export interface Worker {
  readonly name: string;
  /** How far its clock is ahead of true time. */
  offsetMs: number;
  frozenUntilMs: number;
  backend: Backend;
  readonly runs: Set<Run>;
}

export type RunEnd =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'crashed' };

/** One invocation by a worker: a message, a timer or an HTTP call. */
export interface Run {
  readonly number: number;
  readonly what: string;
  readonly worker: Worker;
  readonly startedAtMs: number;
  state: 'going' | 'ended' | 'crashed';
  /** The faults during the run. They explain a second POST of a delivery. */
  readonly faults: Set<string>;
}

/** A message that its sender considers sent and that nobody receives. */
export interface LostMessage {
  readonly atMs: number;
  readonly queue: string;
  readonly message: object;
}

/** One call of a port, subject to the simulated faults. */
export interface PortCall<T> {
  readonly port: 'storage' | 'Customer Insights';
  /** For the trace. */
  readonly name: () => string;
  readonly perform: () => Promise<T>;
  readonly fate: 'answered' | 'fails-before' | 'fails-after' | 'echoes';
  readonly slowMs?: number;
  readonly failure: () => Error;
  /** For the trace. */
  readonly tell?: (result: T) => string;
}

/** The environment of a simulation: time, randomness, workers and their faults. */
export interface Stage {
  readonly plan: Plan;
  readonly names: Names;
  readonly dice: Dice;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly workers: Worker[];
  /** The run that is calling. */
  currentRun(): Run;
  /** The times at which a clock jumped. */
  readonly jumps: number[];
  /** Messages that were lost. */
  readonly lost: LostMessage[];
  /** The ids of jobs that Customer Insights lists and refuses to return by id. */
  readonly unreadableJobs: Set<string>;
  /** Whether the message that is about to be sent is lost. Records it if so. */
  loses(queue: string, message: object): boolean;
  /** When the dependency that is unavailable now returns. `undefined` when it is available. */
  backAtMs(of: Outage['of']): number | undefined;
  /** The number of messages sent so far. */
  messages(): number;
  /** When the faults stopped. */
  calmSinceMs(): number | undefined;
  isCalm(): boolean;
  /** Stops the faults, corrects the clocks and thaws frozen workers. */
  calmDown(): void;
  violate(what: string): void;
  violation(): string | undefined;
  /** Counts a kind of fault or an action of a flow's owner. */
  count(what: string): void;
  /** The counts, by kind. */
  readonly counts: ReadonlyMap<string, number>;
  storageCalls(): number;
  /** Starts a run on a worker that is not frozen, as soon as there is one. */
  start(what: string, work: (backend: Backend) => Promise<unknown>, onEnd: (end: RunEnd, run: Run) => void): void;
  through<T>(call: PortCall<T>): Promise<T>;
  /**
   * Gives a response to a run: never if its worker has crashed, late if it is frozen. The worker
   * may crash at this moment.
   */
  answer(run: Run, atMs: number, resume: () => void): void;
  latencyMs(): number;
}

/** Many times the calls that a simulation needs after the faults have stopped. */
const MAX_CALM_CALLS = 100_000;
/**
 * Shared by all simulations. Each further storage would add an entry to the context that all share.
 */
const current = new AsyncLocalStorage<Run>();
const FATES = {
  'fails-before': 'fails before it took effect',
  'fails-after': 'fails after it took effect',
  echoes: 'is made twice and answered 409 or 412',
};
const NOBODY: Backend = {} as Backend;

export function createStage(plan: Plan, makeBackend: (stage: Stage, worker: Worker) => Backend): Stage {
  const dice = diceOf(plan.seed * 2 + 1);
  const timeline = createTimeline(plan.startMs);
  const trace = createTrace(plan.startMs);
  let calm = false;
  let calmSinceMs: number | undefined;
  let messages = 0;
  /** Separate dice, so that the rest does not depend on these. */
  const lossDice = diceOf(plan.seed * 13 + 7);
  const timeoutDice = diceOf(plan.seed * 23 + 17);
  let violation: string | undefined;
  const counts = new Map<string, number>();
  let storageCalls = 0;
  let calmCalls = 0;
  let runs = 0;

  const tell = (who: string, what: string | (() => string)): void => trace.add(timeline.now(), who, what);
  const isFrozen = (worker: Worker): boolean => worker.frozenUntilMs > timeline.now();

  const crash = (worker: Worker): void => {
    tell(worker.name, 'CRASHES');
    stage.count('worker crashes');
    const lost = [...worker.runs];
    worker.runs.clear();
    worker.frozenUntilMs = 0;
    worker.backend = makeBackend(stage, worker);
    for (const run of lost) {
      run.state = 'crashed';
      run.faults.add('crashed');
      endings.get(run)?.({ kind: 'crashed' }, run);
      endings.delete(run);
    }
  };
  const freeze = (worker: Worker): void => {
    const forMs = dice.pick([30_000, 130_000, 200_000, 400_000, 700_000]);
    tell(worker.name, `FREEZES for ${forMs / 1000} s`);
    stage.count(forMs > CLAIM_MS ? 'worker freezes beyond its claim' : 'worker freezes for less than its claim');
    worker.frozenUntilMs = timeline.now() + forMs;
    for (const run of worker.runs) run.faults.add('froze');
  };
  /**
   * The host ends a function that runs for too long, together with its process. A process that
   * freezes alone is ended while it is frozen. When the whole machine freezes, the host notices
   * afterwards.
   */
  const endLongRun = (run: Run): boolean => {
    if (run.state !== 'going') return false;
    if (calmSinceMs !== undefined && run.startedAtMs >= calmSinceMs) {
      stage.violate(`${run.what} runs for longer than functionTimeout although all is calm`);
      return false;
    }
    const { worker } = run;
    if (isFrozen(worker) && timeoutDice.chance(0.5)) {
      timeline.at(worker.frozenUntilMs + timeoutDice.between(0, 50), () => endLongRun(run));
      return false;
    }
    tell(worker.name, () => `#${run.number} ${run.what} exceeds functionTimeout`);
    stage.count('function exceeds functionTimeout');
    crash(worker);
    return true;
  };
  const endings = new Map<Run, (end: RunEnd, run: Run) => void>();
  const end = (run: Run, how: RunEnd): void => {
    if (run.state !== 'going') return;
    run.state = 'ended';
    run.worker.runs.delete(run);
    if (how.kind === 'failed' && !isExpected(how.error)) {
      const { error } = how;
      stage.violate(`${run.what} threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    tell(run.worker.name, () => `#${run.number} ${run.what}: ${how.kind === 'failed' ? String(how.error) : how.kind}`);
    endings.get(run)?.(how, run);
    endings.delete(run);
  };

  const stage: Stage = {
    plan,
    names: namesOf(plan),
    dice,
    timeline,
    trace,
    workers: [],
    jumps: [],
    lost: [],
    unreadableJobs: new Set(),
    loses(queue, message) {
      messages += 1;
      if (messages !== plan.losesMessage && (calm || !lossDice.chance(plan.losses))) return false;
      stage.lost.push({ atMs: timeline.now(), queue, message });
      stage.count('message is lost');
      tell('-', () => `LOST of ${queue}: ${JSON.stringify(message)}`);
      return true;
    },
    messages: () => messages,
    backAtMs(of) {
      if (calm) return undefined;
      const sinceMs = timeline.now() - plan.startMs;
      const now = plan.outages.filter(
        (one) => one.of === of && one.afterMs <= sinceMs && sinceMs < one.afterMs + one.lastsMs,
      );
      return now.length === 0 ? undefined : plan.startMs + Math.max(...now.map((one) => one.afterMs + one.lastsMs));
    },
    calmSinceMs: () => calmSinceMs,
    currentRun() {
      const run = current.getStore();
      if (run === undefined) throw new Error('a port was called outside of any run');
      return run;
    },
    isCalm: () => calm,
    calmDown() {
      calm = true;
      calmSinceMs = timeline.now();
      for (const worker of stage.workers) Object.assign(worker, { offsetMs: 0, frozenUntilMs: 0 });
      tell('-', 'ALL IS CALM');
    },
    violate(what) {
      violation ??= what;
      tell('-', `VIOLATION ${what}`);
    },
    violation: () => violation,
    count(what) {
      counts.set(what, (counts.get(what) ?? 0) + 1);
    },
    counts,
    storageCalls: () => storageCalls,
    start(what, work, onEnd) {
      // No process is left that could know of it.
      if (stage.backAtMs('app') !== undefined) {
        timeline.at(timeline.now() + 1, () => {
          const [worker] = stage.workers as [Worker];
          const nobody: Run = {
            number: 0,
            what,
            worker,
            startedAtMs: timeline.now(),
            state: 'ended',
            faults: new Set(),
          };
          onEnd({ kind: 'failed', error: new StorageError('the app', 'is away') }, nobody);
          return true;
        });
        return;
      }
      const awake = stage.workers.filter((worker) => !isFrozen(worker));
      if (awake.length === 0) {
        timeline.at(Math.min(...stage.workers.map(({ frozenUntilMs }) => frozenUntilMs)), () => {
          stage.start(what, work, onEnd);
          return true;
        });
        return;
      }
      const worker = dice.pick(awake);
      const startedAtMs = timeline.now();
      const run: Run = { number: ++runs, what, worker, startedAtMs, state: 'going', faults: new Set() };
      worker.runs.add(run);
      endings.set(run, onEnd);
      timeline.at(startedAtMs + FUNCTION_TIMEOUT_MS, () => endLongRun(run));
      tell(worker.name, () => `#${run.number} ${what}: begins`);
      current
        .run(run, () => work(worker.backend))
        .then(
          (value) => end(run, { kind: 'done', value }),
          (error: unknown) => end(run, { kind: 'failed', error }),
        );
    },
    latencyMs: () => (calm ? 0 : 1 + Math.floor(plan.latencyMs * dice.fraction() ** 3)),
    through({ port, name, perform, fate: drawn, slowMs = 0, failure, tell: result }) {
      const fate = stage.backAtMs(port) === undefined ? drawn : 'fails-before';
      const run = stage.currentRun();
      const act = async (): Promise<Awaited<ReturnType<typeof perform>>> => {
        const value = await perform();
        tell(run.worker.name, () => `#${run.number} ${name()}${result ? ` → ${result(value)}` : ''}`);
        return value;
      };
      if (port === 'storage') storageCalls += 1;
      if (calm) {
        // In the calm, calls are answered immediately, so a run that calls again and again would
        // never let time pass.
        if (++calmCalls <= MAX_CALM_CALLS) return act();
        stage.violate(`${run.what} still calls after ${MAX_CALM_CALLS} calls in the calm: ${name()}`);
        return new Promise(() => undefined);
      }
      if (fate !== 'answered') stage.count(`${port} call ${FATES[fate]}`);
      if (slowMs > 0) stage.count(`${port} call is slow`);
      if (fate !== 'answered' || slowMs > 20_000) run.faults.add(fate);
      return new Promise((resolve, reject) => {
        const effectAtMs = timeline.now() + slowMs + stage.latencyMs();
        let outcome: Promise<Awaited<ReturnType<typeof perform>>> | undefined;
        const takeEffect = (): boolean => {
          // A request may have been sent before its process crashed.
          if (run.state === 'crashed' && dice.chance(0.5)) return false;
          outcome = act();
          outcome.catch(() => undefined);
          return false;
        };
        if (fate !== 'fails-before') timeline.at(effectAtMs, takeEffect);
        const echoAtMs = effectAtMs + 2 * stage.latencyMs();
        if (fate === 'echoes') timeline.at(echoAtMs, takeEffect);
        stage.answer(run, echoAtMs + stage.latencyMs(), () => {
          if (fate === 'answered' || fate === 'echoes') {
            resolve(outcome as Promise<never>);
            return;
          }
          tell(run.worker.name, () => `#${run.number} ${name()} ${fate.toUpperCase()}`);
          reject(withoutStack(failure));
        });
      });
    },
    answer(run, atMs, resume) {
      timeline.at(atMs, () => {
        const { worker } = run;
        if (run.state === 'crashed') return false;
        if (isFrozen(worker)) {
          stage.answer(run, worker.frozenUntilMs + dice.between(0, 50), resume);
          return false;
        }
        if (!calm && dice.chance(plan.crash)) {
          crash(worker);
          return true;
        }
        if (!calm && dice.chance(plan.freeze)) {
          freeze(worker);
          stage.answer(run, worker.frozenUntilMs + dice.between(0, 50), resume);
          return false;
        }
        resume();
        return true;
      });
    },
  };

  for (let index = 1; index <= plan.workers; index++) {
    const offsetMs = dice.between(-plan.skewMs, plan.skewMs);
    const worker: Worker = { name: `worker-${index}`, offsetMs, frozenUntilMs: 0, backend: NOBODY, runs: new Set() };
    worker.backend = makeBackend(stage, worker);
    stage.workers.push(worker);
  }
  for (const { of, afterMs, lastsMs } of plan.outages) {
    timeline.at(plan.startMs + afterMs, () => {
      stage.count(`${of} is away`);
      tell('-', `${of} IS AWAY for ${lastsMs / 1000} s`);
      if (of === 'app') for (const worker of stage.workers) crash(worker);
      return true;
    });
  }
  for (let jump = 0; jump < plan.clockJumps; jump++) {
    timeline.at(plan.startMs + dice.between(0, plan.stormMs), () => {
      if (calm) return false;
      const worker = dice.pick(stage.workers);
      const byMs = dice.between(-plan.longestJumpMs, plan.longestJumpMs);
      worker.offsetMs = Math.max(-clockErrorMs(plan), Math.min(clockErrorMs(plan), worker.offsetMs + byMs));
      stage.jumps.push(timeline.now());
      stage.count('clock jumps');
      tell(worker.name, `CLOCK JUMPS by ${byMs / 1000} s`);
      return false;
    });
  }
  return stage;
}

/** Injected failures are numerous, and their stacks are of no use. */
function withoutStack(make: () => Error): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Failures of dependencies. Any other rejection of a run is a bug. */
function isExpected(error: unknown): boolean {
  return error instanceof StorageError || error instanceof CustomerInsightsError;
}

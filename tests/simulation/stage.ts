import { AsyncLocalStorage } from 'node:async_hooks';
import type { Backend } from '../../shared/backend.ts';
import { FUNCTION_TIMEOUT_MS } from '../../shared/deliveries/lifetimes.ts';
import { CustomerInsightsError } from '../../shared/insights/customer-insights.ts';
import { StorageError } from '../../shared/storage/tables.ts';
import { diceOf, type Dice } from './dice.ts';
import { CLAIM_MS, clockErrorMs, type Outage, type Plan } from './plan.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createTrace, type Trace } from './trace.ts';

/** One process of the app. */
export interface Worker {
  readonly name: string;
  /** Its clock is this much ahead of true time. */
  offsetMs: number;
  frozenUntilMs: number;
  backend: Backend;
  readonly runs: Set<Run>;
}

export type RunEnd =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'crashed' };

/** One invocation: a message, a timer or an HTTP call in the hands of a worker. */
export interface Run {
  readonly number: number;
  readonly what: string;
  readonly worker: Worker;
  readonly startedAtMs: number;
  state: 'going' | 'ended' | 'crashed';
  /** What befell it: explains a second POST of a delivery. */
  readonly misfortunes: Set<string>;
}

/** A message that its sender takes for sent, and that nobody receives. */
export interface LostMessage {
  readonly atMs: number;
  readonly queue: string;
  readonly message: object;
}

/** One call of a port on its way through the storm. */
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

/** Where everything happens: time, chance, workers and what befalls them. */
export interface Stage {
  readonly plan: Plan;
  readonly dice: Dice;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly workers: Worker[];
  /** The run that is calling. */
  currentRun(): Run;
  /** Instants at which some clock jumped. */
  readonly jumps: number[];
  /** Messages that were lost. */
  readonly lost: LostMessage[];
  /** Whether the message that is about to be sent is lost; then it is noted. */
  loses(queue: string, message: object): boolean;
  /** When what is away now is back; `undefined`: it is there. */
  backAtMs(of: Outage['of']): number | undefined;
  /** Messages sent so far. */
  messages(): number;
  /** When all became calm. */
  calmSinceMs(): number | undefined;
  isCalm(): boolean;
  /** Faults stop, clocks agree, nobody is frozen. */
  calmDown(): void;
  violate(what: string): void;
  violation(): string | undefined;
  /** Notes that some kind of misfortune befell somebody, or that a flow's owner did something. */
  count(what: string): void;
  /** How often, by what was noted. */
  readonly counts: ReadonlyMap<string, number>;
  storageCalls(): number;
  /** Starts on a worker that is not frozen, as soon as there is one. */
  start(what: string, work: (backend: Backend) => Promise<unknown>, onEnd: (end: RunEnd, run: Run) => void): void;
  through<T>(call: PortCall<T>): Promise<T>;
  /** Something comes back to a run: lost if it crashed, late if it is frozen, and a moment at which it may crash. */
  answer(run: Run, atMs: number, settle: () => void): void;
  latencyMs(): number;
}

/** Many times what a world needs that comes to rest. */
const MAX_CALM_CALLS = 100_000;
/** Of one world after the other: a storage each would add an entry to the context that all of them share. */
const current = new AsyncLocalStorage<Run>();
const FATES = {
  'fails-before': 'fails before it took effect',
  'fails-after': 'fails after it took effect',
  echoes: 'is made twice and told 409 or 412',
};
const NOBODY: Backend = {} as Backend;

export function createStage(plan: Plan, makeBackend: (stage: Stage, worker: Worker) => Backend): Stage {
  const dice = diceOf(plan.seed * 2 + 1);
  const timeline = createTimeline(plan.startMs);
  const trace = createTrace(plan.startMs);
  let calm = false;
  let calmSinceMs: number | undefined;
  let messages = 0;
  /** Of their own: what else happens does not depend on these. */
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
      run.misfortunes.add('crashed');
      endings.get(run)?.({ kind: 'crashed' }, run);
      endings.delete(run);
    }
  };
  const freeze = (worker: Worker): void => {
    const forMs = dice.pick([30_000, 130_000, 200_000, 400_000, 700_000]);
    tell(worker.name, `FREEZES for ${forMs / 1000} s`);
    stage.count(forMs > CLAIM_MS ? 'worker freezes beyond its claim' : 'worker freezes for less than its claim');
    worker.frozenUntilMs = timeline.now() + forMs;
    for (const run of worker.runs) run.misfortunes.add('froze');
  };
  /**
   * The host ends a function that runs for too long, together with its process. A process that freezes alone is ended while it is
   * frozen. When the whole machine freezes, the host notices afterwards.
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
    dice,
    timeline,
    trace,
    workers: [],
    jumps: [],
    lost: [],
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
      // Nobody is there who could know of it.
      if (stage.backAtMs('app') !== undefined) {
        timeline.at(timeline.now() + 1, () => {
          const [worker] = stage.workers as [Worker];
          const nobody: Run = {
            number: 0,
            what,
            worker,
            startedAtMs: timeline.now(),
            state: 'ended',
            misfortunes: new Set(),
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
      const run: Run = { number: ++runs, what, worker, startedAtMs, state: 'going', misfortunes: new Set() };
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
        // Nothing makes a call wait that is answered at once: whoever asks again and again would never let anybody look.
        if (++calmCalls <= MAX_CALM_CALLS) return act();
        stage.violate(`${run.what} still calls after ${MAX_CALM_CALLS} calls in the calm: ${name()}`);
        return new Promise(() => undefined);
      }
      if (fate !== 'answered') stage.count(`${port} call ${FATES[fate]}`);
      if (slowMs > 0) stage.count(`${port} call is slow`);
      if (fate !== 'answered' || slowMs > 20_000) run.misfortunes.add(fate);
      return new Promise((resolve, reject) => {
        const effectAtMs = timeline.now() + slowMs + stage.latencyMs();
        let outcome: Promise<Awaited<ReturnType<typeof perform>>> | undefined;
        const takeEffect = (): boolean => {
          // A request of a process that has died may have left it before.
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
    answer(run, atMs, settle) {
      timeline.at(atMs, () => {
        const { worker } = run;
        if (run.state === 'crashed') return false;
        if (isFrozen(worker)) {
          stage.answer(run, worker.frozenUntilMs + dice.between(0, 50), settle);
          return false;
        }
        if (!calm && dice.chance(plan.crash)) {
          crash(worker);
          return true;
        }
        if (!calm && dice.chance(plan.freeze)) {
          freeze(worker);
          stage.answer(run, worker.frozenUntilMs + dice.between(0, 50), settle);
          return false;
        }
        settle();
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

/** Injected failures are many, and their stacks say nothing. */
function withoutStack(make: () => Error): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Broken dependencies; anything else that a run rejects with is a bug. */
function isExpected(error: unknown): boolean {
  return error instanceof StorageError || error instanceof CustomerInsightsError;
}

import type { MemoryInstance } from '../../shared/insights/memory-customer-insights.ts';
import { hasThreshold, triggerNames, triggers, type Trigger } from '../../shared/triggers/trigger.ts';
import { diceOf } from './dice.ts';
import type { Fact, Happened } from './fact.ts';
import { createJobs } from './job-script.ts';
import { shownWhen } from './source-faults.ts';
import type { Stage } from './stage.ts';

export interface SourceScript {
  /** What Customer Insights held at a time. */
  heldAt(atMs: number): MemoryInstance;
  /** Whether something will still happen. */
  isBusy(): boolean;
}

const REFRESHES = triggerNames.filter((trigger) => !hasThreshold(trigger));

/** Values on both sides of one threshold, so that rises often cross it. */
const VALUES = [80, 90, 100, 100.5, 110, 120];

/**
 * Makes values change and jobs run in one instance before the calm. Adds the facts as they happen.
 */
export function liveSources(
  stage: Stage,
  { data, instance, facts }: { readonly data: MemoryInstance; readonly instance: number; readonly facts: Fact[] },
): SourceScript {
  const { plan, timeline, names } = stage;
  // Separate dice, so that the rest does not depend on the neighbours and on what is odd.
  const dice = instance === 0 ? stage.dice : diceOf(plan.seed * 41 + 31 * instance);
  const odd = diceOf(plan.seed * 43 + 37 * instance);
  const versions: { readonly fromMs: number; readonly held: MemoryInstance }[] = [];
  const remember = (): void => void versions.push({ fromMs: timeline.now(), held: { ...data } });
  let lastInstantMs = plan.startMs - 60_000;
  /** Instants that are never equal. */
  const instant = (): string => {
    lastInstantMs = Math.max(lastInstantMs + 1, timeline.now() - dice.between(0, 20_000));
    return new Date(lastInstantMs).toISOString();
  };
  const publish = (happened: Happened, happenedAtMs = timeline.now()): void => {
    const publishedAtMs = timeline.now();
    const isLate = happenedAtMs < publishedAtMs;
    const list = triggers[happened.trigger].source;
    const shown = shownWhen(plan, { instance, list, publishedAtMs, isLate });
    facts.push({ ...happened, instance, happenedAtMs, publishedAtMs, ...shown });
    stage.trace.add(publishedAtMs, 'source', () => `FACT ${JSON.stringify(happened)}`);
  };
  let ahead = 0;
  const at = (atMs: number, action: () => void): void => {
    ahead += 1;
    timeline.at(atMs, () => {
      ahead -= 1;
      action();
      remember();
      return false;
    });
  };
  const inStorm = (action: () => void): void => at(plan.startMs + dice.between(0, plan.stormMs), action);
  const later = (action: () => void): void =>
    at(timeline.now() + dice.between(0, Math.min(plan.stormMs / 6, 2 * plan.pollEveryMs)), action);
  const wants = (...triggers: Trigger[]): boolean => triggers.some((trigger) => plan.triggers.includes(trigger));

  data.dataSources = names.sources.map(({ id, name }) => ({
    dataSourceId: id,
    name,
    displayName: name,
    active: true,
    refreshState: 'updated',
    lastRefreshAt: undefined,
  }));
  data.segments = [{ name: names.segment, displayName: 'VIP', state: 'active', latest: undefined, history: [] }];
  data.measures = [
    {
      name: names.measure,
      displayName: 'Revenue',
      withoutDimension: true,
      latestState: 'completed',
      latestError: undefined,
      output: undefined,
      outputHistory: [],
      failures: [],
    },
  ];

  const evaluateSegment = (): void => {
    const [segment] = data.segments;
    if (segment === undefined) return;
    const evaluatedAt = instant();
    const status = dice.pick([
      'completedsuccess',
      'completedsuccess',
      'completedsuccess',
      'completedfailure',
      'running',
    ]);
    const memberCount = dice.pick(VALUES);
    const latest = { status, evaluatedAt, memberCount, error: undefined };
    const before = segment.history.at(-1);
    const isDone = status === 'completedsuccess';
    data.segments = [{ ...segment, latest, history: isDone ? [...segment.history, latest] : segment.history }];
    const previousValue = before?.memberCount;
    if (isDone && previousValue !== undefined && previousValue < memberCount) {
      publish({ trigger: 'segment-threshold-crossed', occurredAt: evaluatedAt, previousValue, value: memberCount });
    }
  };
  const evaluateMeasure = (): void => {
    const [measure] = data.measures;
    if (measure === undefined) return;
    const output = { evaluatedAt: instant(), value: dice.pick(VALUES) };
    const previousValue = measure.outputHistory.at(-1)?.value;
    data.measures = [{ ...measure, output, outputHistory: [...measure.outputHistory, output] }];
    if (previousValue !== undefined && previousValue < output.value) {
      publish({
        trigger: 'measure-threshold-crossed',
        occurredAt: output.evaluatedAt,
        previousValue,
        value: output.value,
      });
    }
  };
  if (wants('segment-threshold-crossed')) {
    if (dice.chance(0.8)) evaluateSegment();
    for (let count = 0; count < plan.evaluations; count++) inStorm(evaluateSegment);
  }
  if (wants('measure-threshold-crossed')) {
    if (dice.chance(0.8)) evaluateMeasure();
    for (let count = 0; count < plan.evaluations; count++) inStorm(evaluateMeasure);
  }

  if (REFRESHES.some((trigger) => wants(trigger))) {
    const startJob = createJobs({ stage, data, dice, odd, at, later, instant, publish });
    if (dice.chance(0.5)) startJob();
    for (let count = 0; count < plan.jobs; count++) inStorm(startJob);
    for (let count = 0; count < plan.endlessJobs; count++)
      at(plan.startMs + odd.between(0, plan.stormMs), () => startJob({ isEndless: true }));
  }
  remember();
  return {
    isBusy: () => ahead > 0,
    heldAt: (atMs) => (versions.findLast(({ fromMs }) => fromMs <= atMs) ?? versions[0])?.held ?? data,
  };
}

import type { Outcome } from './simulation.ts';

/** The totals of many simulations. Plain data, because it is sent between processes. */
export interface Tally {
  seeds: number;
  steps: number;
  callbacks: number;
  storageCalls: number;
  /** The number that were sent. */
  messages: number;
  /** How often each kind of fault occurred, and each action of a flow's owner. */
  readonly counts: Record<string, number>;
  /** The seeds of each kind of violation. */
  readonly violations: Record<string, number[]>;
}

export function emptyTally(): Tally {
  return { seeds: 0, steps: 0, callbacks: 0, storageCalls: 0, messages: 0, counts: {}, violations: {} };
}

export function addOutcome(
  tally: Tally,
  { seed, steps, posts, storageCalls, messages, counts, violation }: Outcome,
): void {
  addTally(tally, {
    ...{ seeds: 1, steps, callbacks: posts, storageCalls, messages, counts: Object.fromEntries(counts) },
    violations: violation === undefined ? {} : { [kindOf(violation)]: [seed] },
  });
}

export function addTally(tally: Tally, more: Tally): void {
  tally.seeds += more.seeds;
  tally.steps += more.steps;
  tally.callbacks += more.callbacks;
  tally.storageCalls += more.storageCalls;
  tally.messages += more.messages;
  for (const [what, count] of Object.entries(more.counts)) tally.counts[what] = (tally.counts[what] ?? 0) + count;
  for (const [kind, seeds] of Object.entries(more.violations)) (tally.violations[kind] ??= []).push(...seeds);
}

export function violationsOf({ violations }: Tally): number {
  return Object.values(violations).flat().length;
}

/** The whole tally, a line each: totals, faults, violations. */
export function summaryOf(tally: Tally): string[] {
  const { seeds, steps, callbacks, storageCalls, counts, violations } = tally;
  const number = (count: number): string => count.toLocaleString('en');
  return [
    `${number(seeds)} seeds: ${number(steps)} steps, ${number(callbacks)} callbacks, ${number(storageCalls)} storage calls`,
    ...Object.entries(counts)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([what, count]) => `  ${number(count).padStart(15)} × ${what}`),
    `${number(violationsOf(tally))} violations`,
    ...Object.entries(violations).map(([kind, of]) => `  ${of.length} × ${kind}: ${seedsText(of)}`),
  ];
}

/** The first dozen. */
function seedsText(seeds: readonly number[]): string {
  const sorted = seeds.toSorted((one, other) => one - other);
  return `seeds ${sorted.slice(0, 12).join(' ')}${sorted.length > 12 ? ' …' : ''}`;
}

/** A violation without its ids and times. */
function kindOf(violation: string): string {
  const [line = ''] = violation.split('\n');
  return line.replaceAll(/[\w-]*\d[\w:.-]*/g, '…').slice(0, 110);
}

import { shownNumber } from '../shown-number.ts';

/**
 * What was just read about a segment or measure, as far as it decides whether a threshold can be
 * crossed.
 */
export interface ReadSubject {
  /** The newest value, when there is one. */
  readonly latest?: { readonly value: number; readonly evaluatedAt: string } | undefined;
  /** Whether the value is a count, which is never below 0. */
  readonly isCount?: boolean;
  /** Whether the value is the number of members of a segment. */
  readonly isSegment?: boolean;
}

/**
 * Returns sentences that explain to the flow's maker why the next rise will not cross a threshold,
 * or why no value ever will. Pure.
 */
export function thresholdWarnings(
  threshold: number | undefined,
  { latest, isCount = false, isSegment = false }: ReadSubject,
): string[] {
  if (threshold === undefined) return [];
  const limit = shownNumber(threshold);
  if (isCount && threshold < 0) {
    return [
      `A count is never below 0, so it cannot rise from ${limit} or less, and this flow never starts. Use a Threshold of 0 or more.`,
    ];
  }
  if (threshold >= Number.MAX_VALUE) {
    return [`No number is above ${limit}, so this flow never starts. Use a smaller Threshold.`];
  }
  if (latest === undefined || latest.value <= threshold) return [];
  const value = shownNumber(latest.value);
  const at = `${latest.evaluatedAt.slice(0, 16).replace('T', ' ')} UTC`;
  const present = isSegment
    ? `The segment has ${value} ${latest.value === 1 ? 'member' : 'members'} (${at})`
    : `The measure is ${value} (${at})`;
  return [
    `${present}, already above ${limit}: the flow starts only after it has fallen to ${limit} or below and has risen above ${limit} again. If that is what you want, no action is needed. Otherwise, enter a Threshold of ${latest.value} or more.`,
  ];
}

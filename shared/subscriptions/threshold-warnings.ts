import { shownNumber } from '../shown-number.ts';

/** What was just read of a segment or measure, as far as it decides whether a threshold can be crossed. */
export interface ReadSubject {
  /** The newest value, when there is one. */
  readonly latest?: { readonly value: number; readonly evaluatedAt: string } | undefined;
  /** Whether the value is a number of things, which is never below 0. */
  readonly isCount?: boolean;
}

/** Why a threshold is not crossed by the next rise, or never, in sentences for the flow's maker. Pure. */
export function thresholdWarnings(threshold: number | undefined, { latest, isCount = false }: ReadSubject): string[] {
  if (threshold === undefined) return [];
  const limit = shownNumber(threshold);
  if (isCount && threshold < 0) {
    return [`A count is never below 0, so it cannot rise from ${limit} or less: this never fires. Use 0 or more.`];
  }
  if (threshold >= Number.MAX_VALUE) return [`No number is above ${limit}: this never fires.`];
  if (latest === undefined || latest.value <= threshold) return [];
  const at = latest.evaluatedAt.slice(0, 16).replace('T', ' ');
  return [
    `${shownNumber(latest.value)} now (${at} UTC): fires after it has fallen to ${limit} or below and risen above it again.`,
  ];
}

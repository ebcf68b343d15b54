import { shownNumber, withEveryDigit } from '../shown-number.ts';
import { instant, number, text } from './payload-schema.ts';
import type { RecipientSubject, Sampled, Titled } from './trigger-record.ts';

/** The properties that the payloads of all triggers with a threshold have in common. */
export const crossing = {
  displayName: text('Display Name', 'The name as Customer Insights shows it.'),
  threshold: number('Threshold', 'The threshold that this flow waited for.'),
  previousValue: number('Previous Value', 'The value before, which was not above the threshold.'),
  value: number('Value', 'The value that is above the threshold.'),
  evaluatedAt: instant('Evaluated At', 'When Customer Insights computed the value.'),
};

/** Two successive values of a segment or measure of which the second is higher. */
interface Rise {
  readonly previousValue: number;
  readonly value: number;
}

/** The title of a subscription: `Churn risk above 150`. */
export function crossingTitle({ subjectName, threshold }: Titled): string {
  return `${subjectName} above ${shownNumber(threshold ?? 0)}`;
}

/** The subscriptions whose threshold a value crossed (`previous <= threshold < value`). */
export function crossedThresholds(subject: string, { previousValue, value }: Rise): RecipientSubject {
  return { subject, thresholdFrom: previousValue, thresholdBelow: value };
}

/** What happened: `Churn risk rose from 120 to 180`. */
export function riseSentence({ displayName, previousValue, value }: Rise & { readonly displayName: string }): string {
  return `${displayName} rose from ${withEveryDigit(previousValue)} to ${withEveryDigit(value)}`;
}

/** The facts of a test event: the subject rises from the threshold to a number just above it. */
export function sampleRise({ subject, threshold = 0, occurredAt }: Sampled) {
  return { displayName: subject, previousValue: threshold, value: above(threshold), evaluatedAt: occurredAt };
}

/**
 * The next whole number above a threshold, or the next double where whole numbers are further apart
 * than 1.
 */
function above(threshold: number): number {
  const next = Math.floor(threshold) + 1;
  const value = next > threshold ? next : threshold + Math.abs(threshold) * Number.EPSILON;
  return Math.min(value, Number.MAX_VALUE);
}

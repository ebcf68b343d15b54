import { shownNumber } from '../shown-number.ts';
import type { DataSource, Instance, Measure, Segment } from './customer-insights.ts';
import { knownStatus } from './status-words.ts';

/**
 * The title of an instance in a drop-down, with its type unless it is production: `Contoso`,
 * `Contoso test (sandbox)`.
 */
export function instanceTitle({ name, instanceType }: Instance): string {
  return instanceType === undefined || instanceType === 'production' ? name : `${name} (${instanceType})`;
}

/** The title of a data source in a drop-down: `Contoso CRM`, `Old shop (inactive)`. */
export function dataSourceTitle({ displayName, active }: DataSource): string {
  return active ? displayName : `${displayName} (inactive)`;
}

/**
 * The title of a segment in a drop-down, with its size or the reason why it has none:
 * `Churn risk (160)`, `Lapsed customers (inactive)`.
 */
export function segmentTitle({ displayName, state = 'active', latest }: Segment): string {
  if (state !== 'active') return `${displayName} (${state})`;
  if (knownStatus(latest?.status) === 'failed') return `${displayName} (last evaluation failed)`;
  const size = latest?.memberCount;
  return `${displayName} (${size === undefined ? 'not evaluated yet' : shownNumber(size)})`;
}

/**
 * The title of a measure in a drop-down, with its value or the reason why it has none:
 * `Total revenue (1,250,340.75)`, `Best seller (no number: a text)`.
 */
export function measureTitle({ displayName, output }: Measure): string {
  if (output?.nonNumber !== undefined) return `${displayName} (no number: ${output.nonNumber})`;
  return `${displayName} (${output?.value === undefined ? 'not evaluated yet' : shownNumber(output.value)})`;
}

import { Type } from '@sinclair/typebox';
import type { BodyError } from '../problem.ts';

/** The schema of one end of a time range. */
export const timestamp = Type.String({ format: 'date-time' });

export type TimeRange =
  | { readonly kind: 'range'; readonly sinceMs: number; readonly untilMs: number | undefined }
  | { readonly kind: 'invalid'; readonly errors: readonly BodyError[] };

/**
 * Parses the time range of a request whose schema is already checked. Both ends belong to the
 * range. Pure.
 */
export function parseTimeRange({ since, until }: { readonly since: string; readonly until?: string }): TimeRange {
  const sinceMs = Date.parse(since);
  const untilMs = until === undefined ? undefined : Date.parse(until);
  // The schema's date-time format allows a leap second and an offset without minutes. `Date.parse`
  // does not.
  const unparsed = Object.entries({ since: sinceMs, until: untilMs }).filter(([, ms]) => Number.isNaN(ms));
  const errors = unparsed.map(([name]) => ({
    pointer: `/${name}`,
    message: 'must be an ISO 8601 timestamp with a time zone, such as 2026-11-30T10:32:00Z, and without a leap second',
  }));
  return errors.length > 0 ? { kind: 'invalid', errors } : { kind: 'range', sinceMs, untilMs };
}

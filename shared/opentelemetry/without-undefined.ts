import type { Attributes as OtelAttributes } from '@opentelemetry/api';
import type { Attributes } from '../telemetry/telemetry.ts';

/** Returns the attributes that have a value. */
export function withoutUndefined(attributes: Attributes): OtelAttributes {
  const values: OtelAttributes = {};
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) values[name] = value;
  return values;
}

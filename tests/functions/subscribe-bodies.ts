import { contosoInstanceId, storeDataSourceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';

/**
 * Stands in every callback URL of these tests and nowhere else: where it is found, a URL has
 * leaked.
 */
export const SECRET = 'S3CR3T';

/** A callback URL of the form that Power Automate hands out, another one for each name. */
export function callbackUrl(name: string): string {
  const trigger = `triggers%2FWhen_it_happens%2Fversions%2F08584700000000000000%2Frun%2C%2Ftriggers%2Fread`;
  return (
    `https://prod-12.westeurope.logic.azure.com:443/workflows/0123456789abcdef0123456789abcdef/triggers/When_it_happens` +
    `/versions/08584700000000000000/run?api-version=2016-06-01&sp=%2F${trigger}&sv=1.0&sig=${SECRET}-${encodeURIComponent(name)}`
  );
}

const inputs: Readonly<Record<Trigger, object>> = {
  'data-source-refresh-failed': { dataSourceId: storeDataSourceId },
  'data-source-refresh-succeeded': {},
  'segment-threshold-crossed': { segmentName: 'ChurnRisk', threshold: 200 },
  'measure-threshold-crossed': { measureName: 'TotalRevenue', threshold: 2_000_000 },
  'full-refresh-completed': {},
  'unification-refresh-completed': {},
};

/** A body that the trigger accepts, with `more` beside it. */
export function bodyOf(trigger: Trigger, name: string, more: object = {}): Record<string, unknown> {
  return { callbackUrl: callbackUrl(name), instanceId: contosoInstanceId, ...inputs[trigger], ...more };
}

export function subscriptionsOf(trigger: Trigger): string {
  return `triggers/${trigger}/subscriptions`;
}

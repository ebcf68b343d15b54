import { unreachable } from '../../shared/unreachable.ts';
import type { DeliveryChoice, DeliverySearch } from './route.ts';
import { deliveryStatuses, triggerNames } from './wording.ts';

/** The filters of the list of deliveries in words: `status Dead`, `last HTTP status 503`. */
export function filterWords(
  { status, ...search }: { readonly status: DeliveryChoice } & DeliverySearch,
  instanceName: (instanceId: string) => string,
): string[] {
  const words = Object.entries(search).flatMap(([name, value]: [string, string | undefined]) =>
    value === undefined ? [] : [wordsOf(name as keyof DeliverySearch, value, instanceName)],
  );
  return status === 'any' ? words : [`status ${deliveryStatuses[status]}`, ...words];
}

function wordsOf(name: keyof DeliverySearch, value: string, instanceName: (instanceId: string) => string): string {
  switch (name) {
    case 'q':
      return `text “${value}”`;
    case 'instanceId':
      return `instance ${instanceName(value)}`;
    case 'trigger':
      return `trigger ${Object.entries(triggerNames).find(([trigger]) => trigger === value)?.[1] ?? value}`;
    case 'flow':
      return `flow ${value}`;
    case 'deliveryCode':
      return `code ${value}`;
    case 'httpStatus':
      return `last HTTP status ${value}`;
    default:
      return unreachable(name);
  }
}

import type { Connector } from './connector.ts';
import { documentRules } from './document-rules.ts';
import { dynamicRules } from './dynamic-rules.ts';
import { operationRules } from './operation-rules.ts';
import { parameterRules } from './parameter-rules.ts';
import { propertiesRules } from './properties-rules.ts';
import type { Finding, Rule } from './rule.ts';
import { schemaRules } from './schema-rules.ts';
import { textRules } from './text-rules.ts';
import { webhookRules } from './webhook-rules.ts';

/**
 * What can be checked without Microsoft's own validator, which is online and wants a sign-in
 * (`paconn validate`), and is not said by its published JSON schemas.
 */
export const rules: readonly Rule[] = [
  ...documentRules,
  ...operationRules,
  ...parameterRules,
  ...schemaRules,
  ...dynamicRules,
  ...webhookRules,
  ...textRules,
  ...propertiesRules,
];

/** Everything that is wrong with a connector. */
export function lint(connector: Connector): Finding[] {
  return rules.flatMap(({ id, find }) => find(connector).map((place) => ({ id, place })));
}

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
 * The rules that can be checked without Microsoft's validator, which requires a sign-in
 * (`paconn validate`). They cover what its published JSON schemas do not.
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

/** Finds all violations of the rules in a connector. */
export function lint(connector: Connector): Finding[] {
  return rules.flatMap(({ id, find }) => find(connector).map((location) => ({ id, location })));
}

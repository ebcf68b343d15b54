import { createHash } from 'node:crypto';

/** The publisher's prefix. The names of all components in a solution begin with it. */
export const PREFIX = 'cit';

/**
 * A UUID of version 5 (RFC 9562) in this project's name space. It is the same in every build, so an
 * import updates the component that has the same id.
 */
export function componentIdOf(name: string): string {
  const hash = createHash('sha1').update(`customer-insights-triggers/${name}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/**
 * The name of the connector in Dataverse, in which the underscore after the prefix is written as
 * its character code.
 */
export const CONNECTOR_NAME = `${PREFIX}_5Fcustomerdatatriggers`;
export const CONNECTOR_ID = componentIdOf('connector');

/**
 * The name of the connector in flows. The last 16 digits stand for the environment in which a flow
 * was made. An import replaces them with those of its own environment, using the connector's name
 * and id.
 */
export const CONNECTOR_API = `shared_${PREFIX}-5fcustomerdatatriggers-5f${componentIdOf('environment').replaceAll('-', '').slice(0, 16)}`;

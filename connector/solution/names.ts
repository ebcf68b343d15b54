import { createHash } from 'node:crypto';

/** The prefix of the publisher, which the name of everything in a solution begins with. */
export const PREFIX = 'cit';

/**
 * An id that is the same in every build: import takes a component with the same id for the same one, and updates it. A UUID of version 5
 * (RFC 9562) in a name space of our own.
 */
export function idOf(name: string): string {
  const hash = createHash('sha1').update(`customer-insights-triggers/${name}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** The connector as Dataverse knows it: the underscore after the prefix is written as its code. */
export const CONNECTOR_NAME = `${PREFIX}_5Fcustomerdatatriggers`;
export const CONNECTOR_ID = idOf('connector');

/**
 * The connector as flows name it. The last 16 digits stand for an environment: a flow that comes from elsewhere has those of where it was
 * made, and import puts its own in their place, by the connector's name and id.
 */
export const CONNECTOR_API = `shared_${PREFIX}-5fcustomerdatatriggers-5f${idOf('environment').replaceAll('-', '').slice(0, 16)}`;

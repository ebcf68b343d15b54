import type { LookupAddress } from 'node:dns';
import { lookup as resolve } from 'node:dns/promises';

/**
 * Returns all addresses of a host name. Rejects or returns an empty list when the name cannot be
 * resolved.
 */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

/** The resolver of the operating system, which also reads the hosts file. */
export const systemLookup: Lookup = (hostname) => resolve(hostname, { all: true });

import { unreachable } from '../unreachable.ts';
import { hostNotAllowed, type CallbackPolicy } from './callback-policy.ts';
import type { Lookup } from './lookup.ts';

export type CallbackHostCheck =
  | { readonly kind: 'allowed' }
  /** `reason` is a sentence for the maker and contains no address. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The resolver did not respond. */
  | { readonly kind: 'unresolved' };

/**
 * Checks that all addresses of a host are in the allowed networks, for a host name that may not be
 * called at public addresses. Every call resolves and checks the name again. This check is made on
 * subscribe, to refuse a subscription whose calls would all be refused.
 */
export async function checkCallbackHost(
  host: string,
  { allowedNetworks }: Pick<CallbackPolicy, 'allowedNetworks'>,
  lookup: Lookup,
): Promise<CallbackHostCheck> {
  const resolved = await resolve(host, lookup);
  switch (resolved.kind) {
    case 'unresolved':
      return resolved;
    case 'unknown':
      return { kind: 'refused', reason: 'The host name of the callback URL does not exist.' };
    case 'resolved':
      return resolved.addresses.every((address) => allowedNetworks.contains(address))
        ? { kind: 'allowed' }
        : { kind: 'refused', reason: hostNotAllowed(host) };
    default:
      return unreachable(resolved);
  }
}

/** `unknown`: the name does not exist or has no address. */
type Resolved = { kind: 'resolved'; addresses: readonly string[] } | { kind: 'unknown' } | { kind: 'unresolved' };

async function resolve(host: string, lookup: Lookup): Promise<Resolved> {
  try {
    const addresses = (await lookup(host)).map(({ address }) => address);
    return addresses.length === 0 ? { kind: 'unknown' } : { kind: 'resolved', addresses };
  } catch (error) {
    // Node reports ENOTFOUND for a name that does not exist and for one without addresses
    // (nodejs.org/api/dns.html, error codes).
    const isUnknown = ['ENOTFOUND', 'ENODATA'].includes(String((error as { code?: unknown }).code));
    return { kind: isUnknown ? 'unknown' : 'unresolved' };
  }
}

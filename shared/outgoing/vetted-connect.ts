import type { LookupAddress } from 'node:dns';
import { lookup as resolve } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { CallbackReach } from './callback-policy.ts';
import type { NetworkList } from './network-list.ts';
import { isPublicAddress } from './public-address.ts';

/** All addresses of a host name. Rejects, or finds none, when the name cannot be resolved. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

/** The resolver of the operating system, which also knows its hosts file. */
export const systemLookup: Lookup = (hostname) => resolve(hostname, { all: true });

/** Why there is no connection. The first two: the guard refused to dial. */
export type ConnectFault = 'url-not-allowed' | 'address-not-public' | 'dns' | 'connect' | 'tls';

/** No connection was made. `cause` may name addresses: it is not for the maker of the flow. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly code: ConnectFault;
  constructor(code: ConnectFault, cause?: unknown) {
    super(`no connection: ${code}`, { cause });
    this.code = code;
  }
}

/** How many of a name's addresses are dialled, one after the other, before the connection is given up. */
const MAX_DIALLED_ADDRESSES = 8;

export interface VettedConnectOptions {
  readonly reach: CallbackReach;
  readonly allowedNetworks: NetworkList;
  readonly lookup: Lookup;
  /** After this long a connection that is still being made, over look-up, TCP and TLS together, is given up. */
  readonly timeoutMs: number;
}

/**
 * Makes connections for undici that lead only where `reach` allows. The look-up happens inside the connection, once, and what
 * is dialled is what was vetted: a name that changes its addresses in between gains nothing. If any address of a name is not
 * allowed, none is dialled. IP literals are not looked up by Node, so they must have been checked before.
 * Every failure is a `ConnectError`.
 */
export function vettedConnector(options: VettedConnectOptions): buildConnector.connector {
  const connect = buildConnector({ lookup: vettedLookup(options), timeout: options.timeoutMs });
  return (target, callback) =>
    connect(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(connectError(error, target.protocol), null);
    });
}

function vettedLookup({ reach, allowedNetworks, lookup }: VettedConnectOptions): LookupFunction {
  const mayDial = (address: string): boolean =>
    allowedNetworks.contains(address) || (reach === 'public' && isPublicAddress(address));
  const refusal = reach === 'public' ? 'address-not-public' : 'url-not-allowed';

  return (hostname, options, callback) => {
    lookup(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined) callback(new ConnectError('dns'), '');
        else if (!addresses.every(({ address }) => mayDial(address))) callback(new ConnectError(refusal), '');
        else if (options.all === true) callback(null, addresses.slice(0, MAX_DIALLED_ADDRESSES));
        else callback(null, first.address, first.family);
      },
      (cause: unknown) => callback(new ConnectError('dns', cause), ''),
    );
  };
}

/** Goes by the phase and not by lists of codes, of which TLS alone has dozens. */
function connectError(error: Error, protocol: string): ConnectError {
  if (error instanceof ConnectError) return error;
  // Several addresses dialled in vain make an AggregateError, one makes an error of the system call.
  const tcpFailed = 'errors' in error || ('syscall' in error && error.syscall === 'connect');
  return new ConnectError(tcpFailed || protocol !== 'https:' ? 'connect' : 'tls', error);
}

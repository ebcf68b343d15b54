import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { CallbackReach } from './callback-policy.ts';
import type { Lookup } from './lookup.ts';
import type { NetworkList } from './network-list.ts';
import { isPublicAddress } from './public-address.ts';

/**
 * Why no connection was made. The first two mean that an address of the host is not allowed: for a
 * host that must be in the allowed networks, and for a host that may be public.
 */
export type ConnectFault = 'url-not-allowed' | 'address-not-public' | 'dns' | 'connect' | 'tls';

/**
 * Thrown when no connection was made. `cause` may contain addresses, so do not show it to makers.
 */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly code: ConnectFault;
  constructor(code: ConnectFault, cause?: unknown) {
    super(`no connection: ${code}`, { cause });
    this.code = code;
  }
}

/** Maximum number of a host's addresses that are tried, one after the other. */
const MAX_DIALLED_ADDRESSES = 8;

export interface VettedConnectOptions {
  /** Which addresses may be connected to. */
  readonly reach: CallbackReach;
  readonly allowedNetworks: NetworkList;
  readonly lookup: Lookup;
  /** Timeout for DNS, TCP and TLS together. */
  readonly timeoutMs: number;
}

/**
 * Opens connections for undici only to addresses that `reach` allows. The host is resolved once,
 * while connecting, and the address that was checked is the one that is used, so a DNS record that
 * changes in between has no effect. If any address of a host is not allowed, none is used. The
 * caller must check IP literals, because Node does not look them up. Every failure is a
 * `ConnectError`.
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

/**
 * Classifies an error by the phase of the connection, because TLS alone has dozens of error codes.
 */
function connectError(error: Error, protocol: string): ConnectError {
  if (error instanceof ConnectError) return error;
  // When several addresses fail, the error is an AggregateError. When one fails, it is a system
  // call error.
  const tcpFailed = 'errors' in error || ('syscall' in error && error.syscall === 'connect');
  return new ConnectError(tcpFailed || protocol !== 'https:' ? 'connect' : 'tls', error);
}

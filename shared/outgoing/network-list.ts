import { BlockList, isIP } from 'node:net';

/** A set of IP networks. */
export interface NetworkList {
  readonly isEmpty: boolean;
  /**
   * Whether an address is in one of the networks. False for text that is not an IP address, and for
   * an address with a zone (`%eth0`).
   */
  contains(ip: string): boolean;
}

/**
 * Parses a comma-separated list of networks in CIDR notation (`10.0.0.0/8, fd00::/8`). Throws on an
 * invalid entry. The message gives the position of the entry and not its text, because the health
 * endpoint shows it to anyone.
 */
export function parseNetworks(text: string): NetworkList {
  const networks = new BlockList();
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  for (const [index, entry] of entries.entries()) {
    const [, address = '', prefix = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(entry) ?? [];
    const version = isIP(address);
    if (version === 0 || Number(prefix) > (version === 4 ? 32 : 128)) {
      throw new Error(`network ${index + 1} is not written like 10.0.0.0/8 or fd00::/8`);
    }
    networks.addSubnet(address, Number(prefix), version === 4 ? 'ipv4' : 'ipv6');
  }
  return {
    isEmpty: entries.length === 0,
    contains: (ip) => {
      const version = ip.includes('%') ? 0 : isIP(ip);
      // Without the family, BlockList treats every address as IPv4 and finds no IPv6 address.
      return version !== 0 && networks.check(ip, version === 4 ? 'ipv4' : 'ipv6');
    },
  };
}

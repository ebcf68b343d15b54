import { isIPv4 } from 'node:net';
import { parseNetworks } from './network-list.ts';

/**
 * Address blocks that a webhook must not reach: the IANA special-purpose registries
 * (iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry), multicast,
 * class E, and the Azure platform services at 168.63.129.16
 * (learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
 */
const specialPurpose = parseNetworks(
  [
    '0.0.0.0/8', // this network (RFC 791)
    '10.0.0.0/8', // private (RFC 1918)
    '100.64.0.0/10', // carrier-grade NAT (RFC 6598)
    '127.0.0.0/8', // loopback (RFC 1122)
    '168.63.129.16/32', // Azure platform: DNS, DHCP, health probes, guest agent
    '169.254.0.0/16', // link-local, cloud metadata (RFC 3927)
    '172.16.0.0/12', // private (RFC 1918)
    '192.0.0.0/24', // protocol assignments (RFC 6890)
    '192.0.2.0/24', // documentation (RFC 5737)
    '192.31.196.0/24', // AS112 (RFC 7535)
    '192.52.193.0/24', // multicast tunnelling (RFC 7450)
    '192.88.99.0/24', // 6to4 relays (RFC 7526)
    '192.168.0.0/16', // private (RFC 1918)
    '192.175.48.0/24', // AS112 (RFC 7534)
    '198.18.0.0/15', // benchmarking (RFC 2544)
    '198.51.100.0/24', // documentation (RFC 5737)
    '203.0.113.0/24', // documentation (RFC 5737)
    '224.0.0.0/4', // multicast (RFC 5771)
    '240.0.0.0/4', // reserved, broadcast (RFC 1112)
    '2001::/23', // protocol assignments, Teredo, ORCHID (RFC 2928)
    '2001:db8::/32', // documentation (RFC 3849)
    '2002::/16', // 6to4, which carries an IPv4 address (RFC 3056)
    '2620:4f:8000::/48', // AS112 (RFC 7534)
    '3fff::/20', // documentation (RFC 9637)
  ].join(','),
);

/**
 * The only IPv6 block with public hosts (RFC 4291 §2.4). Loopback, private, link-local and
 * multicast addresses are outside it, and so are mapped, compatible and NAT64 addresses, which
 * contain an IPv4 address.
 */
const globalUnicast = parseNetworks('2000::/3');

/**
 * Whether `ip` is a public address. False for an IPv6 address that contains an IPv4 address, for an
 * address with a zone, and for a text that is not an address.
 */
export function isPublicAddress(ip: string): boolean {
  return (isIPv4(ip) || globalUnicast.contains(ip)) && !specialPurpose.contains(ip);
}

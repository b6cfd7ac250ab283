import { BlockList, isIP } from 'node:net'

/**
 * Addresses that no subgraph may have: where a cloud serves credentials to whoever asks from inside, and what only the own link knows.
 * Loopback and private networks are where subgraphs live.
 */
const REFUSED = new BlockList()
REFUSED.addSubnet('169.254.0.0', 16)
REFUSED.addSubnet('0.0.0.0', 8)
REFUSED.addAddress('100.100.100.200')
REFUSED.addAddress('192.0.0.192')
REFUSED.addSubnet('fe80::', 10, 'ipv6')
REFUSED.addAddress('fd00:ec2::254', 'ipv6')
REFUSED.addAddress('::', 'ipv6')

/** Whether an IP address, version 4, 6 or one mapped into the other, is link-local or of a metadata service (F18); anything else is not. */
export function isRefusedAddress(address: string): boolean {
  const version = isIP(address)
  return version !== 0 && REFUSED.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

import { BlockList, isIP } from 'node:net'

/**
 * A question about peers: is this address one of `entries`? Each entry is an IPv4 or IPv6 address or a network
 * in CIDR notation; IPv4 peers that show up as `::ffff:a.b.c.d` count as IPv4. Throws for any other entry.
 */
export function trustedAddresses(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const entry of entries) addEntry(list, entry)
  return (address) => {
    const bare = address.replace(/%.*$/, '')
    const version = isIP(bare)
    return version !== 0 && list.check(bare, version === 4 ? 'ipv4' : 'ipv6')
  }
}

function addEntry(list: BlockList, entry: string): void {
  const [address = '', bits, ...rest] = entry.split('/')
  const version = isIP(address)
  const longest = version === 4 ? 32 : 128
  const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (version === 0 || rest.length > 0 || !(prefix <= longest)) {
    throw new Error(
      `${JSON.stringify(entry)} in trustedProxies is neither an address nor a network such as 10.0.0.0/8.`,
    )
  }
  list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6')
}

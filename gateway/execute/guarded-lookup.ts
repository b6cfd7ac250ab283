import { lookup as resolve } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isRefusedAddress } from '../supergraph/index.ts'

/**
 * Resolves the name of a subgraph for a connection, and refuses what a publish could not see: a name that leads to a link-local or
 * metadata address, now or by a record that was changed later (F18). Of several addresses none may be such a one.
 *
 * @param from what resolves; default the system's resolver
 */
export function createGuardedLookup(from: typeof resolve = resolve): LookupFunction {
  return (hostname, options, callback) => {
    from(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      const [first] = addresses
      if (first === undefined || addresses.some(({ address }) => isRefusedAddress(address))) return callback(new Error('the name leads to an address that no subgraph may have'), [])
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family)
    })
  }
}

/** What connections use unless they are told otherwise. */
export const guardedLookup: LookupFunction = createGuardedLookup()

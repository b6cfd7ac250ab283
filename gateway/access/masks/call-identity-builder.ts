import type { DataProduct } from '@polyseme/kit/contract'
import type { CallIdentity, Mask, Principal, RowRestrictions } from '@polyseme/kit/identity'
import type { MaskKeyring } from './mask-key.ts'

/** Makes what a subgraph is told about a call out of what authorization found. */
export interface CallIdentityBuilder {
  /** Masks and row restrictions of the subgraph's own types, and the caller's key when one of the masks is a hash. */
  build(principal: Principal, masks: Readonly<Record<string, Mask>>, rowRestrictions: RowRestrictions): CallIdentity
}

/** For one subgraph: a domain learns nothing about the masks of another, and the header stays small. */
export function createCallIdentityBuilder(products: readonly DataProduct[], keyring: MaskKeyring): CallIdentityBuilder {
  const types = new Set(products.flatMap((product) => product.objects.flatMap(({ typeName, aggregateDimensions }) => (aggregateDimensions === undefined ? [typeName] : [typeName, `${typeName}Sums`]))))
  // One authorized operation calls a subgraph several times, and operations of one caller share their masks.
  const ownMasks = new WeakMap<Readonly<Record<string, Mask>>, Readonly<Record<string, Mask>>>()
  return {
    build(principal, masks, rowRestrictions) {
      let own = ownMasks.get(masks)
      if (own === undefined) {
        own = Object.fromEntries(Object.entries(masks).filter(([coordinate]) => types.has(coordinate.slice(0, coordinate.indexOf('.')))))
        ownMasks.set(masks, own)
      }
      const needsKey = Object.values(own).some((mask) => mask.kind === 'hash')
      const ownRows = Object.entries(rowRestrictions).filter(([type]) => types.has(type))
      return { principal, masks: own, ...(ownRows.length === 0 ? {} : { rowRestrictions: Object.fromEntries(ownRows) }), ...(needsKey ? { maskKey: keyring.keyFor(principal) } : {}) }
    },
  }
}

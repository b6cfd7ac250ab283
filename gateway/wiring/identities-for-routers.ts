import { createCallSigner, NO_ROW_RESTRICTIONS, type Mask, type Principal, type SigningKey } from '@polyseme/kit/identity'
import { createCallIdentityBuilder, type Decider, type MaskKeyring } from '../access/index.ts'
import type { ServingGraphHolder } from '../serve/index.ts'
import type { SubgraphDefinition, Supergraph } from '../supergraph/index.ts'

export interface IdentitiesForRoutersOptions {
  readonly graphs: ServingGraphHolder
  readonly signingKey: SigningKey
  readonly maskKeyring: MaskKeyring
}

/**
 * What each subgraph is told about a caller when another router asks it: as for the gateway's own calls, but before the operation is
 * known. So everything that the caller may not see in clear is masked, and what they may not see at all is null.
 */
export function identitiesForRouters({ graphs, signingKey, maskKeyring }: IdentitiesForRoutersOptions): (principal: Principal) => Promise<ReadonlyMap<string, string>> {
  const signer = createCallSigner({ privateJwk: signingKey.privateJwk })
  const recent = new WeakMap<Principal, Recent>()
  return async (principal) => {
    const { supergraph, decider } = graphs.current
    const now = decider()
    const known = recent.get(principal)
    if (known !== undefined && known.supergraph === supergraph && known.decider === now && performance.now() < known.until) return known.identities
    const exported = [...supergraph.subgraphs.values()].filter(({ name, url }) => name === 'crosswalk' || !url.startsWith('inprocess:'))
    const identities = new Map(await Promise.all(exported.map(async (definition) => {
      const { masks, rowRestrictions } = rightsIn(definition, principal, now)
      const identity = createCallIdentityBuilder(definition.products, maskKeyring).build(principal, masks, rowRestrictions)
      return [definition.name, await signer.sign(definition.name, identity)] as const
    })))
    recent.set(principal, { supergraph, decider: now, identities, until: performance.now() + REUSE_MS })
    return identities
  }
}

/** Far below half the life of what is signed; finding out anew what a caller may see of every domain takes one decision a field. */
const REUSE_MS = 1_000

interface Recent {
  readonly supergraph: Supergraph
  readonly decider: Decider
  readonly identities: ReadonlyMap<string, string>
  readonly until: number
}

function rightsIn({ products }: SubgraphDefinition, principal: Principal, decider: Decider): { readonly masks: Readonly<Record<string, Mask>>; readonly rowRestrictions: typeof NO_ROW_RESTRICTIONS } {
  const objects = products.flatMap((product) => product.objects)
  const coordinates = objects.flatMap(({ typeName, properties }) => [typeName, ...properties.map(({ field }) => `${typeName}.${field}`)])
  const masks: Record<string, Mask> = { ...decider.masksAround?.(coordinates, principal) }
  for (const { typeName, properties } of objects) {
    const isHidden = decider.decide(typeName, principal).kind === 'deny'
    for (const { field } of properties) {
      const coordinate = `${typeName}.${field}`
      const decision = decider.decide(coordinate, principal)
      if (isHidden || decision.kind === 'deny') masks[coordinate] = { kind: 'null' }
      else if (decision.kind === 'mask') masks[coordinate] = decision.mask
    }
  }
  return { masks, rowRestrictions: decider.rowRestrictionsAround?.(coordinates, principal) ?? NO_ROW_RESTRICTIONS }
}

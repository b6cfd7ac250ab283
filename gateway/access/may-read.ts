import type { Principal } from '@polyseme/kit/identity'
import { isAbstractType } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'
import type { Decider } from './decision.ts'
import { federationDecider } from './federation-decider.ts'

/**
 * Whether the caller may read objects of a type at all; of an interface or union, whether of every possible type.
 * A type that the graph does not have may not be read.
 */
export function mayRead(typeName: string, principal: Principal | undefined, supergraph: Supergraph, decider: Decider = federationDecider(supergraph)): boolean {
  const type = supergraph.apiSchema.getType(typeName)
  if (type === undefined) return false
  const names = isAbstractType(type) ? supergraph.apiSchema.getPossibleTypes(type).map(({ name }) => name) : []
  return [typeName, ...names].every((name) => decider.decide(name, principal).kind !== 'deny')
}

import { getNamedType, isAbstractType } from 'graphql'
import type { GraphQLOutputType } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'
import type { Decider, Decision } from './decision.ts'

/** The answers of all deciders for one caller. */
export interface Rights {
  mayReadType(type: string): boolean
  /** Whether the caller may have this field of objects of this type: the type, the field, what it returns and what it reads. */
  mayReadField(type: string, field: string, returned: GraphQLOutputType): boolean
}

/** The rights that decisions give; a coordinate that was not asked about is allowed only where there is nothing to decide. */
export function rightsOf(decisions: ReadonlyMap<string, Decision>, supergraph: Supergraph, decider: Decider): Rights {
  const allowed = (coordinate: string): boolean => {
    const decision = decisions.get(coordinate)
    return decision === undefined ? !decider.concerns(coordinate) : decision.kind !== 'deny'
  }
  return {
    mayReadType: allowed,
    mayReadField(type, field, returned) {
      const coordinate = `${type}.${field}`
      if (!allowed(type) || !allowed(coordinate)) return false
      const named = getNamedType(returned)
      // Of an abstract type the objects are judged, each by its own type.
      if (!isAbstractType(named) && !allowed(named.name)) return false
      return supergraph.requires.get(coordinate)?.every(allowed) ?? true
    },
  }
}

import { DENY, type Decider } from '../access/index.ts'
import type { SubgraphDefinition } from '../supergraph/index.ts'

/**
 * Masks are applied inside a domain's SQL. A foreign subgraph knows nothing of them, so what a caller may see of its fields only
 * masked is not shown at all.
 */
export function hideMaskedForeignFields(subgraphs: Iterable<SubgraphDefinition>): (decider: Decider) => Decider {
  const foreign = new Set([...subgraphs].flatMap(({ foreignNames = {} }) => Object.keys(foreignNames)))
  if (foreign.size === 0) return (decider) => decider
  // A decider is the same object as long as its answers are; what is known by it stays known.
  const made = new WeakMap<Decider, Decider>()
  return (decider) => {
    let hiding = made.get(decider)
    if (hiding === undefined) {
      hiding = {
        concerns: (coordinate) => decider.concerns(coordinate),
        decide: (coordinate, principal) => {
          const decision = decider.decide(coordinate, principal)
          return decision.kind === 'mask' && foreign.has(coordinate.slice(0, coordinate.indexOf('.'))) ? DENY : decision
        },
        ...(decider.masksAround === undefined ? {} : { masksAround: (coordinates, principal) => decider.masksAround?.(coordinates, principal) ?? {} }),
      }
      made.set(decider, hiding)
    }
    return hiding
  }
}

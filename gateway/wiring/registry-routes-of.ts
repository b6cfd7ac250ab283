import type { Principal, TokenVerifier } from '@polyseme/kit/identity'
import { mayRead } from '../access/index.ts'
import { authenticate, registryRoutes, type Route } from '../serve/index.ts'
import { consumersOf, hasPart, mayKnow } from './consumers-of.ts'
import type { Serving } from './start-serving.ts'

/** The registry's ways in; none when the gateway has no registry. Who may do what the policies say (R01). */
export function registryRoutesOf(serving: Serving, tokens: TokenVerifier): readonly Route[] {
  const { formerGraphs } = serving
  if (formerGraphs === undefined) return []
  return registryRoutes({
    service: () => serving.registry()?.service,
    authenticate: async (exchange) => await authenticate(exchange, tokens),
    callerOf: (principal) => ({
      actor: principal.subject,
      consumers: consumersOf(principal),
      mayKnow: (coordinate) => mayKnow(coordinate, principal, { supergraph: serving.graphs.current.supergraph, decider: serving.graphs.current.decider() }),
      isGone: (coordinate) => !hasPart(serving.graphs.current.supergraph, coordinate),
      mayKnowBefore: async (sequence) => await formerGraphs.mayKnowBefore(sequence, principal),
      may: (action, domain) => {
        // Whoever may sign in may look at the graph's history; what it holds of data is decided elsewhere.
        if (action === 'read') return true
        const { supergraph } = serving.graphs.current
        const policies = serving.policies.decider(supergraph)
        const mayIn = (name: string): boolean => {
          if (action !== 'inspect') return policies.mayChange(action, { domain: name }, principal)
          return readsOf(name, principal, serving) || policies.mayChange('publish', { domain: name }, principal) || policies.mayChange('approve', { domain: name }, principal)
        }
        const domains = domain === undefined ? [...supergraph.subgraphs.values()].filter(({ url }) => !url.startsWith('inprocess:')).map(({ name }) => name) : [domain]
        return domains.length > 0 && domains.every(mayIn)
      },
    }),
  })
}

/** Whether the caller may read anything that the domain serves. */
function readsOf(domain: string, principal: Principal, { graphs, policies }: Serving): boolean {
  const { supergraph } = graphs.current
  const objects = supergraph.subgraphs.get(domain)?.products.flatMap((product) => product.objects) ?? []
  return objects.some(({ typeName }) => mayRead(typeName, principal, supergraph, policies.accessDecider(supergraph)))
}

import type { TokenVerifier } from '@polyseme/kit/identity'
import { authenticate, registryRoutes, type Route } from '../serve/index.ts'
import type { Serving } from './start-serving.ts'

/** The registry's ways in; none when the gateway has no registry. Who may do what the policies say (R01). */
export function registryRoutesOf(serving: Serving, tokens: TokenVerifier): readonly Route[] {
  if (!serving.hasRegistry) return []
  return registryRoutes({
    service: () => serving.registry()?.service,
    authenticate: async (exchange) => await authenticate(exchange, tokens),
    callerOf: (principal) => ({
      actor: principal.subject,
      may: (action, domain) => {
        // Whoever may sign in may look at the graph's history; what it holds of data is decided elsewhere.
        if (action === 'read') return true
        const policies = serving.policies.decider(serving.graphs.current.supergraph)
        const domains = domain === undefined ? [...serving.graphs.current.supergraph.subgraphs.values()].filter(({ url }) => !url.startsWith('inprocess:')).map(({ name }) => name) : [domain]
        return domains.length > 0 && domains.every((name) => policies.mayChange(action, { domain: name }, principal))
      },
    }),
  })
}

import { GatewayError } from '@polyseme/kit/errors'
import type { Principal, TokenVerifier } from '@polyseme/kit/identity'
import { DEFAULT_OPERATION_LIMITS } from '../../gateway/operation/index.ts'
import { createGraphqlRoute, createLog, listen, Metrics, ServingGraphHolder, type GraphqlRouteOptions, type ServingGraph } from '../../gateway/serve/index.ts'
import { askGraphql, type MeshAnswer } from './gateway-mesh.ts'

export interface GraphqlServerOptions extends Partial<Omit<GraphqlRouteOptions, 'graphs' | 'tokens' | 'log'>> {
  readonly graph: ServingGraph
  /** Who each token is, by name or by rule; another token is refused. */
  readonly callers: Readonly<Record<string, Principal>> | ((token: string) => Principal | undefined)
}

/** `/graphql` of a gateway over HTTP, over a graph and with callers of the test's own. */
export interface GraphqlServer extends AsyncDisposable {
  readonly url: string
  readonly graphs: ServingGraphHolder
  readonly metrics: Metrics
  readonly ask: (query: string, as: string, options?: { readonly variables?: Readonly<Record<string, unknown>>; readonly operationName?: string; readonly headers?: Readonly<Record<string, string>> }) => Promise<MeshAnswer>
}

export async function startGraphqlServer({ graph, callers, ...options }: GraphqlServerOptions): Promise<GraphqlServer> {
  const log = createLog(() => undefined)
  const graphs = new ServingGraphHolder(graph)
  const metrics = options.metrics ?? new Metrics()
  const route = await createGraphqlRoute({ limits: DEFAULT_OPERATION_LIMITS, ...options, metrics, graphs, tokens: tokensOf(callers), log })
  const listener = await listen({ host: '127.0.0.1', port: 0, log })
  listener.serve([route])
  const url = `${listener.url}/graphql`
  return {
    url, graphs, metrics,
    ask: async (query, as, { variables, operationName, headers } = {}) => await askGraphql(url, { query, variables, operationName }, as, headers),
    [Symbol.asyncDispose]: async () => {
      await listener.close()
      await route.close()
    },
  }
}

function tokensOf(callers: GraphqlServerOptions['callers']): TokenVerifier {
  return {
    verify: async (token) => {
      const principal = typeof callers === 'function' ? callers(token) : Object.hasOwn(callers, token) ? callers[token] : undefined
      if (principal === undefined) throw new GatewayError('UNAUTHENTICATED', 'nobody has this token')
      return principal
    },
    close: () => undefined,
  }
}

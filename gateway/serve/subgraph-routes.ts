import { GatewayError } from '@polyseme/kit/errors'
import { CALL_IDENTITY_HEADER, NO_ROW_RESTRICTIONS, type CallVerifier } from '@polyseme/kit/identity'
import type { SubgraphRequest } from '../execute/index.ts'
import { sendJson } from './exchange.ts'
import type { Route } from './http-listener.ts'
import { readJsonObject } from './json-body.ts'
import type { ServingGraphHolder } from './serving-graph.ts'

export interface SubgraphRouteOptions {
  readonly graphs: ServingGraphHolder
  /** Of a subgraph that the gateway serves itself: `crosswalk`. */
  readonly subgraph: string
  /** Only calls that a router signed with the mesh's key are answered (F01). */
  readonly verifier: CallVerifier
}

/** As many representations as a router may ask for at once. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** `/graphql` of one of the gateway's own subgraphs, for another router that runs the exported supergraph. */
export function subgraphRoute({ graphs, subgraph, verifier }: SubgraphRouteOptions): Route {
  return {
    path: '/graphql',
    handle: async (exchange) => {
      const { principal, masks, rowRestrictions = NO_ROW_RESTRICTIONS } = await verifier.verify(exchange.request.headers[CALL_IDENTITY_HEADER])
      if (exchange.request.method !== 'POST') throw new GatewayError('METHOD_NOT_ALLOWED', 'use POST', { details: { allow: 'POST' } })
      const request = requestOf(await readJsonObject(exchange.request, MAX_BODY_BYTES))
      const answer = await graphs.use(async (graph) => {
        const transport = graph.transports.get(subgraph)
        if (transport === undefined) throw new GatewayError('SUBGRAPH_UNAVAILABLE', `there is no subgraph "${subgraph}"`, { details: { subgraph } })
        return await transport.send(request, { principal, masks, rowRestrictions, accessFingerprint: 'router', signal: exchange.signal })
      })
      sendJson(exchange, 200, answer.errors.length === 0 ? { data: answer.data } : answer)
    },
  }
}

function requestOf(body: Readonly<Record<string, unknown>>): SubgraphRequest {
  const { query, variables = {}, operationName } = body
  if (typeof query !== 'string') throw new GatewayError('BAD_REQUEST', '`query` must be a text')
  if (typeof variables !== 'object' || Array.isArray(variables)) throw new GatewayError('BAD_REQUEST', '`variables` must be an object')
  return { operation: { text: query, name: typeof operationName === 'string' ? operationName : undefined, kind: 'query' }, variablesText: JSON.stringify(variables ?? {}) }
}

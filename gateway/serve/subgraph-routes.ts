import { GatewayError } from '@polyseme/kit/errors'
import { CALL_IDENTITY_HEADER, NO_ROW_RESTRICTIONS, type CallVerifier } from '@polyseme/kit/identity'
import { Kind, OperationTypeNode, parse } from 'graphql'
import type { SubgraphRequest } from '../execute/index.ts'
import { sendJson, type Exchange } from './exchange.ts'
import type { Route } from './http-listener.ts'
import { readJsonObject } from './json-body.ts'
import type { ServingGraphHolder } from './serving-graph.ts'

export interface SubgraphRoutesOptions {
  readonly graphs: ServingGraphHolder
  /** Of a subgraph that the gateway serves itself: `crosswalk`. */
  readonly own: string
  /** Only calls that a router signed for this subgraph with the mesh's key are answered (F01). */
  readonly verifierOf: (subgraph: string) => CallVerifier
}

/** As many representations as a router may ask for at once. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

const TRANSLATED = /^\/subgraphs\/([\w-]+)\/graphql$/

/**
 * What only this product can answer, for another router that runs the exported supergraph: `/graphql` of the gateway's own subgraph, and
 * `/subgraphs/NAME/graphql` of each foreign one whose names the graph has qualified, translated both ways.
 */
export function subgraphRoutes({ graphs, own, verifierOf }: SubgraphRoutesOptions): readonly Route[] {
  const answer = async (subgraph: string, exchange: Exchange): Promise<void> => {
    const { principal, masks, rowRestrictions = NO_ROW_RESTRICTIONS } = await verifierOf(subgraph).verify(exchange.request.headers[CALL_IDENTITY_HEADER])
    if (exchange.request.method !== 'POST') throw new GatewayError('METHOD_NOT_ALLOWED', 'use POST', { details: { allow: 'POST' } })
    const request = requestOf(await readJsonObject(exchange.request, MAX_BODY_BYTES))
    const { data, errors } = await graphs.use(async (graph) => {
      const transport = graph.transports.get(subgraph)
      if (transport === undefined) throw new GatewayError('SUBGRAPH_UNAVAILABLE', `there is no subgraph "${subgraph}"`, { details: { subgraph } })
      return await transport.send(request, { principal, masks, rowRestrictions, accessFingerprint: 'router', signal: exchange.signal })
    })
    sendJson(exchange, 200, errors.length === 0 ? { data } : { data, errors })
  }
  return [
    { path: '/graphql', handle: async (exchange) => await answer(own, exchange) },
    {
      path: '/subgraphs/',
      handle: async (exchange) => {
        const [, name = ''] = TRANSLATED.exec(exchange.path) ?? []
        if (graphs.current.supergraph.subgraphs.get(name)?.foreignNames === undefined) throw new GatewayError('NOT_FOUND', 'there is no subgraph with translated names at this address')
        await answer(name, exchange)
      },
    },
  ]
}

function requestOf(body: Readonly<Record<string, unknown>>): SubgraphRequest {
  const { query, variables = {}, operationName } = body
  if (typeof query !== 'string') throw new GatewayError('BAD_REQUEST', '`query` must be a text')
  if (typeof variables !== 'object' || Array.isArray(variables)) throw new GatewayError('BAD_REQUEST', '`variables` must be an object')
  const name = typeof operationName === 'string' ? operationName : undefined
  return { operation: { text: query, name, kind: kindOf(query, name) }, variablesText: JSON.stringify(variables ?? {}) }
}

/** A mutation is never sent twice. */
function kindOf(query: string, operationName: string | undefined): 'query' | 'mutation' {
  try {
    const { definitions } = parse(query, { noLocation: true })
    const operation = definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION && (operationName === undefined || definition.name?.value === operationName))
    return operation?.kind === Kind.OPERATION_DEFINITION && operation.operation === OperationTypeNode.MUTATION ? 'mutation' : 'query'
  } catch {
    throw new GatewayError('BAD_REQUEST', '`query` does not parse')
  }
}

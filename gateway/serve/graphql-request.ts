import { GatewayError } from '@polyseme/kit/errors'
import type { IncomingMessage } from 'node:http'
import type { Exchange } from './exchange.ts'
import { assertJsonType, isObject, parseJson, readJsonBody } from './json-body.ts'

/** What a client asks, taken from HTTP and not yet looked at as GraphQL. */
export interface GraphqlRequest {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName: string | undefined
  /** A mutation may not come by GET: a link or an image could send it. */
  readonly mutationAllowed: boolean
}

/** Headers that a browser does not send across origins without asking first; GET needs one of them. */
const PREFLIGHT_HEADERS = ['apollo-require-preflight', 'x-apollo-operation-name']

/**
 * Reads a GraphQL request from GET or POST.
 *
 * @param maxBodyBytes a body beyond it is refused as soon as it is known, never buffered
 * @throws METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST
 */
export async function readGraphqlRequest(exchange: Exchange, maxBodyBytes: number): Promise<GraphqlRequest> {
  switch (exchange.request.method) {
    case 'POST': return await readPost(exchange.request, maxBodyBytes)
    case 'GET': return readGet(exchange)
    case undefined: default: throw new GatewayError('METHOD_NOT_ALLOWED', 'send a GraphQL operation with POST', { details: { allow: 'GET, POST' } })
  }
}

async function readPost(request: IncomingMessage, maxBodyBytes: number): Promise<GraphqlRequest> {
  const body = await readJsonBody(request, maxBodyBytes)
  if (Array.isArray(body)) throw new GatewayError('BAD_REQUEST', 'batches are not taken; send one operation per request')
  if (!isObject(body)) throw new GatewayError('BAD_REQUEST', 'the body must be a JSON object with `query`')
  return buildRequest(own(body, 'query'), own(body, 'variables'), own(body, 'operationName'), own(body, 'extensions'), true)
}

function readGet({ request, search }: Exchange): GraphqlRequest {
  const type = request.headers['content-type']
  if (type !== undefined) assertJsonType(type)
  else if (!PREFLIGHT_HEADERS.some((name) => request.headers[name] !== undefined && request.headers[name] !== '')) {
    throw new GatewayError('BAD_REQUEST', `a GET request needs the header \`Content-Type: application/json\` or \`${PREFLIGHT_HEADERS[0]}\`, which protects against requests from other sites`)
  }
  const parameters = new URLSearchParams(search)
  for (const name of ['query', 'variables', 'operationName', 'extensions']) {
    if (parameters.getAll(name).length > 1) throw new GatewayError('BAD_REQUEST', `the parameter \`${name}\` may stand only once`)
  }
  const json = (name: string): unknown => {
    const text = parameters.get(name)
    return text === null ? undefined : parseJson(text, `the parameter \`${name}\``)
  }
  return buildRequest(parameters.get('query') ?? undefined, json('variables'), parameters.get('operationName') ?? undefined, json('extensions'), false)
}

function buildRequest(...[query, variables, operationName, extensions, mutationAllowed]: [unknown, unknown, unknown, unknown, boolean]): GraphqlRequest {
  if (variables !== undefined && variables !== null && !isObject(variables)) throw new GatewayError('BAD_REQUEST', '`variables` must be a JSON object')
  if (extensions !== undefined && extensions !== null && !isObject(extensions)) throw new GatewayError('BAD_REQUEST', '`extensions` must be a JSON object')
  if (isObject(extensions) && Object.hasOwn(extensions, 'persistedQuery')) throw new GatewayError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported')
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') throw new GatewayError('BAD_REQUEST', '`operationName` must be a string')
  if (typeof query !== 'string' || query.trim() === '') throw new GatewayError('BAD_REQUEST', '`query` must be a GraphQL document as a string')
  return { query, variables: variables ?? {}, operationName: operationName ?? undefined, mutationAllowed }
}

function own(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

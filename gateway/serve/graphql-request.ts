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

/** A request whose document may be named instead of sent: at least one of `query`, `hash` and `documentId` is there. */
export interface AskedOperation extends Omit<GraphqlRequest, 'query'> {
  readonly query?: string
  /** SHA-256 of a document, hexadecimal (`extensions.persistedQuery`, Apollo's protocol). */
  readonly hash?: string
  /** Id of a registered operation; never beside the others. */
  readonly documentId?: string
}

/** Headers that a browser does not send across origins without asking first; GET needs one of them. */
const PREFLIGHT_HEADERS = ['apollo-require-preflight', 'x-apollo-operation-name']

/**
 * Reads a GraphQL request from GET or POST.
 *
 * @param maxBodyBytes a body beyond it is refused as soon as it is known, never buffered
 * @throws METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST
 */
export async function readGraphqlRequest(exchange: Exchange, maxBodyBytes: number): Promise<AskedOperation> {
  switch (exchange.request.method) {
    case 'POST': return await readPost(exchange.request, maxBodyBytes)
    case 'GET': return readGet(exchange)
    case undefined: default: throw new GatewayError('METHOD_NOT_ALLOWED', 'send a GraphQL operation with POST', { details: { allow: 'GET, POST' } })
  }
}

async function readPost(request: IncomingMessage, maxBodyBytes: number): Promise<AskedOperation> {
  const body = await readJsonBody(request, maxBodyBytes)
  if (Array.isArray(body)) throw new GatewayError('BAD_REQUEST', 'batches are not taken; send one operation per request')
  if (!isObject(body)) throw new GatewayError('BAD_REQUEST', 'the body must be a JSON object with `query`')
  return buildRequest((name) => own(body, name), true)
}

function readGet({ request, search }: Exchange): AskedOperation {
  const type = request.headers['content-type']
  if (type !== undefined) assertJsonType(type)
  else if (!PREFLIGHT_HEADERS.some((name) => request.headers[name] !== undefined && request.headers[name] !== '')) {
    throw new GatewayError('BAD_REQUEST', `a GET request needs the header \`Content-Type: application/json\` or \`${PREFLIGHT_HEADERS[0]}\`, which protects against requests from other sites`)
  }
  const parameters = new URLSearchParams(search)
  for (const name of PARAMETERS) {
    if (parameters.getAll(name).length > 1) throw new GatewayError('BAD_REQUEST', `the parameter \`${name}\` may stand only once`)
  }
  return buildRequest((name) => {
    const text = parameters.get(name)
    return text === null || !JSON_PARAMETERS.has(name) ? (text ?? undefined) : parseJson(text, `the parameter \`${name}\``)
  }, false)
}

function buildRequest(read: (name: (typeof PARAMETERS)[number]) => unknown, mutationAllowed: boolean): AskedOperation {
  const [query, documentId, variables, operationName, extensions] = PARAMETERS.map((name) => read(name) ?? undefined)
  if (variables !== undefined && !isObject(variables)) throw new GatewayError('BAD_REQUEST', '`variables` must be a JSON object')
  if (extensions !== undefined && !isObject(extensions)) throw new GatewayError('BAD_REQUEST', '`extensions` must be a JSON object')
  if (operationName !== undefined && typeof operationName !== 'string') throw new GatewayError('BAD_REQUEST', '`operationName` must be a string')
  const hash = extensions === undefined || !Object.hasOwn(extensions, 'persistedQuery') ? undefined : readHash(extensions['persistedQuery'])
  if (documentId !== undefined && (typeof documentId !== 'string' || query !== undefined || hash !== undefined)) throw new GatewayError('BAD_REQUEST', '`documentId` must be a string, and come without `query` and `persistedQuery`')
  const isNamed = hash !== undefined || documentId !== undefined
  if (query === undefined ? !isNamed : typeof query !== 'string' || query.trim() === '') throw new GatewayError('BAD_REQUEST', '`query` must be a GraphQL document as a string')
  return {
    variables: variables ?? {}, operationName, mutationAllowed,
    ...(typeof query === 'string' ? { query } : {}), ...(hash === undefined ? {} : { hash }), ...(documentId === undefined ? {} : { documentId }),
  }
}

const PARAMETERS = ['query', 'documentId', 'variables', 'operationName', 'extensions'] as const
const JSON_PARAMETERS: ReadonlySet<string> = new Set(['variables', 'extensions'])

/** `{ version: 1, sha256Hash }`. @throws BAD_REQUEST (G35) */
function readHash(persistedQuery: unknown): string {
  const { version, sha256Hash } = isObject(persistedQuery) ? persistedQuery : {}
  if (version !== 1) throw new GatewayError('BAD_REQUEST', 'Unsupported persisted query version: `persistedQuery.version` must be 1')
  if (typeof sha256Hash !== 'string' || !/^[0-9a-f]{64}$/.test(sha256Hash)) throw new GatewayError('BAD_REQUEST', '`persistedQuery.sha256Hash` must be a SHA-256 in small hexadecimal letters')
  return sha256Hash
}

function own(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

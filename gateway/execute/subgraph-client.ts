import { CALL_IDENTITY_HEADER } from '@polyseme/kit/identity'
import type { LookupFunction } from 'node:net'
import { Pool } from 'undici'
import { collectResponse, type CollectedResponse } from './http-response-collector.ts'
import { Http1Pool } from './http1-pool.ts'
import { postHttp1 } from './http1-post.ts'
import type { LongBodyTaker } from './large/long-body.ts'

export interface SubgraphClientOptions {
  readonly subgraph: string
  readonly url: URL
  readonly timeoutMs: number
  readonly maxResponseBytes: number
  readonly maxConnections: number
  readonly pipelining: number
  /** Resolves the address's name and says what may not be connected to. */
  readonly lookup: LookupFunction
}

export interface SubgraphPost {
  /** Value of the identity header; only visible ASCII. */
  readonly identity: string
  readonly body: string
  /** It may be sent twice. */
  readonly repeatable: boolean
  readonly signal: AbortSignal
  /** Takes over a body that proves to be long. */
  readonly long?: LongBodyTaker
}

/** Posts to one subgraph, without following redirects, within a deadline for the whole answer. */
export interface SubgraphClient {
  /** @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_TIMEOUT, SUBGRAPH_RESPONSE_INVALID */
  readonly post: (request: SubgraphPost) => Promise<CollectedResponse>
  /** Whatever is under way fails. */
  readonly close: () => Promise<void>
}

const ACCEPT = 'application/graphql-response+json, application/json'

/** @throws TypeError for an address that is neither http nor https */
export function createSubgraphClient(options: SubgraphClientOptions): SubgraphClient {
  switch (options.url.protocol) {
    case 'http:': return plainClient(options)
    case 'https:': return tlsClient(options)
    default: throw new TypeError(`unsupported protocol of subgraph "${options.subgraph}"`)
  }
}

/** A call on a connection of our own costs half of one through undici. */
function plainClient({ subgraph, url, timeoutMs, maxResponseBytes, maxConnections, pipelining, lookup }: SubgraphClientOptions): SubgraphClient {
  const pool = new Http1Pool({ host: url.hostname.replaceAll(/[[\]]/g, ''), port: Number(url.port === '' ? 80 : url.port), maxConnections, pipelining, lookup, maxBytes: maxResponseBytes })
  const head = `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\naccept: ${ACCEPT}\r\n${CALL_IDENTITY_HEADER}: `
  return {
    post: ({ identity, body, repeatable, signal, long }) => {
      const length = Buffer.byteLength(body)
      const text = `${head}${identity}\r\ncontent-length: ${length}\r\n\r\n${body}`
      return postHttp1({ pool, subgraph, request: { text, ascii: length === body.length, repeatable }, timeoutMs, signal, ...(long === undefined ? {} : { long }) })
    },
    close: async () => pool.close(),
  }
}

function tlsClient({ subgraph, url, timeoutMs, maxResponseBytes, maxConnections, pipelining, lookup }: SubgraphClientOptions): SubgraphClient {
  const dispatcher = new Pool(url.origin, {
    connections: maxConnections,
    pipelining,
    // The deadline covers connecting, waiting and reading in one; undici's own timers would only repeat it.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: Math.min(timeoutMs, 10_000), lookup },
    keepAliveTimeout: 4_000,
    allowH2: false,
  })
  return {
    post: ({ identity, body, repeatable, signal, long }) => collectResponse({
      dispatcher, subgraph, body, timeoutMs, signal, repeatable,
      path: url.pathname + url.search,
      headers: ['content-type', 'application/json', 'accept', ACCEPT, CALL_IDENTITY_HEADER, identity],
      maxBytes: maxResponseBytes,
      ...(long === undefined ? {} : { long }),
    }),
    close: async () => await dispatcher.destroy(null),
  }
}

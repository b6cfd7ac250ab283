import { buildSubgraphSchema } from '@apollo/subgraph'
import { graphql, parse, type GraphQLSchema } from 'graphql'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestSubgraph } from './test-mesh.ts'

/** A subgraph that knows nothing of Polyseme, over HTTP. */
export interface ForeignSubgraph extends AsyncDisposable {
  readonly url: string
  /** Operations that it was sent, in order. */
  readonly asked: string[]
  /** Headers of the last request. */
  readonly headers: () => IncomingMessage['headers']
}

/** Serves SDL and resolvers the way any federation library does. */
export async function startForeignSubgraph({ sdl, resolvers }: TestSubgraph): Promise<ForeignSubgraph> {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }])
  const asked: string[] = []
  let headers: IncomingMessage['headers'] = {}
  const { url, close } = await startHttp(async (request, response) => {
    headers = request.headers
    await answer(schema, { request, response, asked })
  })
  return { url, asked, headers: () => headers, [Symbol.asyncDispose]: close }
}

async function answer(schema: GraphQLSchema, { request, response, asked }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly asked: string[] }): Promise<void> {
  const { query, variables } = JSON.parse(await text(request)) as { query: string; variables?: Record<string, unknown> }
  asked.push(query)
  const result = await graphql({ schema, source: query, ...(variables === undefined ? {} : { variableValues: variables }) })
  response.setHeader('content-type', 'application/json').end(JSON.stringify(result))
}

/** A server on a free port of the loopback. */
export async function startHttp(handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => void handle(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => { server.close(resolve) })
    },
  }
}

import { ApolloGateway, RemoteGraphQLDataSource, type GraphQLDataSourceProcessOptions } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
import { CALL_IDENTITY_HEADER, createCallSigner, loadOrCreateSigningKey, type Principal } from '@polyseme/kit/identity'

/** A gateway that is not ours. */
export interface OtherGateway {
  readonly ask: (query: string) => Promise<unknown>
  readonly stop: () => Promise<void>
}

/** The header that a subgraph wants to see. */
export type Sign = (subgraph: string) => Promise<string>

/** All that somebody has to write for another gateway: how a call is signed. */
export async function signingAs(principal: Principal, keysDir: string): Promise<Sign> {
  const signer = createCallSigner({ privateJwk: (await loadOrCreateSigningKey(keysDir)).privateJwk })
  return async (subgraph) => await signer.sign(subgraph, { principal, masks: {} })
}

export async function startStockGateway(supergraphSdl: string, sign: Sign): Promise<OtherGateway> {
  class SigningDataSource extends RemoteGraphQLDataSource {
    readonly #subgraph: string

    constructor(subgraph: string, url: string | undefined) {
      super(url === undefined ? {} : { url })
      this.#subgraph = subgraph
    }

    override async willSendRequest({ request }: GraphQLDataSourceProcessOptions): Promise<void> {
      request.http?.headers.set(CALL_IDENTITY_HEADER, await sign(this.#subgraph))
    }
  }
  const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl, buildService: ({ name, url }) => new SigningDataSource(name, url) }) })
  await server.start()
  return {
    ask: async (query) => {
      const { body } = await server.executeOperation({ query })
      return body.kind === 'single' ? JSON.parse(JSON.stringify(body.singleResult)) as unknown : undefined
    },
    stop: async () => await server.stop(),
  }
}

export function startHiveGateway(supergraph: string, sign: Sign): OtherGateway {
  const names = new Map([...supergraph.matchAll(/@join__graph\(name: "(\w+)", url: "([^"]+)"\)/g)].map(([, name = '', url = '']) => [url, name]))
  const gateway = createGatewayRuntime({
    supergraph,
    logging: false,
    plugins: () => [{
      onFetch: async (call) => {
        call.setOptions({ ...call.options, headers: { ...call.options.headers, [CALL_IDENTITY_HEADER]: await sign(names.get(call.url) ?? '') } })
      },
    }],
  })
  return {
    ask: async (query) => {
      const response = await gateway.fetch('http://localhost/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) })
      return await response.json() as unknown
    },
    stop: async () => await gateway[Symbol.asyncDispose](),
  }
}

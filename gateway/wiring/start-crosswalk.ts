import { createCallVerifier, loadOrCreateSigningKey } from '@polyseme/kit/identity'
import { join } from 'node:path'
import { AccessDatabase, AgreementStore, PersonalTokenStore } from '../access/index.ts'
import { healthRoutes, listen, subgraphRoute, type HttpListener, type Log } from '../serve/index.ts'
import { ACCESS_FILE } from './explain-query.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { startServing } from './start-serving.ts'

/** The crosswalk as a subgraph of its own, for a router that runs the exported supergraph. It follows the registry as a gateway does. */
export async function startCrosswalk(config: GatewayConfig, { log }: { readonly log: Log }): Promise<Pick<HttpListener, 'url' | 'port'> & { readonly close: () => Promise<void> }> {
  await using stack = new AsyncDisposableStack()
  const listener = await listen({ host: config.host, port: config.port, log })
  stack.defer(async () => await listener.close())
  const signingKey = await loadOrCreateSigningKey(config.keysDir)
  const verifier = createCallVerifier({ jwks: signingKey.publicJwks, subgraph: 'crosswalk' })
  stack.defer(() => verifier.close())
  const database = stack.use(new AccessDatabase({ file: join(config.dataDir, ACCESS_FILE) }))
  const access = { agreements: new AgreementStore(database), personalTokens: new PersonalTokenStore(database) }
  const serving = await startServing({ config, signingKey, log, access, readUsage: () => Promise.resolve([]) })
  stack.defer(serving.close)
  const { graphs } = serving
  listener.serve([subgraphRoute({ graphs, subgraph: 'crosswalk', verifier }), ...healthRoutes(() => ({ ready: true, supergraph: graphs.current.supergraph.id }))])
  const held = stack.move()
  return { url: listener.url, port: listener.port, close: async () => await held.disposeAsync() }
}

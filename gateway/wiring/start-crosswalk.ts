import { createCallVerifier, createTokenVerifier, loadOrCreateSigningKey, type CallVerifier } from '@polyseme/kit/identity'
import { join } from 'node:path'
import { AccessDatabase, AgreementStore, createMaskKeyring, loadOrCreateMaskSecret, PersonalTokenStore } from '../access/index.ts'
import { healthRoutes, listen, routerIdentityRoutes, subgraphRoutes, type HttpListener, type Log } from '../serve/index.ts'
import { ACCESS_FILE } from './explain-query.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { identitiesForRouters } from './identities-for-routers.ts'
import { startServing } from './start-serving.ts'

/**
 * The crosswalk as a subgraph of its own, foreign subgraphs under the names that the graph has for them, and what a router that runs the
 * exported supergraph has to tell each subgraph about a caller. It follows the registry as a gateway does.
 */
export async function startCrosswalk(config: GatewayConfig, { log }: { readonly log: Log }): Promise<Pick<HttpListener, 'url' | 'port'> & { readonly close: () => Promise<void> }> {
  await using stack = new AsyncDisposableStack()
  const listener = await listen({ host: config.host, port: config.port, log })
  stack.defer(async () => await listener.close())
  const signingKey = await loadOrCreateSigningKey(config.keysDir)
  const verifiers = new Map<string, CallVerifier>()
  stack.defer(() => { for (const verifier of verifiers.values()) verifier.close() })
  const verifierOf = (subgraph: string): CallVerifier => {
    const verifier = verifiers.get(subgraph) ?? createCallVerifier({ jwks: signingKey.publicJwks, subgraph })
    verifiers.set(subgraph, verifier)
    return verifier
  }
  const database = stack.use(new AccessDatabase({ file: join(config.dataDir, ACCESS_FILE) }))
  const access = { agreements: new AgreementStore(database), personalTokens: new PersonalTokenStore(database) }
  const serving = await startServing({ config, signingKey, log, access })
  stack.defer(serving.close)
  const { graphs } = serving
  const tokens = createTokenVerifier({ issuers: config.issuers, report: (notice) => log.warn('token issuer', { ...notice }) })
  stack.defer(() => tokens.close())
  const maskKeyring = createMaskKeyring(await loadOrCreateMaskSecret(config.keysDir))
  const identitiesFor = identitiesForRouters({ graphs, signingKey, maskKeyring })
  listener.serve([...subgraphRoutes({ graphs, own: 'crosswalk', verifierOf }), ...routerIdentityRoutes({ tokens, identitiesFor }), ...healthRoutes(() => ({ ready: true, supergraph: graphs.current.supergraph.id }))])
  const held = stack.move()
  return { url: listener.url, port: listener.port, close: async () => await held.disposeAsync() }
}

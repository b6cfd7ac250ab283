import { createTokenVerifier, loadOrCreateSigningKey, type SigningKey } from '@polyseme/kit/identity'
import { CONSOLE_DIST } from './console/index.ts'
import { LargeAnswers } from './execute/index.ts'
import { DEFAULT_OPERATION_LIMITS } from './operation/index.ts'
import { consoleRoutes, createGraphqlRoute, exportRoute, healthRoutes, listen, Metrics, metricsRoute, PersistedOperations, renderMetrics, sendJson, ResponseCache, type HttpListener, type Log, type Readiness, type Route } from './serve/index.ts'
import { createCostControl } from './wiring/create-cost-control.ts'
import { followSafeList } from './wiring/follow-safe-list.ts'
import type { GatewayConfig } from './wiring/gateway-config.ts'
import { openAccess, peopleIssuerOf } from './wiring/open-access.ts'
import type { ProcessShare } from './wiring/process-share.ts'
import { registryRoutesOf } from './wiring/registry-routes-of.ts'
import { startServing } from './wiring/start-serving.ts'
import { startWorkers } from './wiring/start-workers.ts'
import type { Served } from './workers/index.ts'

export { createLog, listen, type HttpListener, type Log } from './serve/index.ts'
export { explainQuery, type ExplainQuestion } from './wiring/explain-query.ts'
export { compareVersions } from './wiring/compare-versions.ts'
export { exportSupergraph, type ExportSupergraphOptions } from './wiring/export-supergraph.ts'
export { findFileFaults } from './wiring/find-file-faults.ts'
export { startCrosswalk } from './wiring/start-crosswalk.ts'
export type { CallerBudgetConfig, GatewayConfig, ProtectionConfig, RegistryConfig, ResponseCacheConfig, SubgraphConfig, SubgraphSchema, SubgraphTraffic, TrafficConfig } from './wiring/gateway-config.ts'

export interface StartOptions {
  readonly log: Log
  /** A port that listens already (it answers 503 until the gateway is ready); default: one of its own. Of one process alone. */
  readonly listener?: HttpListener
}

export interface ProcessOptions extends StartOptions {
  /** In a gateway of several processes; absent: it is alone. */
  readonly share?: ProcessShare
}

/** A gateway that answers. */
export interface RunningGateway {
  readonly url: string
  readonly port: number
  /** Finishes what is under way, up to 10 s, and lets go of everything. */
  readonly close: () => Promise<void>
}

/**
 * Starts the gateway of a mesh; when it returns, every way in answers and every link is loaded.
 *
 * With `workers` above 1 this process answers nothing itself: each worker does what `startProcess` does.
 *
 * @throws CONFIG_INVALID, CONTRACT_INVALID, LEXICON_INVALID, COMPOSITION_FAILED, PORT_IN_USE, DATA_DIR_CORRUPT
 */
export async function startGateway(config: GatewayConfig, options: StartOptions): Promise<RunningGateway> {
  if ((config.workers ?? 1) === 1) return await startProcess(config, options)
  if (options.listener !== undefined) throw new TypeError('several processes share a port that they open themselves')
  return await startWorkers(config, { entry: new URL('./worker.ts', import.meta.url), log: options.log })
}

/**
 * Starts a gateway in this process.
 *
 * The rooms are wired here and nowhere else. A request goes: authenticate → parseOperation → authorize → plan → execute
 * (`serve/graphql-route.ts`, `serve/answer-operation.ts`).
 *
 * @throws CONFIG_INVALID, CONTRACT_INVALID, LEXICON_INVALID, COMPOSITION_FAILED, PORT_IN_USE, DATA_DIR_CORRUPT
 */
export async function startProcess(config: GatewayConfig, options: ProcessOptions): Promise<RunningGateway & Served> {
  const { log, share } = options
  await using stack = new AsyncDisposableStack()
  const open = async (): Promise<HttpListener> => {
    const opened = options.listener ?? (await listen({ host: config.host, port: config.port, log }))
    stack.defer(async () => await opened.close())
    return opened
  }
  // While others serve, a process that is not ready yet takes no connection from them.
  const early = share?.alone === false ? undefined : await open()
  const signingKey = await loadOrCreateSigningKey(config.keysDir)
  const state: GatewayState = { readiness: () => ({ ready: false }) }
  // Domains ask for the gateway's key as soon as the gateway asks them for anything, which is before it is ready.
  early?.serve(earlyRoutes(state, signingKey), { complete: false })
  const access = stack.use(await openAccess(config.dataDir, log, { peopleIssuer: peopleIssuerOf(config), sharedAudit: share?.audit }))
  const jwts = createTokenVerifier({ issuers: config.issuers, revocation: access.revocations, report: (notice) => log.warn('token issuer', { ...notice }) })
  const tokens = access.withPersonalTokens(jwts)
  stack.defer(() => tokens.close())
  const serving = await startServing({ config, signingKey, log, access, meter: access.meter, ...(share === undefined ? {} : { share }) })
  stack.defer(serving.close)
  const { graphs } = serving
  if (config.engine === 'apollo') log.warn('the engine of @apollo/gateway is for comparison only: it plans in the serving thread, and hides nulls and types that the schema does not allow')
  const metrics = new Metrics()
  const { files } = config.persistedOperations ?? {}
  const safeList = files === undefined ? undefined : stack.use(await followSafeList({ paths: files, log }))
  const answering = {
    graphs, tokens, metrics, log, recorder: access.recorder,
    limits: { ...DEFAULT_OPERATION_LIMITS, suggestions: config.environment === 'development', introspection: config.protection?.introspection ?? true },
    costs: createCostControl(config.protection, metrics, share),
    persisted: new PersistedOperations({ metrics, log, ...config.persistedOperations, ...(safeList === undefined ? {} : { safeList: safeList.current }) }),
    concealForbidden: config.protection?.concealForbidden ?? false,
    unauthorized: config.protection?.unauthorized ?? 'filter',
    ...(config.deadlineMs === undefined ? {} : { deadlineMs: config.deadlineMs }),
  }
  const graphql = await createGraphqlRoute({ ...answering, large: new LargeAnswers(config.largeAnswers), ...(config.responseCache === undefined ? {} : { responseCache: new ResponseCache(config.responseCache) }) })
  stack.defer(async () => await graphql.close())
  const site = consoleRoutes({ dir: CONSOLE_DIST, ...(config.signIn === undefined ? {} : { signIn: config.signIn }) })
  const listener = early ?? (await open())
  listener.serve([graphql, exportRoute({ ...answering, ...(config.exports === undefined ? {} : { exports: config.exports }) }), ...registryRoutesOf(serving, tokens), ...earlyRoutes(state, signingKey), metricsRoute(share?.allMetrics ?? (async () => renderMetrics(metrics))), ...site])
  state.readiness = () => ({ ready: true, supergraph: graphs.current.supergraph.id, ...(serving.isStale() ? { stale: true } : {}), ...(graphs.current.isEmpty === true ? { empty: true } : {}) })
  // Deferred once more, last: what is under way is answered before anything that answers it is closed.
  stack.defer(async () => {
    state.readiness = () => ({ ready: false })
    await listener.close()
  })
  const held = stack.move()
  return { url: listener.url, port: listener.port, metrics: () => renderMetrics(metrics), close: async () => await held.disposeAsync() }
}

interface GatewayState {
  readiness: () => Readiness
}

/** What is answered from the first moment on, without a token: it says nothing of the mesh's data. */
function earlyRoutes(state: GatewayState, signingKey: SigningKey): readonly Route[] {
  return [
    ...healthRoutes(() => state.readiness()),
    { path: '/.well-known/jwks.json', handle: async (exchange) => sendJson(exchange, 200, signingKey.publicJwks) },
  ]
}

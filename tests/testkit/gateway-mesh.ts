import { loadOrCreateSigningKey, type SigningKey } from '@polyseme/kit/identity'
import { loadDomain, loadExtensionCode, startSubgraph, type RunningSubgraph } from '@polyseme/kit/subgraph'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createLog, startGateway, type GatewayConfig, type Log } from '../../gateway/main.ts'
import { ACCESS_TOKEN_AUDIENCE, findPersona, loadIssuerKeys, signPersonaToken, type IssuerKeys, type Persona } from '../../gateway/issuer/index.ts'
import { startDomainProcess } from './domain-process.ts'

export interface GatewayMeshOptions {
  /** Folders with the domains' contracts; a folder's name is the domain's. */
  readonly domainDirs: readonly string[]
  readonly lexiconDir: string
  /** The mesh's own policies. */
  readonly policiesDir?: string
  /** Serve from a registry of its own, into which the domains are published. */
  readonly withRegistry?: boolean
  /** Where the contracts' servers find their files. Read only. */
  readonly sourceDir: string
  /** Folder with the link tables. */
  readonly linksDir: string
  /** Domains that run as processes of their own, so that they can be killed. Default: none. */
  readonly separate?: readonly string[]
  /** Default `development`. */
  readonly environment?: 'development' | 'production'
  /** What else the configuration says. */
  readonly settings?: Partial<GatewayConfig>
  /** Lines of the gateway's log. Default: nowhere. */
  readonly onLog?: (line: string) => void
}

/** What GraphQL over HTTP answers. */
export interface MeshAnswer {
  readonly status: number
  readonly data: Record<string, unknown> | null | undefined
  readonly errors: readonly MeshError[]
  readonly headers: Headers
}

export interface MeshError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

export interface AskOptions {
  /** A persona of the development issuer, or one made up; absent: no token. */
  readonly as?: string | Persona
  readonly variables?: Readonly<Record<string, unknown>>
}

/** A domain of a running mesh. */
export interface MeshDomain {
  readonly name: string
  /** `http://127.0.0.1:41234/graphql`; the same after a restart. */
  readonly url: string
  /** Process id, for a domain with a process of its own. */
  readonly pid: number | undefined
  /** Ends it: a process is killed without notice, another one closed. */
  readonly stop: () => Promise<void>
  /** Starts it again on the same port. */
  readonly start: () => Promise<void>
}

/** Subgraphs and a gateway over them, as users meet them: HTTP, tokens, signed calls. */
export interface GatewayMesh extends AsyncDisposable {
  readonly url: string
  readonly sourceDir: string
  /** As the gateway was given it. */
  readonly config: GatewayConfig
  readonly domains: ReadonlyMap<string, MeshDomain>
  readonly ask: (query: string, options?: AskOptions) => Promise<MeshAnswer>
  readonly token: (as: string | Persona) => Promise<string>
}

const ISSUER = 'https://issuer.test'

/** Starts the domains and a gateway over them, on free ports; everything is gone when it is disposed. */
export async function startGatewayMesh(options: GatewayMeshOptions): Promise<GatewayMesh> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-mesh-'))
  stack.defer(async () => await rm(dataDir, { recursive: true, force: true }))
  await symlink(options.linksDir, join(dataDir, 'links'))
  const signingKey = await loadOrCreateSigningKey(join(dataDir, 'keys'))
  const keys = await loadIssuerKeys(join(dataDir, 'keys'))
  const domains = await Promise.all(options.domainDirs.map(async (dir) => {
    const start = options.separate?.includes(basename(dir)) === true ? startDomainProcess : startDomainHere
    const domain = await restartable(dir, async (port) => await start({ dir, sourceDir: options.sourceDir, keysDir: join(dataDir, 'keys'), signingKey, port }))
    stack.defer(async () => await domain.stop())
    return domain
  }))
  const config: GatewayConfig = {
    environment: options.environment ?? 'development',
    host: '127.0.0.1',
    port: 0,
    dataDir,
    keysDir: join(dataDir, 'keys'),
    issuers: [{ issuer: ISSUER, audience: ACCESS_TOKEN_AUDIENCE, jwks: { keys: keys.signing.map(({ d: _private, ...publicPart }) => publicPart) }, claims: { further: { regions: 'regions' } } }],
    subgraphs: domains.map(({ name, url }, at) => ({ name, url, schema: { kind: 'contracts', dir: options.domainDirs[at] ?? '' } })),
    lexiconDir: options.lexiconDir,
    ...(options.withRegistry === true ? { registry: { kind: 'sqlite', file: join(dataDir, 'registry.sqlite') } } : {}),
    ...(options.policiesDir === undefined ? {} : { policiesDir: options.policiesDir }),
    ...options.settings,
  }
  const gateway = await startGateway(config, { log: logTo(options.onLog) })
  stack.defer(async () => await gateway.close())
  const held = stack.move()
  const token = async (as: string | Persona): Promise<string> => await mintToken(as, keys)
  return {
    url: gateway.url,
    sourceDir: options.sourceDir,
    config,
    domains: new Map(domains.map((domain) => [domain.name, domain])),
    token,
    ask: async (query, { as, variables } = {}) => await askGraphql(`${gateway.url}/graphql`, { query, variables }, as === undefined ? undefined : await token(as)),
    [Symbol.asyncDispose]: async () => await held.disposeAsync(),
  }
}

/** One GraphQL request over HTTP, its answer taken apart. */
export async function askGraphql(url: string, body: unknown, token?: string, headers: Readonly<Record<string, string>> = {}): Promise<MeshAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  })
  const answer = (await response.json()) as { data?: Record<string, unknown> | null; errors?: readonly MeshError[] }
  return { status: response.status, data: answer.data, errors: answer.errors ?? [], headers: response.headers }
}

/** What starts one domain. */
export interface DomainStart {
  readonly dir: string
  readonly sourceDir: string
  readonly keysDir: string
  readonly signingKey: SigningKey
  /** 0: any free port. */
  readonly port: number
}

/** A domain that runs. */
export interface StartedDomain {
  readonly url: string
  readonly port: number
  readonly pid: number | undefined
  readonly stop: () => Promise<void>
}

async function startDomainHere({ dir, sourceDir, signingKey, port }: DomainStart): Promise<StartedDomain> {
  const loaded = await loadDomain(dir)
  if (loaded.kind === 'invalid') throw new Error(`${dir}: ${JSON.stringify(loaded.diagnostics)}`)
  const { extensions: added } = loaded.value
  const extensions = added === undefined ? undefined : await loadExtensionCode(dir, added)
  if (extensions?.kind === 'invalid') throw new Error(`${dir}: ${JSON.stringify(extensions.diagnostics)}`)
  const own = extensions === undefined ? {} : { extensions: extensions.value }
  const running: RunningSubgraph = await startSubgraph({ products: loaded.value.products, ...own, dataDir: sourceDir, trust: signingKey.publicJwks, port })
  return { url: running.url, port: running.port, pid: undefined, stop: running.close }
}

async function restartable(dir: string, start: (port: number) => Promise<StartedDomain>): Promise<MeshDomain> {
  const first = await start(0)
  let running: StartedDomain | undefined = first
  return {
    name: basename(dir),
    url: first.url,
    get pid() {
      return running?.pid
    },
    stop: async () => {
      const stopping = running
      running = undefined
      await stopping?.stop()
    },
    start: async () => {
      running ??= await start(first.port)
    },
  }
}

async function mintToken(as: string | Persona, keys: IssuerKeys): Promise<string> {
  return await signPersonaToken(typeof as === 'string' ? getPersona(as) : as, { issuer: ISSUER, keys })
}

function getPersona(id: string): Persona {
  const persona = findPersona(id)
  if (persona === undefined) throw new TypeError(`no persona ${id}`)
  return persona
}

function logTo(onLog: ((line: string) => void) | undefined): Log {
  return createLog(onLog ?? (() => undefined))
}

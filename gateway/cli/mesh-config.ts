import { invalid, ok, type Result } from '@polyseme/kit/errors'
import { SIGNATURE_ALGORITHMS, type ClaimMapping, type IssuerConfig, type SignatureAlgorithm } from '@polyseme/kit/identity'
import { join, resolve } from 'node:path'
import type { GatewayConfig, RegistryConfig, SubgraphConfig, SubgraphSchema } from '../main.ts'
import { isReservedDomain } from '../registry/index.ts'
import { ConfigReader, type ConfigMap, type Environment } from './config-reader.ts'
import { readExports, readLargeAnswers } from './read-exports.ts'
import { readPersistedOperations } from './read-persisted-operations.ts'
import { readProtection } from './read-protection.ts'
import { readResponseCache } from './read-response-cache.ts'
import { readTraffic } from './read-traffic.ts'

/** Where a mesh file stands and what it may take from outside. */
export interface MeshSource {
  /** Named in findings. */
  readonly file: string
  /** Relative paths in the file start here. */
  readonly dir: string
  /** For `${NAME}`; POLYSEME_HOST, POLYSEME_PORT and POLYSEME_DATA_DIR come before the file. */
  readonly env: Environment
}

/** Reads `mesh.yaml`. Every finding at once, each with its place; a key that is not known is a finding. */
export function parseMeshConfig(text: string, { file, dir, env }: MeshSource): Result<GatewayConfig> {
  const reader = new ConfigReader(file, text, env)
  const { root } = reader
  const path = (value: string): string => resolve(dir, value)
  const environment = root.oneOf('environment', ['development', 'production']) ?? 'production'
  const host = root.text('host')
  const port = root.integer('port', 0, 65_535)
  const dataDirOfFile = root.text('dataDir')
  const dataDir = path(env['POLYSEME_DATA_DIR'] ?? dataDirOfFile ?? '.polyseme')
  const keysDir = root.text('keysDir')
  const lexicon = root.text('lexicon')
  const policies = root.text('policies')
  const governance = root.text('governance')
  const noticeWebhook = root.text('noticeWebhook')
  const allowedHosts = root.texts('allowedHosts')
  if (noticeWebhook !== undefined && !/^https?:$/.test(URL.parse(noticeWebhook)?.protocol ?? '')) root.report('config-value', '`noticeWebhook` is no http or https address')
  const deadlineMs = root.integer('deadlineMs', 100, 600_000)
  const persistedOperations = readPersistedOperations(root.map('persistedOperations'), path)
  const traffic = readTraffic(root.map('traffic'))
  const engine = root.oneOf('engine', ['polyseme', 'apollo'])
  const workers = root.integer('workers', 1, 64)
  const issuers = root.maps('issuers').map(readIssuer)
  const peopleIssuer = readPeopleIssuer(root, issuers)
  const registry = readRegistry(root.map('registry'), path)
  // With a registry, domains publish themselves; without one, the file is all that there is.
  const subgraphs = registry !== undefined && !root.has('subgraphs') ? [] : root.maps('subgraphs').map((map) => readSubgraph(map, path))
  const protection = readProtection(root.map('protection'))
  const responseCache = readResponseCache(root.map('responseCache'))
  const exports = readExports(root.map('exports'))
  const largeAnswers = readLargeAnswers(root.map('largeAnswers'))
  const signIn = readSignIn(root.map('console'))
  const portOfEnvironment = portFrom(root, env['POLYSEME_PORT'])
  root.end()
  reportTwice(root, 'subgraphs', subgraphs.map(({ name }) => name))
  if (registry === undefined) {
    const names = subgraphs.map(({ name }) => name)
    reportUnknownSubgraphs(root, 'protection.maxCostBySubgraph', Object.keys(protection?.maxCostBySubgraph ?? {}), [...names, ...OWN_SUBGRAPHS])
    reportUnknownSubgraphs(root, 'traffic.subgraphs', Object.keys(traffic?.subgraphs ?? {}), names)
  }
  reportTwice(root, 'issuers', issuers.map(({ issuer }) => issuer))
  if (reader.diagnostics.length > 0) return invalid(reader.diagnostics)
  return ok({
    environment,
    host: env['POLYSEME_HOST'] ?? host ?? '127.0.0.1',
    port: portOfEnvironment ?? port ?? 4000,
    dataDir,
    keysDir: keysDir === undefined ? join(dataDir, 'keys') : path(keysDir),
    issuers,
    ...(peopleIssuer === undefined ? {} : { peopleIssuer }),
    subgraphs,
    ...(lexicon === undefined ? {} : { lexiconDir: path(lexicon) }),
    ...(policies === undefined ? {} : { policiesDir: path(policies) }),
    ...(noticeWebhook === undefined ? {} : { noticeWebhook }),
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
    ...(governance === undefined ? {} : { governanceFile: path(governance) }),
    ...(registry === undefined ? {} : { registry }),
    ...(protection === undefined ? {} : { protection }),
    ...(responseCache === undefined ? {} : { responseCache }),
    ...(exports === undefined ? {} : { exports }),
    ...(largeAnswers === undefined ? {} : { largeAnswers }),
    ...(signIn === undefined ? {} : { signIn }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(persistedOperations === undefined ? {} : { persistedOperations }),
    ...(traffic === undefined ? {} : { traffic }),
    ...(engine === undefined ? {} : { engine }),
    ...(workers === undefined ? {} : { workers }),
  })
}

function readPeopleIssuer(root: ConfigMap, issuers: readonly IssuerConfig[]): string | undefined {
  const written = root.text('peopleIssuer')
  if (written !== undefined && issuers.every(({ issuer }) => issuer !== written)) root.report('config-value', `\`peopleIssuer\` is ${written}, which is none of the issuers`, `use ${issuers.map(({ issuer }) => issuer).join(', ')}`)
  return written
}

function readIssuer(map: ConfigMap): IssuerConfig {
  const issuer = map.requiredText('issuer')
  const audience = map.texts('audience')
  if (audience === undefined) map.missing('audience')
  const jwksUri = map.requiredText('jwksUrl')
  const algorithms = map.texts('algorithms')
  const unknown = algorithms?.find((name) => !SIGNATURE_ALGORITHMS.some((known) => known === name))
  if (unknown !== undefined) map.report('config-value', `\`${unknown}\` is no signature algorithm that is accepted`, `use ${SIGNATURE_ALGORITHMS.join(', ')}`)
  const tokenTypes = map.texts('tokenTypes')
  const allowHttp = map.flag('allowHttp')
  const clockToleranceSec = map.integer('clockToleranceSec', 0, 60)
  const claims = readClaims(map.map('claims'))
  const times = readKeyTimes(map)
  map.end()
  return {
    issuer,
    audience: audience ?? [],
    jwksUri,
    ...(algorithms === undefined ? {} : { algorithms: algorithms as readonly SignatureAlgorithm[] }),
    ...(tokenTypes === undefined ? {} : { tokenTypes }),
    ...(allowHttp === undefined ? {} : { allowHttp }),
    ...(clockToleranceSec === undefined ? {} : { clockToleranceSec }),
    ...(claims === undefined ? {} : { claims }),
    ...times,
  }
}

/** How the issuer's keys are kept; see `IssuerConfig`. */
function readKeyTimes(map: ConfigMap): Pick<IssuerConfig, 'jwksMaxAgeMs' | 'jwksCooldownMs' | 'jwksMaxStaleMs' | 'jwksTimeoutMs'> {
  return map.integers({ jwksMaxAgeMs: [1, 86_400_000], jwksCooldownMs: [1, 3_600_000], jwksMaxStaleMs: [1, 604_800_000], jwksTimeoutMs: [1, 60_000] })
}

function readClaims(map: ConfigMap | undefined): ClaimMapping | undefined {
  if (map === undefined) return undefined
  const scopes = map.texts('scopes')
  const roles = map.texts('roles')
  const groups = map.texts('groups')
  const furtherMap = map.map('further')
  const further = furtherMap === undefined ? undefined : Object.fromEntries(furtherMap.keys().map((name) => [name, furtherMap.texts(name) ?? []]))
  map.end()
  return {
    ...(scopes === undefined ? {} : { scopes }),
    ...(roles === undefined ? {} : { roles }),
    ...(groups === undefined ? {} : { groups }),
    ...(further === undefined ? {} : { further }),
  }
}

function readSubgraph(map: ConfigMap, path: (value: string) => string): SubgraphConfig {
  const name = map.requiredText('name')
  if (name !== '' && !/^[a-z][a-z0-9-]*$/.test(name)) map.report('config-value', `\`${name}\` is no name of a subgraph`, 'use small letters, digits and dashes')
  if (isReservedDomain(name)) map.report('config-value', `the name \`${name}\` is reserved: it is the gateway's own`, 'choose another name for the domain')
  const url = map.requiredText('url')
  if (url !== '' && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) map.report('config-value', `\`${url}\` is no http or https address`)
  const contracts = map.text('contracts')
  const sdl = map.text('sdl')
  if ((contracts === undefined) === (sdl === undefined)) map.report('config-value', `subgraph \`${name}\` needs exactly one of \`contracts\` and \`sdl\``, 'give the folder of its contracts, or the schema file of a foreign subgraph')
  map.end()
  const schema: SubgraphSchema = contracts === undefined ? { kind: 'sdl', file: path(sdl ?? '') } : { kind: 'contracts', dir: path(contracts) }
  return { name, url, schema }
}

function readRegistry(map: ConfigMap | undefined, path: (value: string) => string): RegistryConfig | undefined {
  if (map === undefined) return undefined
  const file = map.text('file')
  const postgres = map.text('postgres')
  if ((file === undefined) === (postgres === undefined)) map.report('config-value', '`registry` needs exactly one of `file` and `postgres`', 'give the SQLite file of one machine, or the connection string of a PostgreSQL that several gateways share')
  if (postgres !== undefined && !/^postgres(?:ql)?:\/\//.test(postgres)) map.report('config-value', '`registry.postgres` is no address of a PostgreSQL database', 'write postgres://USER@HOST:PORT/DATABASE')
  map.end()
  return postgres === undefined ? { kind: 'sqlite', file: path(file ?? '') } : { kind: 'postgres', connectionString: postgres }
}

function readSignIn(map: ConfigMap | undefined): GatewayConfig['signIn'] {
  if (map === undefined) return undefined
  const signIn = {
    issuer: map.requiredText('issuer'),
    clientId: map.requiredText('clientId'),
    scopes: map.texts('scopes') ?? [],
    development: map.flag('development') ?? false,
  }
  if (signIn.issuer !== '' && URL.parse(signIn.issuer) === null) map.report('config-value', `\`${signIn.issuer}\` is no address`)
  map.end()
  return signIn
}

function reportTwice(root: ConfigMap, key: string, names: readonly string[]): void {
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index)
  if (twice !== undefined) root.report('config-twice', `\`${key}\` names ${twice} twice`)
}

/** The gateway's own subgraphs stand in no file. */
const OWN_SUBGRAPHS = ['crosswalk', 'access', 'catalog']

function reportUnknownSubgraphs(...[root, key, named, known]: [ConfigMap, string, readonly string[], readonly string[]]): void {
  const unknown = named.find((name) => !known.includes(name))
  if (unknown !== undefined) root.report('config-value', `\`${key}\` names ${unknown}, which is no subgraph`, `use ${known.join(', ')}`)
}

function portFrom(root: ConfigMap, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  root.report('config-environment', `POLYSEME_PORT is \`${text}\``, 'set it to a whole number from 0 to 65535')
  return undefined
}

/**
 * `npm run bench -- registry [SUBGRAPHS…]`: how long a check and a publish take as the graph grows, how long until a gateway serves it,
 * and what its clients notice meanwhile.
 */
import { loadOrCreateSigningKey } from '@polyseme/kit/identity'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { composeOffThread, createDeploymentSigner, hashArtifact, SqliteRegistryDatabase, SqlRegistryStore, type CheckReport, type DeploymentSigner, type SubgraphArtifact } from '../../gateway/registry/index.ts'
import type { SharedType, SubgraphDefinition } from '../../gateway/supergraph/index.ts'
import { ownDefinitions } from '../../gateway/wiring/own-definitions.ts'
import { quantile, type BenchOptions } from './bench.ts'
import { ServingGateway, startProcess } from './registry/serving-gateway.ts'
import type { Pauses } from './registry/pause-meter.ts'
import type { LoadRecord } from './registry/steady-load.ts'

const TYPES_PER_SUBGRAPH = 50
/** Until the code that serves is compiled: its p99 is twice as high before. */
const WARM_MS = 6_000
/** Quiet, then a check and a publish, in turn: the p99 of a thousand requests alone differs by a third from one time to the next. */
const ROUNDS = 5

/** The neighbours' entities are meant to be one. */
function sharedTypesOf(count: number): readonly SharedType[] {
  return count < 2 ? [] : Array.from({ length: count }, (_, index) => ({ type: `D${index}T0`, domains: [`d${index}`, `d${(index + count - 1) % count}`] }))
}

/** One domain of a mesh: entities of its own with a key, some that refer to the neighbour's. */
function subgraphOf(index: number, total: number, { revision, url }: { readonly revision: number; readonly url: string }): SubgraphArtifact {
  const neighbour = (index + 1) % total
  const types = Array.from({ length: TYPES_PER_SUBGRAPH }, (_, type) => `
type D${index}T${type} @key(fields: "id") { id: ID! name: String amount: Float at: String next: D${index}T${(type + 1) % TYPES_PER_SUBGRAPH}${type === 0 ? ` neighbour: D${neighbour}T0` : ''} }`)
  const stub = total > 1 ? `type D${neighbour}T0 @key(fields: "id", resolvable: false) { id: ID! }` : ''
  const extra = revision === 0 ? '' : `extend type D${index}T0 { ${Array.from({ length: revision }, (_, earlier) => `revision${earlier + 1}: Int`).join(' ')} }`
  const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { d${index}: D${index}Query }
type D${index}Query { all: [D${index}T0!]! one(id: ID!): D${index}T0 }
${types.join('')}
${stub}
${extra}`
  return { subgraph: `d${index}`, sdl, url: index === 0 ? url : `http://127.0.0.1:1/d${index}`, naming: 'verbatim', contracts: [], policies: [] }
}

/** @throws Error the bench's own change is not right */
function assertPublishable({ verdict, findings }: CheckReport): void {
  if (verdict !== 'pass') throw new Error(`the check says ${verdict}: ${JSON.stringify(findings).slice(0, 400)}`)
}

function definitionOf(artifact: SubgraphArtifact): SubgraphDefinition {
  return { name: artifact.subgraph, url: artifact.url, sdl: artifact.sdl, products: [] }
}

/** What one size showed. */
interface Figures {
  readonly count: number
  /** The first check after a start: the whole graph is composed. */
  readonly wholeS: number
  /** Later ones, of other changes: only what they touch is composed. This and what follows are the rounds' medians. */
  readonly checkS: number
  /** Of yet another change, with the check that every publish begins with, until it is stored. */
  readonly publishS: number
  /** From the call until the gateway serves it. */
  readonly liveS: number
  /** Of the gateway's serving thread, from the first check until it serves the new graph, of all rounds. */
  readonly pauses: Pauses
  /** Of the requests of all rounds. */
  readonly quietP99: number
  readonly p99: number
  readonly worstMs: number
  readonly requests: number
  readonly failures: string
  readonly sdlMb: number
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly seconds: number }> {
  const start = performance.now()
  const value = await work()
  return { value, seconds: (performance.now() - start) / 1_000 }
}

interface Round {
  readonly quiet: Span
  readonly busy: Span
  readonly checkS: number
  readonly publishS: number
  readonly liveS: number
  readonly pauses: Pauses
}

/** Epoch milliseconds. */
interface Span {
  readonly from: number
  readonly to: number
}

async function benchSize(count: number, { quietMs, rounds }: { readonly quietMs: number; readonly rounds: number }): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'polyseme-bench-registry-'))
  const store = await SqlRegistryStore.open(new SqliteRegistryDatabase(join(folder, 'registry.sqlite')))
  const signer = createDeploymentSigner((await loadOrCreateSigningKey(join(folder, 'keys'))).privateJwk)
  const domain = await startProcess(folder, [join(import.meta.dirname, 'registry/made-domain.ts')])
  try {
    await seed(store, Array.from({ length: count }, (_, index) => subgraphOf(index, count, { revision: 0, url: domain.url })), signer)
    await using gateway = await ServingGateway.start(folder, sharedTypesOf(count))
    const change = nextChange(count, domain.url)
    const check = async (): Promise<number> => (await timed(async () => assertPublishable(await gateway.registry.check({ artifact: change(), usageDays: 30 })))).seconds
    let wholeS = Number.NaN
    const done: Round[] = []
    await delay(WARM_MS)
    for (let version = 1; version <= rounds; version++) {
      const from = Date.now()
      await delay(quietMs)
      await gateway.longestPauses()
      const quiet: Span = { from, to: Date.now() }
      if (version === 1) wholeS = await check()
      const checkS = await check()
      const called = performance.now()
      const publish = await timed(() => gateway.registry.publish({ artifact: change(), basedOn: version, message: 'bench' }))
      if (publish.value.kind !== 'deployed') throw new Error(`the publish was ${publish.value.kind}`)
      await gateway.untilServed(publish.value.deployment.supergraphId)
      const liveS = (performance.now() - called) / 1_000
      done.push({ quiet, busy: { from: quiet.to, to: Date.now() }, checkS, publishS: publish.seconds, liveS, pauses: await gateway.longestPauses() })
    }
    const { requests, failures, sample } = await gateway.stopClients()
    const quietMsSorted = sortedMs(requests, done.map(({ quiet }) => quiet))
    const during = sortedMs(requests, done.map(({ busy }) => busy))
    const supergraph = await store.findSupergraph((await store.findLatestDeployment('live'))?.supergraphId ?? '')
    const middle = (of: 'checkS' | 'publishS' | 'liveS'): number => quantile(done.map((round) => round[of]).toSorted((a, b) => a - b), 0.5)
    return {
      count, wholeS, checkS: middle('checkS'), publishS: middle('publishS'), liveS: middle('liveS'),
      pauses: { wallMs: Math.max(...done.map(({ pauses }) => pauses.wallMs)), processorMs: Math.max(...done.map(({ pauses }) => pauses.processorMs)) },
      quietP99: quantile(quietMsSorted, 0.99), p99: quantile(during, 0.99), worstMs: during.at(-1) ?? Number.NaN, requests: during.length, sdlMb: (supergraph?.sdl.length ?? 0) / 1e6,
      failures: failures === 0 ? '' : `${failures} failed: ${sample.slice(0, 120)}`,
    }
  } finally {
    domain.child.kill('SIGKILL')
    await store.close()
    await rm(folder, { recursive: true })
  }
}

/** The first domain with one field more each time. */
function nextChange(count: number, url: string): () => SubgraphArtifact {
  let revision = 0
  return () => subgraphOf(0, count, { revision: ++revision, url })
}

/** Of the requests that began in these times. */
function sortedMs(requests: LoadRecord['requests'], spans: readonly Span[]): readonly number[] {
  return requests.filter(([at]) => spans.some(({ from, to }) => at >= from && at < to)).map(([, ms]) => ms).toSorted((a, b) => a - b)
}

/** Puts all subgraphs but none of their intermediate graphs into the registry: the first publish composes them all at once. */
async function seed(store: SqlRegistryStore, artifacts: readonly SubgraphArtifact[], signer: DeploymentSigner): Promise<void> {
  const definitions = artifacts.map(definitionOf)
  const composed = await composeOffThread({ subgraphs: [...definitions, ...ownDefinitions(undefined, definitions)], options: { sharedTypes: sharedTypesOf(artifacts.length) } })
  if (composed.kind === 'invalid') throw new TypeError(composed.diagnostics.map(({ what }) => what).join('\n'))
  const at = new Date().toISOString()
  const members = Object.fromEntries(artifacts.map(({ subgraph }) => [subgraph, 1]))
  await store.commit({
    supergraph: { id: composed.value.id, sdl: composed.value.sdl, createdAt: at },
    published: artifacts.map((artifact) => ({ ...artifact, version: 1, hash: hashArtifact(artifact), publishedBy: 'bench', publishedAt: at, message: 'seed' })),
    deployment: signer.sign({ sequence: 1, channel: 'live', kind: 'publish', supergraphId: composed.value.id, members, percent: 0, actor: 'bench', at, reason: 'seed' }),
    notices: [],
  })
}

function print({ count, wholeS, checkS, publishS, liveS, pauses, quietP99, p99, worstMs, requests, failures, sdlMb }: Figures): void {
  const figures = [wholeS, checkS, publishS, liveS, pauses.wallMs, pauses.processorMs, quietP99, p99, p99 / quietP99, worstMs, requests, sdlMb]
  console.log(`${String(count).padStart(9)} ${figures.map((figure) => figure.toFixed(figure >= 1_000 ? 0 : 2).padStart(11)).join(' ')}   ${failures}`)
}

/** How a time grows with the number of subgraphs: 1.2 says that ten times as many take ten to the 1.2 as long. */
function growth(smaller: Figures, larger: Figures, of: 'wholeS' | 'checkS' | 'liveS'): string {
  return (Math.log(larger[of] / smaller[of]) / Math.log(larger.count / smaller.count)).toFixed(2)
}

export async function run({ quick, args }: BenchOptions): Promise<void> {
  const sizes = args.length > 0 ? args.map(Number) : quick ? [5, 20] : [20, 50, 200, 500]
  console.log(`${TYPES_PER_SUBGRAPH} types a subgraph. A gateway process follows the registry, four clients ask it all the time; a team checks and publishes through it.`)
  console.log('subgraphs     whole s     check s   publish s      live s    pause ms   of it CPU  p99 before   p99 while       ratio    worst ms    requests      SDL MB')
  let smaller: Figures | undefined
  for (const size of sizes) {
    let figures: Figures
    try {
      figures = await benchSize(size, quick ? { quietMs: 1_500, rounds: 1 } : { quietMs: 10_000, rounds: ROUNDS })
    } catch (error) {
      console.log(`${String(size).padStart(9)} ${String(error)}`)
      continue
    }
    print(figures)
    if (smaller !== undefined) console.log(`${' '.repeat(9)} from ${smaller.count} to ${size}: the whole grows with the power ${growth(smaller, figures, 'wholeS')}, a check ${growth(smaller, figures, 'checkS')}, publish to live ${growth(smaller, figures, 'liveS')}`)
    smaller = figures
  }
}

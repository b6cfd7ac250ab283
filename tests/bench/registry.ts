/**
 * `npm run bench -- registry [SUBGRAPHS…]`: how long a check and a publish take as the graph grows, what they do to the serving
 * thread, and what composing takes by itself.
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import {
  checkPublish, composeOffThread, createDeploymentSigner, DEFAULT_GOVERNANCE, Registry, SqliteRegistryDatabase, SqlRegistryStore,
  type CheckEnvironment, type SubgraphArtifact,
} from '../../gateway/registry/index.ts'
import { loadSupergraphOffThread, type ComposeOptions, type SubgraphDefinition } from '../../gateway/supergraph/index.ts'
import type { BenchOptions } from './bench.ts'

const TYPES_PER_SUBGRAPH = 50

/** The neighbours' entities are meant to be one: the rule against silent merging is measured elsewhere. */
const SHARING: ComposeOptions = { sharedTypes: 'any' }

/** One domain of a mesh: entities of its own with a key, some that refer to the neighbour's. */
function subgraphOf(index: number, total: number, revision: number): SubgraphArtifact {
  const neighbour = (index + 1) % total
  const types = Array.from({ length: TYPES_PER_SUBGRAPH }, (_, type) => `
type D${index}T${type} @key(fields: "id") { id: ID! name: String amount: Float at: String next: D${index}T${(type + 1) % TYPES_PER_SUBGRAPH}${type === 0 ? ` neighbour: D${neighbour}T0` : ''} }`)
  const stub = total > 1 ? `type D${neighbour}T0 @key(fields: "id", resolvable: false) { id: ID! }` : ''
  const extra = revision === 0 ? '' : `extend type D${index}T0 { revision${revision}: Int }`
  const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { d${index}: D${index}Query }
type D${index}Query { all: [D${index}T0!]! one(id: ID!): D${index}T0 }
${types.join('')}
${stub}
${extra}`
  return { subgraph: `d${index}`, sdl, url: `http://127.0.0.1:1/d${index}`, naming: 'contract', contracts: [], policies: [] }
}

function definitionOf(artifact: SubgraphArtifact): SubgraphDefinition {
  return { name: artifact.subgraph, url: artifact.url, sdl: artifact.sdl, products: [] }
}

/** Wall time, and the longest time this thread did not turn meanwhile. */
async function measure<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number; longestPauseMs: number }> {
  const delays = monitorEventLoopDelay({ resolution: 5 })
  delays.enable()
  const start = performance.now()
  const value = await work()
  const seconds = (performance.now() - start) / 1000
  delays.disable()
  return { value, seconds, longestPauseMs: delays.max / 1e6 }
}

async function benchSize(count: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'polyseme-bench-registry-'))
  const store = await SqlRegistryStore.open(new SqliteRegistryDatabase(join(folder, 'registry.sqlite')))
  const signer = createDeploymentSigner(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }))
  const registry = new Registry({ store, signer, now: () => new Date(), compose: (versions) => composeOffThread({ subgraphs: versions.map(definitionOf), options: SHARING }) })
  try {
    const artifacts = Array.from({ length: count }, (_, index) => subgraphOf(index, count, 0))
    await seed(registry, artifacts)
    const environment: CheckEnvironment = {
      store, compose: (task) => composeOffThread({ ...task, options: SHARING }), readProducts: () => ({ kind: 'ok', value: [], warnings: [] }), readUsage: () => Promise.resolve([]),
      findMeaningFaults: () => [], findPolicyFaults: () => Promise.resolve([]), ownSubgraphs: () => [], governance: () => ({ policy: DEFAULT_GOVERNANCE }), now: () => new Date(),
    }
    const changed = subgraphOf(0, count, 1)
    const check = await measure(() => checkPublish({ artifact: changed }, environment))
    const publish = await measure(() => registry.publish({ artifact: changed, basedOn: 1, actor: 'bench', reason: 'bench' }))
    const live = await store.findLatestDeployment('live')
    const supergraph = await store.findSupergraph(live?.supergraphId ?? '')
    const load = await measure(async () => await loadSupergraphOffThread(supergraph?.sdl ?? '', [...artifacts.slice(1), changed].map(definitionOf)))
    const figures = [check.seconds, check.longestPauseMs, publish.seconds, publish.longestPauseMs, load.seconds, load.longestPauseMs, (supergraph?.sdl.length ?? 0) / 1e6]
    console.log(`${String(count).padStart(9)} ${figures.map((figure) => figure.toFixed(2).padStart(12)).join(' ')}   ${check.value.verdict}, ${publish.value.kind}`)
  } finally {
    await store.close()
    await rm(folder, { recursive: true })
  }
}

/** Puts all subgraphs but none of their intermediate graphs into the registry: the first publish composes them all at once. */
async function seed(registry: Registry, artifacts: readonly SubgraphArtifact[]): Promise<void> {
  const composed = await composeOffThread({ subgraphs: artifacts.map(definitionOf), options: SHARING })
  if (composed.kind === 'invalid') throw new TypeError(composed.diagnostics.map(({ what }) => what).join('\n'))
  const at = new Date().toISOString()
  const signer = createDeploymentSigner(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }))
  const members = Object.fromEntries(artifacts.map(({ subgraph }) => [subgraph, 1]))
  await registry.store.commit({
    supergraph: { id: composed.value.id, sdl: composed.value.sdl, createdAt: at },
    published: artifacts.map((artifact) => ({ ...artifact, version: 1, hash: artifact.subgraph, publishedBy: 'bench', publishedAt: at, message: 'seed' })),
    deployment: signer.sign({ sequence: 1, channel: 'live', kind: 'publish', supergraphId: composed.value.id, members, percent: 0, actor: 'bench', at, reason: 'seed' }),
    notices: [],
  })
}

export async function run({ quick, args }: BenchOptions): Promise<void> {
  const sizes = args.length > 0 ? args.map(Number) : quick ? [5, 20] : [20, 50, 200, 500]
  console.log(`${TYPES_PER_SUBGRAPH} types a subgraph; seconds of wall time, longest pause of the calling thread in ms`)
  console.log('subgraphs      check s     pause ms    publish s     pause ms       load s     pause ms       SDL MB')
  for (const size of sizes) await benchSize(size)
}

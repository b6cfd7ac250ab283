/**
 * `npm run bench -- gateway [nested|small|delays|coalescing]`: the public gateways benchmark's workload, rebuilt; the stock
 * gateway, ours, others and a bare program that makes the same calls, in turn, each pinned to one core. Subgraphs and clients are on the other.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authorizeAll } from '../testkit/test-mesh.ts'
import { createPlanner } from '../../gateway/plan/index.ts'
import { execute, HttpTransport, type SubgraphRequest } from '../../gateway/execute/index.ts'
import { TEST_PRINCIPAL } from '../testkit/test-mesh.ts'
import type { BenchOptions } from './bench.ts'
import { composeWorkload } from './gateway/compose-workload.ts'
import { GRAFBASE, grafbaseCommand } from './gateway/grafbase-command.ts'
import { isInstalled } from './gateway/other-gateways.ts'
import { PinnedProcess, runPinned } from './gateway/pinned-process.ts'
import { NESTED_QUERY, SMALL_QUERY, SUBGRAPHS, type SubgraphName } from './gateway/workload.ts'

const GATEWAY_CORE = 0
const OTHER_CORE = 1
const CONNECTIONS = 50

interface LoadResult {
  readonly requests: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly bytes: number
  readonly failures: number
  readonly sample: string
}

interface Measured extends LoadResult {
  readonly cpuMsPerRequest: number
  readonly residentMb: number
  readonly callsPerRequest: number
}

interface Contender {
  readonly name: string
  /** Package that has to be installed for it. */
  readonly needs?: string
  readonly command: (start: ContenderStart) => readonly string[]
}

interface ContenderStart {
  /** JSON of name → URL. */
  readonly urls: string
  /** File with the calls that our engine makes. */
  readonly recorded: string
  /** Where it may write. */
  readonly directory: string
  /** `coalesce` where equal requests to a domain share an answer. */
  readonly coalesce: 'coalesce' | 'each'
}

const CONTENDERS: readonly Contender[] = [
  { name: 'stock', command: ({ urls }) => ['stock-process.ts', urls] },
  { name: 'ours', command: ({ urls, coalesce }) => ['ours-process.ts', urls, coalesce] },
  { name: 'ours, 2 × 64', command: ({ urls, coalesce }) => ['ours-process.ts', urls, coalesce, 'pipelined'] },
  { name: 'hive js', needs: '@graphql-hive/gateway-runtime', command: ({ urls, coalesce }) => ['hive-process.ts', urls, 'js', coalesce] },
  { name: 'hive rust', needs: '@graphql-hive/router-runtime', command: ({ urls, coalesce }) => ['hive-process.ts', urls, 'rust', coalesce] },
  { name: 'grafbase', needs: GRAFBASE, command: ({ urls, directory, coalesce }) => grafbaseCommand(urls, directory, coalesce) },
  { name: 'bare calls', command: ({ urls, recorded }) => ['six-calls-process.ts', urls, recorded] },
]

export async function run({ quick, args }: BenchOptions): Promise<void> {
  const [which = 'nested', ...only] = args
  const query = which === 'small' ? SMALL_QUERY : NESTED_QUERY
  const delays: Readonly<Record<SubgraphName, number>> = which === 'delays' ? { accounts: 1, inventory: 5, products: 20, reviews: 50 }
    : which === 'slow' ? { accounts: 5, inventory: 5, products: 5, reviews: 5 } : { accounts: 0, inventory: 0, products: 0, reviews: 0 }
  const rounds = quick ? 1 : 3
  const durationMs = quick ? 3_000 : 5_000
  await using stack = new AsyncDisposableStack()
  const subgraphs = new Map<SubgraphName, PinnedProcess>()
  for (const name of SUBGRAPHS) subgraphs.set(name, stack.use(await PinnedProcess.start(OTHER_CORE, ['subgraph-process.ts', name, String(delays[name])])))
  const urls = Object.fromEntries([...subgraphs].map(([name, process]) => [name, process.url]))
  const directory = await mkdtemp(join(tmpdir(), 'polyseme-bench-'))
  stack.defer(async () => await rm(directory, { recursive: true }))
  const recorded = join(directory, 'calls.json')
  await writeFile(recorded, JSON.stringify(await recordCalls(query, urls)))

  const results = new Map<string, Measured[]>()
  const coalesce = which === 'coalescing' ? 'coalesce' : 'each'
  const chosen = CONTENDERS.filter(({ name, needs }) => (only.length === 0 || only.includes(name)) && (needs === undefined || isInstalled(needs)))
  for (const { name, needs } of CONTENDERS) if (needs !== undefined && !isInstalled(needs)) console.log(`${name} is not installed: npm ci --prefix tests/bench/gateway/others`)
  for (let round = 0; round < rounds; round++) {
    for (const { name, command } of chosen) {
      await using gateway = await PinnedProcess.start(GATEWAY_CORE, command({ urls: JSON.stringify(urls), recorded, directory, coalesce }))
      const measured = await measure(gateway, subgraphs, { query, durationMs })
      if (measured.failures > 0) throw new Error(`${name} failed: ${measured.sample}`)
      results.set(name, [...results.get(name) ?? [], measured])
    }
  }
  print(results)
}

async function measure(gateway: PinnedProcess, subgraphs: ReadonlyMap<SubgraphName, PinnedProcess>, options: { readonly query: string; readonly durationMs: number }): Promise<Measured> {
  const token = gateway.said.get('token')
  const load = {
    url: gateway.url, connections: CONNECTIONS, body: JSON.stringify({ query: options.query }),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  }
  await runPinned(OTHER_CORE, 'load-process.ts', [JSON.stringify({ ...load, durationMs: Math.min(3_000, options.durationMs) })])
  const [cpuBefore, callsBefore] = [gateway.cpuMs(), await countCalls(subgraphs)]
  const result = await runPinned(OTHER_CORE, 'load-process.ts', [JSON.stringify({ ...load, durationMs: options.durationMs })]) as LoadResult
  const [cpuAfter, callsAfter] = [gateway.cpuMs(), await countCalls(subgraphs)]
  return {
    ...result, residentMb: gateway.residentMb(),
    cpuMsPerRequest: (cpuAfter - cpuBefore) / result.requests, callsPerRequest: (callsAfter - callsBefore) / result.requests,
  }
}

async function countCalls(subgraphs: ReadonlyMap<SubgraphName, PinnedProcess>): Promise<number> {
  const counts = await Promise.all([...subgraphs.values()].map(async ({ url }) => Number(await (await fetch(url)).text())))
  return counts.reduce((sum, count) => sum + count, 0)
}

/** The calls that our engine makes for the query, in levels, and its answer: what the bare program repeats. */
async function recordCalls(query: string, urls: Readonly<Record<string, string>>): Promise<unknown> {
  const supergraph = composeWorkload(urls)
  const planner = createPlanner(supergraph, { isolation: 'inline' })
  const levels: { readonly subgraph: string; readonly body: string }[][] = []
  let open = 0
  const recording = SUBGRAPHS.map((name) => {
    const transport = new HttpTransport({ subgraph: name, url: urls[name] ?? '', identityFor: async () => '' })
    return [name, {
      send: async (request: SubgraphRequest, call: Parameters<HttpTransport['send']>[1]) => {
        if (open++ === 0) levels.push([])
        const { operation, variablesText } = request
        levels.at(-1)?.push({ subgraph: name, body: `{${operation.name === undefined ? '' : `"operationName":${JSON.stringify(operation.name)},`}"query":${JSON.stringify(operation.text)},"variables":${variablesText}}` })
        try {
          return await transport.send(request, call)
        } finally {
          open--
        }
      },
      close: async () => await transport.close(),
    }] as const
  })
  const operation = authorizeAll(query)
  const outcome = await execute(await planner.plan(operation), { operation, principal: TEST_PRINCIPAL, transports: new Map(recording) })
  for (const [, transport] of recording) await transport.close()
  if (outcome.errors.length > 0) throw new Error(JSON.stringify(outcome.errors))
  return { levels, answer: JSON.parse(outcome.text) as unknown }
}

function print(results: ReadonlyMap<string, readonly Measured[]>): void {
  const median = (values: readonly number[]): number => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
  const of = (name: string, pick: (measured: Measured) => number): number => median((results.get(name) ?? []).map(pick))
  const stock = of('stock', ({ perSecond }) => perSecond)
  console.log('                  req/s   × stock   p50 ms   p99 ms   CPU ms/req   RSS MB   calls     bytes')
  for (const name of results.keys()) {
    const perSecond = of(name, (measured) => measured.perSecond)
    console.log([
      name.padEnd(14),
      perSecond.toFixed(0).padStart(9),
      (perSecond / stock).toFixed(2).padStart(9),
      of(name, ({ p50Ms }) => p50Ms).toFixed(1).padStart(9),
      of(name, ({ p99Ms }) => p99Ms).toFixed(1).padStart(8),
      of(name, ({ cpuMsPerRequest }) => cpuMsPerRequest).toFixed(2).padStart(12),
      of(name, ({ residentMb }) => residentMb).toFixed(0).padStart(8),
      of(name, ({ callsPerRequest }) => callsPerRequest).toFixed(1).padStart(7),
      of(name, ({ bytes }) => bytes).toFixed(0).padStart(9),
    ].join(''))
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SubgraphDefinition } from '../../gateway/supergraph/index.ts'
import { startEmptyMesh, type EmptyMesh } from '../testkit/empty-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import { startForeignSubgraph, type ForeignSubgraph } from '../testkit/foreign-subgraph.ts'
import { startGraphqlServer } from '../testkit/graphql-server.ts'
import { TEST_PRINCIPAL } from '../testkit/test-mesh.ts'
import { openTwoGraphs } from './two-graphs.ts'

/** Graphs that are built and swapped in this process; `POLYSEME_SWAPS=1000` for the whole case. */
const SWAPS = Number(process.env['POLYSEME_SWAPS'] ?? 40)
/** Steps of a registry, each of which composes and starts threads; `POLYSEME_STEPS` for more. */
const STEPS = Number(process.env['POLYSEME_STEPS'] ?? 8)
const CALLERS = 8
const ONE = 'type Query { one: Int } type Mutation { stamp: String }'
const TWO = 'type Query { two: Int } type Mutation { hop: String }'
/** Fields of a mutation run one after the other: one subgraph, then the other, then the first again. Who changes graphs on the way gets two stamps. */
const QUERY = JSON.stringify({ query: 'mutation Stamps { first: stamp hop last: stamp }' })

/** The subgraph `one` as one of its versions, which says so whenever it is asked. */
async function startStamped(stamp: string): Promise<ForeignSubgraph> {
  return await startForeignSubgraph({ sdl: ONE, resolvers: { Query: { one: () => 1 }, Mutation: { stamp: () => stamp } } })
}

/** Takes a step of the registry and says which graph it leads to. */
async function take(mesh: EmptyMesh, path: 'publish' | 'rollback', subgraph: string, input: object): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${await mesh.token([`${subgraph}:publish`])}` }
  const outcome = await (await fetch(`${mesh.url}/registry/${path}`, { method: 'POST', headers, body: JSON.stringify(input) })).json() as { readonly kind: string; readonly deployment: { readonly supergraphId: string } }
  expect(outcome.kind).toBe('deployed')
  return outcome.deployment.supergraphId
}

async function publish(mesh: EmptyMesh, subgraph: string, { sdl, url, basedOn }: { readonly sdl: string; readonly url: string; readonly basedOn: number }): Promise<string> {
  return await take(mesh, 'publish', subgraph, { artifact: { subgraph, sdl, url, naming: 'verbatim', contracts: [], policies: [] }, basedOn, message: 'm' })
}

async function untilServed(mesh: EmptyMesh, supergraph: string): Promise<void> {
  await eventually(async () => expect(await (await fetch(`${mesh.url}/health/ready`)).json()).toMatchObject({ supergraph }))
}

/** What clients got until they were stopped: each answer once with how often it came, and how long each took. */
interface Traffic {
  readonly answers: Map<string, number>
  readonly ms: number[]
}

/** Closes what is idle long before the server does: a request on a connection that is just being closed would fail for that alone. */
const agent = new Agent({ keepAliveTimeout: 500, keepAliveMaxTimeout: 500 })

async function post(url: string, authorization: string): Promise<string> {
  const { statusCode, body } = await request(url, { dispatcher: agent, method: 'POST', headers: { 'content-type': 'application/json', authorization }, body: QUERY })
  return `${statusCode} ${await body.text()}`
}

async function underLoad(ask: () => Promise<string>, work: () => Promise<void>): Promise<Traffic> {
  const traffic: Traffic = { answers: new Map(), ms: [] }
  const running = new AbortController()
  const callers = Array.from({ length: CALLERS }, async () => {
    while (!running.signal.aborted) {
      const began = performance.now()
      const answer = await ask()
      traffic.ms.push(performance.now() - began)
      traffic.answers.set(answer, (traffic.answers.get(answer) ?? 0) + 1)
      // Within capacity: what is measured is the swap and not the line before it.
      await delay(10)
    }
  })
  try {
    await work()
  } finally {
    running.abort()
    await Promise.all(callers)
  }
  return traffic
}

function p99({ ms }: Traffic): number {
  return ms.toSorted((a, b) => a - b)[Math.floor(ms.length * 0.99)] ?? 0
}

/** Every answer is of one version whole, and both versions were asked often. */
function expectWhole(swapping: Traffic, quiet: Traffic, swaps: number): void {
  const answerOf = (stamp: string): string => `200 {"data":{"first":"${stamp}","hop":"h","last":"${stamp}"}}`
  expect([...swapping.answers.keys()].toSorted()).toEqual([answerOf('A'), answerOf('B')])
  expect([...quiet.answers.keys()]).toEqual([answerOf('A')])
  for (const count of swapping.answers.values()) expect(count).toBeGreaterThan(swaps / 4)
  if (process.env['POLYSEME_SWAPS'] !== undefined) process.stdout.write(`${swapping.ms.length} requests over ${swaps} swaps; p99 ${p99(swapping).toFixed(1)} ms, without swaps ${p99(quiet).toFixed(1)} ms\n`)
}

describe('hot swaps under load', () => {
  let a: ForeignSubgraph
  let b: ForeignSubgraph
  let two: ForeignSubgraph

  beforeAll(async () => {
    [a, b] = [await startStamped('A'), await startStamped('B')]
    two = await startForeignSubgraph({ sdl: TWO, resolvers: { Query: { two: () => 2 }, Mutation: { hop: async () => await delay(Math.random() * 20, 'h') } } })
  })

  afterAll(async () => {
    await agent.close()
    await Promise.all([a, b, two].map(async (server) => await server[Symbol.asyncDispose]()))
  })

  it(`T23 ${SWAPS} graphs are swapped with no failed request and none that mixes versions`, { timeout: 60_000 + SWAPS * 3_000 }, async () => {
    const definitions = (revision: number): readonly SubgraphDefinition[] => [
      { name: 'one', url: (revision % 2 === 0 ? a : b).url, sdl: ONE, products: [] },
      { name: 'two', url: two.url, sdl: TWO, products: [] },
    ]
    await using graphs = await openTwoGraphs(definitions)
    await using server = await startGraphqlServer({ graph: await graphs.build(0), callers: () => TEST_PRINCIPAL })
    const ask = async (): Promise<string> => await post(server.url, 'Bearer any')
    const quiet = await underLoad(ask, async () => { await delay(Math.min(10_000, SWAPS * 50)) })
    const swapping = await underLoad(ask, async () => {
      for (let revision = 1; revision <= SWAPS; revision += 1) {
        const next = await graphs.build(revision)
        await next.planner.warmFrom(server.graphs.current.planner, 10)
        server.graphs.replace(next)
      }
    })
    await server.graphs.close()
    expectWhole(swapping, quiet, SWAPS)
  })

  it(`T23 ${STEPS} steps of a registry are taken over with no failed request and none that mixes versions`, { timeout: 60_000 + STEPS * 10_000 }, async () => {
    await using mesh = await startEmptyMesh()
    await publish(mesh, 'two', { sdl: TWO, url: two.url, basedOn: 0 })
    await untilServed(mesh, await publish(mesh, 'one', { sdl: ONE, url: a.url, basedOn: 0 }))
    const authorization = `Bearer ${await mesh.token([])}`
    const ask = async (): Promise<string> => await post(`${mesh.url}/graphql`, authorization)
    const quiet = await underLoad(ask, async () => { await delay(500) })
    const swapping = await underLoad(ask, async () => {
      await untilServed(mesh, await publish(mesh, 'one', { sdl: ONE, url: b.url, basedOn: 1 }))
      // There and back: to what the second step published and to what the third did, in turn.
      for (let step = 2; step <= STEPS; step += 1) await untilServed(mesh, await take(mesh, 'rollback', 'one', { subgraph: 'one', toSequence: 2 + step % 2, reason: `step ${step}` }))
    })
    expectWhole(swapping, quiet, STEPS)
  })
})

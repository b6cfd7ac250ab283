import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { afterAll, describe, expect, it } from 'vitest'
import { MemoryCallerBudgets } from '../../../gateway/operation/index.ts'
import { CostControl, Metrics, type CostControlOptions } from '../../../gateway/serve/index.ts'
import { AccessGraph } from '../../testkit/access-case.ts'
import { caller } from '../../testkit/access-graph.ts'
import { startGraphqlServer, type GraphqlServer } from '../../testkit/graphql-server.ts'

const GRAPH = new AccessGraph({
  subgraphs: {
    shop: 'type Query { users: [User!] @listSize(assumedSize: 50) secret: User @authenticated @requiresScopes(scopes: [["s"]]) } type User @key(fields: "id") { id: ID! }',
    reviews: 'type User @key(fields: "id") { id: ID! reviews: [Review!] @listSize(assumedSize: 4) } type Review { text: String }',
  },
  data: { users: [{ __typename: 'User', id: '1', reviews: [{ text: 'a' }] }, { __typename: 'User', id: '2', reviews: [] }] },
})
afterAll(() => GRAPH.close())

const QUERY = '{ users { id reviews { text } } }'
const ESTIMATED = 50 + 50 * 4
const ACTUAL = 2 + 1

const ann = caller()
const CALLERS: Readonly<Record<string, Principal>> = { ann, annAgain: { ...ann, tokenId: 'another' }, bob: { ...ann, subject: 'bob' }, namesake: { ...ann, issuer: 'https://other.test' } }

async function serve(options: Omit<CostControlOptions, 'metrics'>): Promise<GraphqlServer> {
  const metrics = new Metrics()
  return await startGraphqlServer({ graph: GRAPH.serving(), callers: CALLERS, metrics, costs: new CostControl({ ...options, metrics }) })
}

const INCLUDE = { headers: { 'x-polyseme-cost': 'include' } }

describe('cost over HTTP', () => {
  it('comes in headers when it is asked for, and not otherwise', async () => {
    await using server = await serve({})
    const told = await server.ask(QUERY, 'ann', INCLUDE)
    expect(Object.fromEntries([...told.headers].filter(([name]) => name.startsWith('x-polyseme-cost')))).toEqual({
      'x-polyseme-cost-estimated': String(ESTIMATED),
      'x-polyseme-cost-actual': String(ACTUAL),
      'x-polyseme-cost-by-domain': 'shop=50, reviews=200',
    })
    const untold = await server.ask(QUERY, 'ann')
    expect([...untold.headers.keys()].filter((name) => /cost|ratelimit/.test(name))).toEqual([])
    expect(untold.data).toEqual(told.data)
    expect(server.metrics.render()).toContain(`polyseme_cost_actual_total ${ACTUAL}\n`)
  })

  it('over the budget of a domain is refused with limit and value', async () => {
    await using server = await serve({ budget: { mode: 'enforce', maxCost: 1_000, maxCostBySubgraph: { reviews: 199 } } })
    const { status, errors } = await server.ask(QUERY, 'ann')
    expect({ status, errors }).toEqual({
      status: 400,
      errors: [{ message: 'The operation in the domain "reviews" has an estimated cost of 200; at most 199 is allowed. Ask for fewer items or fewer fields.', extensions: { code: 'OPERATION_LIMIT_EXCEEDED', what: 'cost', limit: 199, value: 200 } }],
    })
    expect((await server.ask('{ users { id } }', 'ann')).status).toBe(200)
    expect(server.metrics.render()).toContain('polyseme_cost_over_budget_total{budget="subgraph",mode="enforce"} 1\n')
  })

  it('is only counted in mode measure', async () => {
    const callers = new MemoryCallerBudgets({ cost: 60 })
    await using server = await serve({ budget: { mode: 'measure', maxCost: 10, maxCostBySubgraph: { shop: 1 } }, callers, clock: () => 0 })
    for (let time = 0; time < 3; time++) expect((await server.ask(QUERY, 'ann')).errors).toEqual([])
    const metrics = server.metrics.render()
    expect(metrics).toContain('polyseme_cost_over_budget_total{budget="operation",mode="measure"} 3\n')
    expect(metrics).toContain('polyseme_cost_over_budget_total{budget="caller",mode="measure"} 3\n')
    expect(metrics).toContain(`polyseme_cost_estimated_total ${3 * ESTIMATED}\n`)
  })

  it('is charged to the caller as it really was, whatever token was used', async () => {
    await using server = await serve({ callers: new MemoryCallerBudgets({ cost: 254, windowMs: 60_000 }), clock: () => 0 })
    const first = await server.ask(QUERY, 'ann', INCLUDE)
    expect([first.headers.get('ratelimit-policy'), first.headers.get('ratelimit')]).toEqual(['"cost";q=254;w=60', `"cost";r=${254 - ACTUAL};t=1`])
    expect((await server.ask(QUERY, 'annAgain')).status).toBe(200)
    // 254 − 2 · 3 is less than the estimate, so the third has to wait, and nobody else.
    const third = await server.ask(QUERY, 'ann')
    expect({ status: third.status, retryAfter: third.headers.get('retry-after'), errors: third.errors }).toEqual({
      status: 429,
      retryAfter: '1',
      errors: [{ message: 'The operation has an estimated cost of 250; you have 248 left of 254 for every 60 seconds. Ask again in 1 s, or for less.', extensions: { code: 'CALLER_BUDGET_EXCEEDED', limit: 254, windowSec: 60, left: 248, value: 250, retryAfterSec: 1 } }],
    })
    expect((await server.ask('{ users { id } }', 'ann')).status).toBe(200)
    expect([(await server.ask(QUERY, 'bob')).status, (await server.ask(QUERY, 'namesake')).status]).toEqual([200, 200])
  })

  it('fills up again, and never suffices for more than a whole budget', async () => {
    let nowMs = 0
    const callers = new MemoryCallerBudgets({ cost: 250 })
    await using server = await serve({ callers, clock: () => nowMs })
    callers.correct(JSON.stringify([ann.issuer, ann.subject]), 250, nowMs)
    expect((await server.ask(QUERY, 'ann')).headers.get('retry-after')).toBe('60')
    nowMs += 59_000
    expect((await server.ask(QUERY, 'ann')).headers.get('retry-after')).toBe('1')
    nowMs += 1_000
    expect((await server.ask(QUERY, 'ann')).status).toBe(200)
    const tooMuch = await server.ask('{ a: users { id reviews { text } } b: users { id } }', 'ann')
    expect({ status: tooMuch.status, message: tooMuch.errors[0]?.message }).toEqual({ status: 400, message: 'The operation has an estimated cost of 300; a caller may spend 250 for every 60 seconds. Ask for fewer items or fewer fields.' })
  })

  it('is charged as estimated where a domain did not answer, and not at all for what is denied', async () => {
    const broken = GRAPH.serving()
    const callers = new MemoryCallerBudgets({ cost: 1_000 })
    const transports = new Map(broken.transports)
    transports.delete('reviews')
    await using server = await startGraphqlServer({ graph: { ...broken, transports }, callers: CALLERS, costs: new CostControl({ callers, clock: () => 0 }) })
    const partial = await server.ask(QUERY, 'ann', INCLUDE)
    expect(partial.errors.map(({ extensions }) => extensions?.['code'])).toEqual(['SUBGRAPH_UNAVAILABLE'])
    expect([partial.headers.get('x-polyseme-cost-actual'), partial.headers.get('ratelimit')]).toEqual(['2', `"cost";r=${1_000 - ESTIMATED};t=15`])
    await server.ask('{ secret { id } }', 'bob')
    expect(callers.correct(JSON.stringify([ann.issuer, 'bob']), 0, 0)).toEqual({ kind: 'spent', left: 1_000 })
  })

  it('keeps an answer that is there although nobody can correct what it cost, and refuses where nobody can charge', async () => {
    const away = new GatewayError('OVERLOADED', 'the store does not answer')
    const callers = { cost: 1_000, windowMs: 60_000, spend: async () => await Promise.resolve({ kind: 'spent' as const, left: 750 }), correct: async () => await Promise.reject(away) }
    await using server = await serve({ callers })
    const answer = await server.ask(QUERY, 'ann', INCLUDE)
    expect([answer.status, answer.headers.get('x-polyseme-cost-actual'), answer.headers.get('ratelimit')]).toEqual([200, String(ACTUAL), null])
    await using closed = await serve({ callers: { ...callers, spend: async () => await Promise.reject(away) } })
    expect(await closed.ask(QUERY, 'ann')).toMatchObject({ status: 503, errors: [{ extensions: { code: 'OVERLOADED' } }] })
  })

  it('of the same caller at once never exceeds the budget', async () => {
    await using server = await serve({ callers: new MemoryCallerBudgets({ cost: 3 * ESTIMATED }), clock: () => 0 })
    const answers = await Promise.all(Array.from({ length: 10 }, async () => await server.ask(QUERY, 'ann')))
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3)
    expect(new Set(answers.map(({ status }) => status)).difference(new Set([200, 429])).size).toBe(0)
  })
})

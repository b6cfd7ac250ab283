import { afterEach, describe, expect, it } from 'vitest'
import { createPlanner, type Planner, type TypeFacts } from '../../../gateway/plan/index.ts'
import { authorizeAll, composeTestSupergraph } from '../../testkit/test-mesh.ts'

const SUPERGRAPH = composeTestSupergraph({
  a: 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"]) type Query { things: [Thing] } type Thing @key(fields: "id") { id: ID! name: String }',
  b: 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"]) type Thing @key(fields: "id") { id: ID! size: Int }',
})

let planner: Planner | undefined
afterEach(async () => {
  await planner?.close()
})

describe('planner', () => {
  it('is ready when its engine is built, and never when that fails', async () => {
    const built = Promise.withResolvers<TypeFacts>()
    const engine = { plan: () => Promise.resolve(undefined), types: () => built.promise, close: () => Promise.resolve() }
    planner = createPlanner(SUPERGRAPH, { engine })
    let isReady = false
    const ready = planner.ready().then(() => { isReady = true })
    await new Promise((resolve) => { setImmediate(resolve) })
    expect(isReady).toBe(false)
    built.resolve({ possibleTypes: new Map(), keyFields: new Map(), fetchedForPlans: new Set(), requiredWithArguments: new Set() })
    await ready
    await planner.close()
    planner = createPlanner(SUPERGRAPH, { engine: { ...engine, types: () => Promise.reject(new Error('not built')) } })
    await expect(planner.ready()).rejects.toThrow('not built')
  })

  it('T30 makes one plan for 500 identical cold queries', async () => {
    const shared = createPlanner(SUPERGRAPH)
    planner = shared
    const operation = authorizeAll('{ things { name size } }')
    const plans = await Promise.all(Array.from({ length: 500 }, () => shared.plan(operation)))
    expect(new Set(plans).size).toBe(1)
    expect(shared.statistics).toEqual({ cached: 1, planned: 1 })
  })

  it('G36 forgets the plans used longest ago', async () => {
    planner = createPlanner(SUPERGRAPH, { maxPlans: 3 })
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await planner.plan(authorizeAll(`{ ${name}: things { name } }`))
    expect(planner.statistics).toEqual({ cached: 3, planned: 4 })
    await planner.plan(authorizeAll('{ d: things { name } }'))
    expect(planner.statistics.planned).toBe(4)
    await planner.plan(authorizeAll('{ a: things { name } }'))
    expect(planner.statistics.planned).toBe(5)
  })

  it('F24 plans anew what another caller may see less of', async () => {
    planner = createPlanner(SUPERGRAPH)
    const text = '{ things { name size } }'
    const whole = await planner.plan(authorizeAll(text))
    const restricted = await planner.plan(authorizeAll(text, {}, { allowed: '{ things { name } }', denied: [{ coordinate: 'Thing.size', path: ['things', '@', 'size'] }], shape: [] }))
    expect(JSON.stringify(whole.node)).toContain('size')
    expect(JSON.stringify(restricted.node)).not.toContain('size')
  })

  it('T23 plans what was asked for most before it serves, and leaves out what its graph no longer has', async () => {
    const previous = createPlanner(SUPERGRAPH, { isolation: 'inline' })
    const [often, seldom, gone] = ['{ things { name size } }', '{ things { name } }', '{ things { size } }'].map((text) => authorizeAll(text))
    if (often === undefined || seldom === undefined || gone === undefined) throw new TypeError('three operations')
    for (const operation of [seldom, gone, often, often, often, gone]) await previous.plan(operation)
    expect(previous.mostUsed(2)).toEqual([often, gone])
    const next = createPlanner(composeTestSupergraph({ a: 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"]) type Query { things: [Thing] } type Thing @key(fields: "id") { id: ID! name: String }' }), { isolation: 'inline' })
    planner = next
    await expect(next.warmFrom(previous, 3)).resolves.toBe(1)
    expect(next.statistics.cached).toBe(1)
    const same = createPlanner(SUPERGRAPH, { isolation: 'inline' })
    await expect(same.warmFrom(previous, 2)).resolves.toBe(2)
    await same.plan(often)
    expect(same.statistics).toEqual({ cached: 2, planned: 2 })
  })

  it('needs no subgraph when nothing of an operation is left', async () => {
    planner = createPlanner(SUPERGRAPH)
    const operation = { ...authorizeAll('{ things { name } }'), operation: undefined, planKey: 'nothing' }
    await expect(planner.plan(operation)).resolves.toMatchObject({ node: undefined })
  })

  it('stops waiting when the signal aborts', async () => {
    planner = createPlanner(SUPERGRAPH)
    await expect(planner.plan(authorizeAll('{ things { name } }'), AbortSignal.abort())).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import { createPlanner, printPlan, type Planner, type PlannerOptions } from '../../../gateway/plan/index.ts'
import type { Supergraph } from '../../../gateway/supergraph/index.ts'
import { authorizeAll, composeTestSupergraph } from '../../testkit/test-mesh.ts'

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])'
const SUPERGRAPH = composeTestSupergraph({
  a: `${LINK} type Query { things: [Thing] } type Thing @key(fields: "id") { id: ID! name: String other: Thing }`,
  b: `${LINK} type Thing @key(fields: "id") { id: ID! size: Int }`,
})
/** Every field can be had from every subgraph, so that there are very many plans. */
const HARD = composeHard('')
/** The same among very many types. */
const LARGE = composeHard(Array.from({ length: 2_400 }, (_none, index) => `type Unused${index} { id: ID! first: String second: [Unused${(index + 1) % 2_400}!]! third: Int fourth: Float }`).join('\n'))

function composeHard(more: string): Supergraph {
  return composeTestSupergraph(Object.fromEntries(Array.from({ length: 6 }, (_none, index) => [
    `s${index}`, `${LINK} type Query { root: Node @shareable } type Node @key(fields: "id") { id: ID! ${'abcdefgh'.split('').map((name) => `${name}: Node @shareable`).join(' ')} value: Int @shareable } ${index === 0 ? more : ''}`,
  ])))
}

let planner: Planner | undefined
afterEach(async () => {
  await planner?.close()
})

function start(options: PlannerOptions = {}, supergraph = SUPERGRAPH): Planner {
  planner = createPlanner(supergraph, options)
  return planner
}

/** A query whose planning takes long: about 0.2 s at depth 6, more than a second at depth 8. */
function bomb(levels = 6): string {
  const level = (depth: number): string => (depth === 0 ? '{ value }' : `{ a ${level(depth - 1)} b ${level(depth - 1)} c ${level(depth - 1)} }`)
  return `{ root ${level(levels)} }`
}

describe('planner in its own thread', () => {
  it('makes the plans that it makes in the caller\'s thread', async () => {
    const operation = authorizeAll('{ things { name size other { size } } }')
    const isolated = await start().plan(operation)
    const inline = createPlanner(SUPERGRAPH, { isolation: 'inline' })
    expect(printPlan(isolated.node)).toBe(printPlan((await inline.plan(operation)).node))
    await inline.close()
  })

  it('G06 does not hold up the serving thread for 100 ms while it plans', async () => {
    const busy = start({ planTimeoutMs: 1_000 }, HARD)
    await busy.plan(authorizeAll('{ root { value } }'))
    const before = process.threadCpuUsage()
    await busy.plan(authorizeAll(bomb())).catch(() => {})
    const { user, system } = process.threadCpuUsage(before)
    expect((user + system) / 1_000).toBeLessThan(100)
  })

  it('G06 gives up on an operation that takes too long, refuses it from then on, and plans the others', async () => {
    const impatient = start({ planTimeoutMs: 250 }, HARD)
    await impatient.plan(authorizeAll('{ root { value } }'))
    const bad = authorizeAll(bomb(8))
    const outcome = await Promise.allSettled([impatient.plan(bad), impatient.plan(authorizeAll('{ root { id } }'))])
    expect(outcome).toMatchObject([{ status: 'rejected', reason: { code: 'OPERATION_LIMIT_EXCEEDED' } }, { status: 'fulfilled' }])
    const planned = impatient.statistics.planned
    await expect(impatient.plan(bad)).rejects.toMatchObject({ code: 'OPERATION_LIMIT_EXCEEDED' })
    expect(impatient.statistics.planned).toBe(planned)
  })

  it('reports a supergraph that no planner can be built from', async () => {
    const broken = start({}, { ...SUPERGRAPH, sdl: 'type Query { a: Int }' })
    await expect(broken.plan(authorizeAll('{ things { name } }'))).rejects.toMatchObject({ code: 'INTERNAL', message: 'the planner could not be started' })
  })

  it('fails what waits when it is closed', async () => {
    const closing = start()
    const refused = expect(closing.plan(authorizeAll('{ things { name } }'))).rejects.toMatchObject({ code: 'INTERNAL' })
    await closing.close()
    await refused
  })

  it('G06 plans a large graph in a process of its own, and others when an operation there takes too long', async () => {
    expect(LARGE.sdl.length).toBeGreaterThan(256 * 1024)
    const impatient = start({ planTimeoutMs: 600 }, LARGE)
    const inline = createPlanner(LARGE, { isolation: 'inline' })
    const operation = authorizeAll('{ root { id value a { b { value } } } }')
    expect(printPlan((await impatient.plan(operation)).node)).toBe(printPlan((await inline.plan(operation)).node))
    await inline.close()
    const outcome = await Promise.allSettled([impatient.plan(authorizeAll(bomb(8))), impatient.plan(authorizeAll('{ root { id } }'))])
    expect(outcome).toMatchObject([{ status: 'rejected', reason: { code: 'OPERATION_LIMIT_EXCEEDED' } }, { status: 'fulfilled' }])
  })

  it('plans with the native planner in a process of its own', async () => {
    const plan = await start({ planner: 'hive' }).plan(authorizeAll('{ things { name size } }'))
    expect(printPlan(plan.node)).toContain('fetch b')
  })
})

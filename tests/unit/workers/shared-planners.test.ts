import { GatewayError } from '@polyseme/kit/errors'
import { describe, expect, it } from 'vitest'
import type { PlanEngine, PlanNode, PlanRequest } from '../../../gateway/plan/index.ts'
import { SharedPlanners } from '../../../gateway/workers/index.ts'

const NODE: PlanNode = { kind: 'sequence', nodes: [] }
const TYPES = { possibleTypes: new Map(), keyFields: new Map(), fetchedForPlans: new Set<string>(), requiredWithArguments: new Set<string>() }

class CountingEngine implements PlanEngine {
  readonly asked: string[] = []
  closed = 0
  failure: GatewayError | undefined

  async plan({ text }: PlanRequest): Promise<PlanNode> {
    this.asked.push(text)
    await Promise.resolve()
    if (this.failure !== undefined) throw this.failure
    return NODE
  }

  async types(): Promise<typeof TYPES> {
    return await Promise.resolve(TYPES)
  }

  async close(): Promise<void> {
    await Promise.resolve(this.closed++)
  }
}

function shared(): { readonly planners: SharedPlanners; readonly engines: CountingEngine[] } {
  const engines: CountingEngine[] = []
  return { engines, planners: new SharedPlanners(() => engines[engines.push(new CountingEngine()) - 1] ?? new CountingEngine()) }
}

const [ONE, TWO] = [{ worker: 1 }, { worker: 2 }]

describe('planners of several workers', () => {
  it('T30 builds one planner for a supergraph and makes one plan for equal operations, whoever asks', async () => {
    const { planners, engines } = shared()
    const [{ id }, second] = await Promise.all([planners.open(ONE, 'sdl'), planners.open(TWO, 'sdl')])
    expect(second.id).toBe(id)
    const request = { text: '{ a }', operationName: undefined }
    expect(await Promise.all(Array.from({ length: 500 }, async () => await planners.plan(id, request)))).toEqual(Array.from({ length: 500 }, () => NODE))
    await planners.plan(id, { text: '{ b }', operationName: undefined })
    expect(engines.map(({ asked }) => asked)).toEqual([['{ a }', '{ b }']])
  })

  it('closes a planner when the last worker that held it has let it go or has ended', async () => {
    const { planners, engines } = shared()
    const { id } = await planners.open(ONE, 'sdl')
    await planners.open(ONE, 'sdl')
    await planners.open(TWO, 'sdl')
    await planners.close(ONE, id)
    await planners.close(TWO, id)
    await planners.close(TWO, id)
    expect(engines[0]?.closed).toBe(0)
    await planners.release(ONE)
    expect(engines[0]?.closed).toBe(1)
    await expect(planners.plan(id, { text: '{ a }', operationName: undefined })).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('asks again for a plan that failed, but not for one that was too much', async () => {
    const { planners, engines } = shared()
    const { id } = await planners.open(ONE, 'sdl')
    const [engine] = engines
    if (engine === undefined) throw new TypeError('no engine')
    const plan = async (text: string): Promise<unknown> => await planners.plan(id, { text, operationName: undefined }).then(() => 'planned', (error: unknown) => error instanceof GatewayError ? error.code : error)
    engine.failure = new GatewayError('INTERNAL', 'crashed')
    expect(await plan('{ a }')).toBe('INTERNAL')
    engine.failure = new GatewayError('OPERATION_LIMIT_EXCEEDED', 'too long')
    expect(await plan('{ bomb }')).toBe('OPERATION_LIMIT_EXCEEDED')
    await new Promise((resolve) => { setTimeout(resolve, 5) })
    engine.failure = undefined
    expect([await plan('{ a }'), await plan('{ bomb }')]).toEqual(['planned', 'OPERATION_LIMIT_EXCEEDED'])
    expect(engine.asked).toEqual(['{ a }', '{ bomb }', '{ a }'])
  })
})

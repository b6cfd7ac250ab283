import { describe, expect, it } from 'vitest'
import { DEFAULT_COMPOSE_BOUNDS, type OperationUsage, type StepNotice } from '../../../gateway/registry/index.ts'
import { everything, openService, verbatim } from './registry-fixtures.ts'

const usage = (name: string, consumer: string, calls: number, ...coordinates: string[]): OperationUsage => ({ name, hash: name, consumer, calls, coordinates: new Set(coordinates), lastSeenAt: '2026-01-01' })

const USAGE = [usage('weekly', 'bi', 40, 'Query.a'), usage('bills', 'app', 7, 'Query.b')]

// Each step composes in a process that gives way to all others: how long that takes depends on them, up to its own bound.
describe('notices to consumers', () => {
  it('a publish that breaks somebody and is approved, a rollback and a retirement tell whom they break, and nobody else', { timeout: 6 * DEFAULT_COMPOSE_BOUNDS.timeoutMs }, async () => {
    const told: StepNotice[] = []
    await using opened = await openService(USAGE, (notice) => told.push(notice))
    const { service, environment } = opened
    const publish = async (subgraph: string, sdl: string, basedOn: number): Promise<string> => (await service.publish(everything, { artifact: verbatim(subgraph, sdl), basedOn, message: 'm' })).kind
    await publish('sales', 'type Query { a: Int }', 0)
    await publish('billing', 'type Query { b: Int }', 0)
    await publish('sales', 'type Query { a: Int @deprecated(reason: "Will be removed on 2027-01-31. Use Query.c instead.") c: Int }', 1)
    const without = verbatim('sales', 'type Query { c: Int }')
    const refused = await service.publish(everything, { artifact: without, basedOn: 2, message: 'm' })
    if (refused.kind !== 'refused') throw new TypeError('it breaks a consumer')
    expect(refused.report.verdict).toBe('breaks-consumers')
    await service.approve(everything, { subgraph: 'sales', hash: refused.report.hash, reason: 'agreed' })
    await publish('sales', 'type Query { c: Int }', 2)
    await service.retire(everything, { subgraph: 'billing', reason: 'over' })
    await service.rollback(everything, { subgraph: 'sales', reason: 'back' })

    expect(told.map(({ event, step, breaking, affected, goingAway }) => [event, step, breaking.map(({ coordinate }) => coordinate), affected.map(({ consumer, operation, breaksOn }) => `${consumer} ${operation} ${breaksOn.join()}`), goingAway.map(({ consumer, coordinate, says }) => `${consumer} ${coordinate} ${says}`)])).toEqual([
      ['published', 1, [], [], []],
      ['published', 2, [], [], []],
      ['published', 3, [], [], ['bi Query.a Will be removed on 2027-01-31. Use Query.c instead.']],
      ['published', 4, ['Query.a'], ['bi weekly Query.a'], []],
      ['retired', 5, ['Query.b'], ['app bills Query.b'], []],
      ['rolled-back', 6, [], [], []],
    ])
    const own = await service.notices({ actor: 'bi', consumers: ['bi', 'somebody'], mayKnow: () => true, may: () => false }, { limit: 10 })
    expect(own.map(({ sequence, kind, operations }) => [sequence, kind, operations.map(({ breaksOn, goingAway }) => [breaksOn.length, goingAway.length])])).toEqual([[4, 'publish', [[1, 0]]], [3, 'publish', [[0, 1]]]])
    const shared = { actor: 'ana', consumers: ['bi'], may: () => false, mayKnow: (coordinate: string) => coordinate !== 'Query.a' }
    expect(await service.notices(shared, { limit: 10 })).toEqual([])
    expect((await service.notices({ ...shared, mayKnow: () => true }, { limit: 10 })).map(({ sequence }) => sequence)).toEqual([4, 3])
    expect((await service.notices(everything, { subgraph: 'billing', limit: 10 })).map(({ sequence, consumer, kind }) => [sequence, consumer, kind])).toEqual([[5, 'app', 'retire']])
    await expect(service.notices({ actor: 'eve', consumers: ['eve'], mayKnow: () => true, may: (action) => action === 'read' }, { subgraph: 'billing', limit: 10 })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(service.notices(everything, { subgraph: 'nope', limit: 10 })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'the registry has no domain "nope"' })
    expect((await environment.store.verify()).deployments).toBe(6)
  })
})

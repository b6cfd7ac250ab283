import { describe, expect, it } from 'vitest'
import { DEFAULT_COMPOSE_BOUNDS, noticesShownTo, type ConsumerNotice, type NoticeReader, type OperationUsage, type StepNotice } from '../../../gateway/registry/index.ts'
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
    const own = await service.notices({ ...everything, actor: 'bi', consumers: ['bi', 'somebody'], may: () => false }, { limit: 10 })
    expect(own.map(({ sequence, kind, operations }) => [sequence, kind, operations.map(({ breaksOn, goingAway }) => [breaksOn.length, goingAway.length])])).toEqual([[4, 'publish', [[1, 0]]], [3, 'publish', [[0, 1]]]])
    const shared = { ...everything, actor: 'ana', consumers: ['bi'], may: () => false, mayKnow: (coordinate: string) => coordinate !== 'Query.a' }
    expect(await service.notices(shared, { limit: 10 })).toEqual([])
    expect((await service.notices({ ...shared, mayKnow: () => true }, { limit: 10 })).map(({ sequence }) => sequence)).toEqual([4, 3])
    expect((await service.notices(everything, { subgraph: 'billing', limit: 10 })).map(({ sequence, consumer, kind }) => [sequence, consumer, kind])).toEqual([[5, 'app', 'retire']])
    await expect(service.notices({ ...everything, actor: 'eve', consumers: ['eve'], may: (action) => action === 'read' }, { subgraph: 'billing', limit: 10 })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(service.notices(everything, { subgraph: 'nope', limit: 10 })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'the registry has no domain "nope"' })
    expect((await environment.store.verify()).deployments).toBe(6)
  })
})

describe('notices that somebody reads', () => {
  const notice = (sequence: number, consumer: string, operation: string, ...coordinates: string[]): ConsumerNotice => ({
    sequence, consumer, channel: 'live', kind: 'publish', actor: 'steward', at: '2026-01-01', reason: 'm',
    operations: [{ operation, calls: 1, breaksOn: coordinates.map((coordinate) => ({ coordinate, message: 'gone' })), goingAway: [] }],
  })
  const asked: number[] = []
  /** A graph with `A.here` and `A.closed`, the latter for others; of what went, `Gone.secret` was for others as well. */
  const reader: NoticeReader = {
    actor: 'ana',
    mayKnow: (coordinate) => coordinate === 'A.here',
    isGone: (coordinate) => coordinate.startsWith('Gone.'),
    mayKnowBefore: (sequence) => {
      asked.push(sequence)
      return Promise.resolve((coordinate) => coordinate !== 'Gone.secret')
    },
  }
  const shown = async (...notices: ConsumerNotice[]): Promise<readonly unknown[]> => {
    asked.length = 0
    return (await noticesShownTo(notices, reader)).map(({ sequence, operations }) => [sequence, ...operations.map(({ operation, breaksOn }) => [operation, ...breaksOn.map(({ coordinate }) => coordinate)])])
  }

  it('G15 of a shared client: what the reader may know now, or of what went could know before, and no operation that is about neither', async () => {
    expect(await shown(notice(7, 'app', 'Mixed', 'A.here', 'A.closed', 'Gone.open', 'Gone.secret'), notice(6, 'app', 'Secret', 'A.closed', 'Gone.secret'))).toEqual([[7, ['Mixed', 'A.here', 'Gone.open']]])
    expect(asked).toEqual([7, 6])
  })

  it('G15 what is in the graph is judged by the graph as it is, and none before is looked at', async () => {
    expect(await shown(notice(5, 'app', 'Closed', 'A.closed'))).toEqual([])
    expect(await shown(notice(5, 'ana', 'Own', 'A.closed', 'Gone.secret'))).toEqual([[5, ['Own', 'A.closed', 'Gone.secret']]])
    expect(asked).toEqual([])
  })

  it('G15 the text of an operation without a name may speak of more than what is shown', async () => {
    expect(await shown(notice(4, 'app', '{ a { here closed } }', 'A.here'))).toEqual([[4, ['an operation without a name', 'A.here']]])
    expect(await shown(notice(4, 'ana', '{ a { here closed } }', 'A.here'))).toEqual([[4, ['{ a { here closed } }', 'A.here']]])
  })

  it('looks at the graph before the newest three steps that took away something', async () => {
    const notices = [9, 8, 7, 6, 5].map((sequence) => notice(sequence, 'app', 'Weekly', sequence === 8 ? 'A.here' : 'Gone.open'))
    expect(await shown(...notices)).toEqual([[9, ['Weekly', 'Gone.open']], [8, ['Weekly', 'A.here']], [7, ['Weekly', 'Gone.open']], [6, ['Weekly', 'Gone.open']]])
    expect(asked).toEqual([9, 7, 6])
  })
})

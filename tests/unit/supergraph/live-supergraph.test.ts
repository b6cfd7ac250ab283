import { describe, expect, it } from 'vitest'
import { LiveSupergraph } from '../../../gateway/supergraph/index.ts'
import { composeGraph } from '../../testkit/access-graph.ts'

const FIRST = composeGraph({ a: 'type Query { a: Int }' })
const SECOND = composeGraph({ a: 'type Query { a: Int b: Int }' })

describe('the live supergraph', () => {
  it('is the new one from the swap on, while what was taken before stays', () => {
    const live = new LiveSupergraph(FIRST)
    const taken = live.current
    live.swap(SECOND)
    expect(live.current).toBe(SECOND)
    expect(taken).toBe(FIRST)
  })

  it('tells its listeners of the new and the old one, until they leave', () => {
    const live = new LiveSupergraph(FIRST)
    const heard: string[][] = []
    const leave = live.onSwap((next, previous) => void heard.push([next.id, previous.id]))
    live.swap(SECOND)
    leave()
    live.swap(FIRST)
    expect(heard).toEqual([[SECOND.id, FIRST.id]])
  })

  it('does nothing for the graph that it already has', () => {
    const live = new LiveSupergraph(FIRST)
    let swaps = 0
    live.onSwap(() => void swaps++)
    live.swap(FIRST)
    expect(swaps).toBe(0)
  })

  it('swaps and tells the others when a listener throws', () => {
    const live = new LiveSupergraph(FIRST)
    let told = false
    live.onSwap(() => {
      throw new Error('broken')
    })
    live.onSwap(() => void (told = true))
    expect(() => live.swap(SECOND)).toThrow(AggregateError)
    expect(told).toBe(true)
    expect(live.current).toBe(SECOND)
  })
})

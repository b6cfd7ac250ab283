import { describe, expect, it } from 'vitest'
import { ServingGraphHolder, type ServingGraph } from '../../../gateway/serve/index.ts'

function graphNamed(name: string, closed: string[]): ServingGraph {
  return { close: async () => void closed.push(name) } as unknown as ServingGraph
}

describe('a graph that was replaced', () => {
  it('T23 is closed when the last answer that began on it has been sent, also when that takes longer than the operation', async () => {
    const closed: string[] = []
    const first = graphNamed('first', closed)
    const holder = new ServingGraphHolder(first)
    const release = await holder.use(async (graph) => holder.hold(graph))
    holder.replace(graphNamed('second', closed))
    expect(closed).toEqual([])
    release()
    expect(closed).toEqual(['first'])
  })

  it('is closed at once when nothing runs on it', () => {
    const closed: string[] = []
    const holder = new ServingGraphHolder(graphNamed('first', closed))
    holder.replace(graphNamed('second', closed))
    expect(closed).toEqual(['first'])
  })
})

import { describe, expect, it } from 'vitest'
import { composeOffThread } from '../../../gateway/registry/index.ts'
import type { SubgraphDefinition } from '../../../gateway/supergraph/index.ts'

const HEADER = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n'

function subgraph(name: string, sdl: string): SubgraphDefinition {
  return { name, url: `http://127.0.0.1:1/${name}`, sdl: HEADER + sdl, products: [] }
}

describe('composition in a process of its own', () => {
  it('composes', async () => {
    const result = await composeOffThread({ subgraphs: [subgraph('sales', 'type Query { a: Int }'), subgraph('billing', 'type Query { b: Int }')], options: {} })
    expect(result).toMatchObject({ kind: 'ok', value: { sdl: expect.stringContaining('join__Graph') as string } })
  })

  it('returns findings that name the domain', async () => {
    const result = await composeOffThread({ subgraphs: [subgraph('sales', 'type Query { a: Missing }')], options: {} })
    expect(result).toMatchObject({ kind: 'invalid', diagnostics: [{ what: expect.stringContaining('sales') as string }] })
  })

  it('R05 ends a composition that takes too long, and the serving thread stays free meanwhile', async () => {
    let turns = 0
    const timer = setInterval(() => { turns += 1 }, 5)
    const types = Array.from({ length: 3_000 }, (_, index) => `type T${index} @key(fields: "id") { id: ID! next: T${(index + 1) % 3_000} }`).join('\n')
    const big = [subgraph('a', `type Query { a: T0 }\n${types}`), subgraph('b', `type Query { b: T1 }\n${types.replaceAll('next', 'other')}`)]
    await expect(composeOffThread({ subgraphs: big, options: { sharedTypes: 'any' } }, { bounds: { timeoutMs: 300 } })).rejects.toMatchObject({ code: 'COMPOSITION_FAILED' })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(10)
  })

  it('R05 refuses a graph that needs more memory than allowed, and lives on', async () => {
    const types = Array.from({ length: 20_000 }, (_, index) => `type T${index} { id: ID! }`).join('\n')
    const result = await composeOffThread({ subgraphs: [subgraph('a', `type Query { a: T0 }\n${types}`)], options: {} }, { bounds: { maxHeapMb: 48 } })
    expect(result).toMatchObject({ kind: 'invalid', diagnostics: [{ rule: 'composition-bounds', what: expect.stringContaining('48 MiB') as string }] })
  })

  it('ends when its caller gives up', async () => {
    const stop = new AbortController()
    const composing = composeOffThread({ subgraphs: [subgraph('a', 'type Query { a: Int }')], options: {} }, { signal: stop.signal })
    stop.abort()
    await expect(composing).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  })
})

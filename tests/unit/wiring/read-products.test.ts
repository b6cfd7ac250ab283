import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readProducts } from '../../../gateway/wiring/read-products.ts'

const PATH = 'invoices.odcs.yaml'
const text = await readFile(join(import.meta.dirname, '../../../subgraphs/billing', PATH), 'utf8')

describe('the contracts of an artefact', () => {
  it('are read once, so that a graph shares the products of the one before', () => {
    const first = readProducts({ subgraph: 'billing', contracts: [{ path: PATH, text }] })
    expect(first).toMatchObject({ kind: 'ok', value: [{ domain: 'billing', name: 'invoices' }] })
    expect(readProducts({ subgraph: 'billing', contracts: [{ path: PATH, text }] })).toBe(first)
  })

  it('are read anew when anything of them is another', () => {
    const first = readProducts({ subgraph: 'billing', contracts: [{ path: PATH, text }] })
    const renamed = readProducts({ subgraph: 'billing', contracts: [{ path: PATH, text: text.replace('name: invoices', 'name: bills') }] })
    expect(renamed).toMatchObject({ kind: 'ok', value: [{ name: 'bills' }] })
    expect(readProducts({ subgraph: 'support', contracts: [{ path: PATH, text }] })).not.toBe(first)
    expect(readProducts({ subgraph: 'billing', contracts: [{ path: 'other.odcs.yaml', text }] })).not.toBe(first)
  })

  it('of those who have none are none', () => {
    expect(readProducts({ subgraph: 'billing', contracts: [] })).toEqual({ kind: 'ok', value: [], warnings: [] })
  })
})

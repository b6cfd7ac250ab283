import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import type { Result } from '@polyseme/kit/errors'
import { hash } from 'node:crypto'
import type { SubgraphArtifact } from '../registry/index.ts'

const NO_PRODUCTS: Result<readonly DataProduct[]> = { kind: 'ok', value: [], warnings: [] }

/** Characters of contracts that are remembered: those of some thousand domains. */
const MAX_CHARACTERS = 64 * 1024 * 1024

interface Known {
  readonly result: Result<readonly DataProduct[]>
  readonly characters: number
}

/** The longest unused first. */
const known = new Map<string, Known>()
let knownCharacters = 0

/**
 * The contracts of an artefact; a foreign subgraph without any has no products. Each is read once: a check and a publish look at the
 * whole mesh several times, at ten milliseconds a domain. Equal contracts give the same products, not only equal ones.
 */
export function readProducts({ subgraph, contracts }: Pick<SubgraphArtifact, 'subgraph' | 'contracts'>): Result<readonly DataProduct[]> {
  if (contracts.length === 0) return NO_PRODUCTS
  const key = hash('sha256', JSON.stringify([subgraph, contracts.map(({ path, text }) => [path, text])]), 'base64')
  const before = known.get(key)
  if (before !== undefined) {
    known.delete(key)
    known.set(key, before)
    return before.result
  }
  const result = parseContracts(contracts.map(({ path, text }) => ({ file: path, text })), { domain: subgraph })
  remember(key, { result, characters: contracts.reduce((sum, { text }) => sum + text.length, 0) })
  return result
}

function remember(key: string, one: Known): void {
  known.set(key, one)
  knownCharacters += one.characters
  for (const [oldest, { characters }] of known) {
    if (knownCharacters <= MAX_CHARACTERS) return
    known.delete(oldest)
    knownCharacters -= characters
  }
}

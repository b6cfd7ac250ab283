import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import type { Result } from '@polyseme/kit/errors'
import { hash } from 'node:crypto'
import { WeightedCache } from '../operation/index.ts'
import type { SubgraphArtifact } from '../registry/index.ts'

const NO_PRODUCTS: Result<readonly DataProduct[]> = { kind: 'ok', value: [], warnings: [] }

/** Characters of contracts that are remembered: those of some thousand domains. */
const MAX_CHARACTERS = 64 * 1024 * 1024
const known = new WeightedCache<string, Result<readonly DataProduct[]>>(100_000, MAX_CHARACTERS)

/**
 * The contracts of an artefact; a foreign subgraph without any has no products. Each is read once: a check and a publish look at the
 * whole mesh several times, at ten milliseconds a domain. Equal contracts give the same products, not only equal ones.
 */
export function readProducts({ subgraph, contracts }: Pick<SubgraphArtifact, 'subgraph' | 'contracts'>): Result<readonly DataProduct[]> {
  if (contracts.length === 0) return NO_PRODUCTS
  const key = hash('sha256', JSON.stringify([subgraph, contracts.map(({ path, text }) => [path, text])]), 'base64')
  const before = known.get(key)
  if (before !== undefined) return before
  const result = parseContracts(contracts.map(({ path, text }) => ({ file: path, text })), { domain: subgraph })
  known.set(key, result, contracts.reduce((sum, { text }) => sum + text.length, 0))
  return result
}

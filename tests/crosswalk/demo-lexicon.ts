import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import { formatDiagnostic, type Result } from '@polyseme/kit/errors'
import { parseLexicon, type Lexicon } from '@polyseme/kit/lexicon'
import { buildDomainSdl } from '@polyseme/kit/product'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SubgraphDefinition } from '../../gateway/supergraph/index.ts'

const SUBGRAPHS = join(import.meta.dirname, '../../subgraphs')

/** The value of a result that has to be good; the findings in the error where it is not. */
export function expectOk<Value>(result: Result<Value>): Value {
  if (result.kind === 'ok') return result.value
  throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'))
}

/** The demo's four domains, built from their contracts. */
export function demoDomains(): readonly SubgraphDefinition[] {
  return ['sales', 'marketing', 'billing', 'support'].map((name) => {
    const files = globSync('*.odcs.yaml', { cwd: join(SUBGRAPHS, name) })
      .sort()
      .map((file) => ({ file, text: readFileSync(join(SUBGRAPHS, name, file), 'utf8') }))
    const products = expectOk(parseContracts(files))
    return { name, url: `http://127.0.0.1:1/${name}`, sdl: buildDomainSdl(products), products }
  })
}

/** The demo's lexicon, checked against the contracts. */
export function demoLexicon(products: readonly DataProduct[]): Lexicon {
  const folder = join(SUBGRAPHS, 'lexicon')
  const files = globSync('**/*.yaml', { cwd: folder })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }))
  return expectOk(parseLexicon(files, { products, today: '2026-01-01' }))
}

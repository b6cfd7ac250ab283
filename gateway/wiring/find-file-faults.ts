import { readFile } from 'node:fs/promises'
import { GatewayError, type Diagnostic } from '@polyseme/kit/errors'
import { parseGovernance } from '../registry/index.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { loadLexicon, loadSubgraph, shortPath } from './load-mesh.ts'

/**
 * What is wrong with the files that a configuration names: each domain's contracts or schema, the lexicon, the governance file.
 * Of contracts and lexicon the first finding, and the command that shows all.
 */
export async function findFileFaults({ subgraphs, lexiconDir, governanceFile, environment }: GatewayConfig): Promise<readonly Diagnostic[]> {
  const domains = await Promise.all(subgraphs.map(async (subgraph) => await attempt(loadSubgraph(subgraph))))
  const loaded = domains.flatMap(({ value }) => value ?? [])
  // Words of a domain that could not be read would be missed by the lexicon as well.
  const products = loaded.length < subgraphs.length ? undefined : loaded.flatMap((domain) => domain.products)
  const lexicon = lexiconDir === undefined ? undefined : await attempt(loadLexicon(lexiconDir, products))
  return [...domains.flatMap(({ faults }) => faults), ...lexicon?.faults ?? [], ...governanceFile === undefined ? [] : await findGovernanceFaults(governanceFile, environment)]
}

async function findGovernanceFaults(file: string, environment: string): Promise<readonly Diagnostic[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return [fault(`the governance file: there is no file ${file}`)]
  const parsed = parseGovernance(text, { file: shortPath(file), environment })
  return parsed.kind === 'ok' ? [] : parsed.diagnostics
}

async function attempt<T>(work: Promise<T>): Promise<{ readonly value?: T; readonly faults: readonly Diagnostic[] }> {
  try {
    return { value: await work, faults: [] }
  } catch (error) {
    if (error instanceof GatewayError) return { faults: [fault(error.message)] }
    throw error
  }
}

function fault(what: string): Diagnostic {
  return { rule: 'config-file', severity: 'error', what }
}

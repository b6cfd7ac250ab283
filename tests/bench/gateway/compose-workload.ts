import { composeSupergraph, type Supergraph } from '../../../gateway/supergraph/index.ts'
import { SDL, SUBGRAPHS } from './workload.ts'

/** The workload's supergraph, with the addresses of running subgraphs. */
export function composeWorkload(urls: Readonly<Record<string, string>>): Supergraph {
  const result = composeSupergraph(SUBGRAPHS.map((name) => ({ name, url: urls[name] ?? '', sdl: SDL[name], products: [] })), { sharedTypes: 'any' })
  if (result.kind === 'invalid') throw new Error(result.diagnostics.map((diagnostic) => diagnostic.what).join('\n'))
  return result.value
}

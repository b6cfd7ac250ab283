import { GatewayError } from '@polyseme/kit/errors'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SubgraphArtifact, SubgraphVersion } from '../registry/index.ts'
import type { CommandIo } from './command.ts'
import { fetchSubgraphSdl } from './fetch-subgraph-sdl.ts'

/** Whether the word names a subgraph, or a file with its schema, and no folder of contracts. */
export function isForeignSource(source: string): boolean {
  return /^https?:\/\//i.test(source) || /\.(graphqls?|gql)$/i.test(source)
}

/**
 * What a subgraph of other making would publish: its schema as it tells it or as it stands in a file, the rest as its domain published
 * it last.
 *
 * @throws CONFIG_INVALID when nothing answers there or there is no such file
 */
export async function foreignDraft(source: string, { domain, url, published }: { readonly domain: string; readonly url: string; readonly published: SubgraphVersion | undefined }, io: CommandIo): Promise<SubgraphArtifact> {
  const sdl = /^https?:\/\//i.test(source) ? await fetchSubgraphSdl(source, { signal: io.signal }) : await readSchema(source, io)
  const { naming, contracts, policies } = published ?? { naming: 'qualified', contracts: [], policies: [] }
  if (naming === 'contract') throw new GatewayError('CONFIG_INVALID', `"${domain}" is published from contracts; check its folder`)
  return { subgraph: domain, sdl, url, naming, contracts, policies }
}

async function readSchema(file: string, io: CommandIo): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, file), 'utf8')
  } catch (error) {
    throw new GatewayError('CONFIG_INVALID', `there is no file ${file}`, { cause: error })
  }
}

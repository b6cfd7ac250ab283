import { GatewayError, ok, type Result } from '@polyseme/kit/errors'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { PublishedFile, SubgraphArtifact } from './records.ts'

interface DomainFolder {
  /** Where the subgraph answers. */
  readonly url: string
  readonly cwd?: string
  /** Domain of contracts that name none; default the folder's name. */
  readonly domain?: string
}

/**
 * What a domain's folder hands over when it is published: its contracts, its policies, and the schema that the contracts become.
 *
 * @throws CONFIG_INVALID when there is no such folder or it has no contract; CONTRACT_INVALID when the contracts have errors
 */
export async function readDomainArtifact(dir: string, folder: DomainFolder): Promise<SubgraphArtifact> {
  const draft = await readDomainDraft(dir, folder)
  if (draft.kind === 'ok') return draft.value
  const errors = draft.diagnostics.filter(({ severity }) => severity === 'error')
  throw new GatewayError('CONTRACT_INVALID', `${errors[0]?.what ?? 'the contracts have errors'}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}; \`polyseme contract check ${dir}\` shows where`)
}

/** The same, with all that is wrong with the contracts. @throws CONFIG_INVALID when there is no such folder or it has no contract */
export async function readDomainDraft(dir: string, { cwd, url, domain }: DomainFolder): Promise<Result<SubgraphArtifact>> {
  const folder = resolve(cwd ?? '.', dir)
  const { contracts, policies } = await readDomainFiles(dir, cwd)
  const { parseContracts } = await import('@polyseme/kit/contract')
  const { buildDomainSdl } = await import('@polyseme/kit/product')
  const { loadExtensions } = await import('@polyseme/kit/subgraph')
  const parsed = parseContracts(contracts.map(({ path, text }) => ({ file: path, text })), { domain: domain ?? basename(folder) })
  if (parsed.kind === 'invalid') return parsed
  const [product] = parsed.value
  if (product === undefined) throw new GatewayError('CONFIG_INVALID', `the contracts of ${dir} describe no data product`)
  const extensions = await loadExtensions(folder, parsed.value)
  if (extensions.kind === 'invalid') return extensions
  return ok({ subgraph: product.domain, sdl: buildDomainSdl(parsed.value, extensions.value), url, naming: 'contract', contracts, policies })
}

/** The texts of a domain's folder that are published with it. */
export type DomainFiles = Pick<SubgraphArtifact, 'contracts' | 'policies'>

/** @throws CONFIG_INVALID when there is no such folder or it has no contract */
export async function readDomainFiles(dir: string, cwd = '.'): Promise<DomainFiles> {
  const folder = resolve(cwd, dir)
  const contracts = await readFiles(folder, '', /\.odcs\.ya?ml$/)
  if (contracts.length === 0) throw new GatewayError('CONFIG_INVALID', `there is no folder ${dir} with *.odcs.yaml`)
  return { contracts, policies: await readFiles(folder, 'policies', /\.cedar$/) }
}

async function readFiles(folder: string, sub: string, pattern: RegExp): Promise<readonly PublishedFile[]> {
  const names = (await readdir(join(folder, sub)).catch(() => [])).filter((name) => pattern.test(name)).toSorted()
  return await Promise.all(names.map(async (name) => ({ path: join(sub, name), text: await readFile(join(folder, sub, name), 'utf8') })))
}

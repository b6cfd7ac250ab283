import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import { assertNever, formatDiagnostic, GatewayError, type Diagnostic, type ErrorCode, type Result } from '@polyseme/kit/errors'
import { parseLexicon, type Lexicon } from '@polyseme/kit/lexicon'
import { buildDomainSdl } from '@polyseme/kit/product'
import { loadExtensions } from '@polyseme/kit/subgraph'
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseGovernance, type MeshGovernance } from '../registry/index.ts'
import type { SharedType, SubgraphDefinition } from '../supergraph/index.ts'
import type { GatewayConfig, SubgraphConfig } from './gateway-config.ts'

/** The domains' subgraphs and the lexicon, read from their files. */
export interface Mesh {
  readonly domains: readonly SubgraphDefinition[]
  readonly lexicon: Lexicon | undefined
  /** Types that several domains define and a steward declared to be one. */
  readonly sharedTypes?: readonly SharedType[]
}

/** @throws CONTRACT_INVALID, LEXICON_INVALID, CONFIG_INVALID with the first finding and how to see all */
export async function loadMesh(config: Pick<GatewayConfig, 'subgraphs' | 'lexiconDir'> & Partial<Pick<GatewayConfig, 'governanceFile' | 'environment'>>): Promise<Mesh> {
  const domains = await Promise.all(config.subgraphs.map(loadSubgraph))
  const products = domains.flatMap((domain) => domain.products)
  const { sharedTypes } = config.governanceFile === undefined ? {} : await loadGovernance(config.governanceFile, config.environment ?? 'production')
  return { domains, lexicon: config.lexiconDir === undefined ? undefined : await loadLexicon(config.lexiconDir, products), ...(sharedTypes === undefined ? {} : { sharedTypes }) }
}

/** @throws CONTRACT_INVALID, CONFIG_INVALID */
export async function loadSubgraph({ name, url, schema }: SubgraphConfig): Promise<SubgraphDefinition> {
  switch (schema.kind) {
    case 'sdl': return { name, url, sdl: await readText(schema.file, `the schema of subgraph ${name}`), products: [] }
    case 'contracts': {
      const files = await readFiles(schema.dir, '*.odcs.yaml', `the contracts of subgraph ${name}`)
      const products = valueOf(parseContracts(files.map(({ path, text }) => ({ file: path, text })), { domain: name }), 'CONTRACT_INVALID', `polyseme contract check ${shortPath(schema.dir)}`)
      const extensions = valueOf(await loadExtensions(schema.dir, products), 'CONTRACT_INVALID', `polyseme subgraph sdl ${shortPath(schema.dir)}`)
      return { name, url, sdl: buildDomainSdl(products, extensions), products }
    }
    default: return assertNever(schema)
  }
}

/** With `products`, the lexicon must fit them; without, what a publish brings is compared when it is checked. @throws LEXICON_INVALID */
export async function loadLexicon(dir: string, products?: readonly DataProduct[]): Promise<Lexicon> {
  const files = await readFiles(dir, '{concepts,mappings,values}/*.yaml', 'the lexicon')
  return valueOf(parseLexicon(files, products === undefined ? {} : { products }), 'LEXICON_INVALID', `polyseme lexicon check ${shortPath(dir)}`)
}

/** The mesh's rules for what is published. @throws CONFIG_INVALID */
export async function loadGovernance(file: string, environment: string): Promise<MeshGovernance> {
  return valueOf(parseGovernance(await readText(file, 'the governance file'), { file: shortPath(file), environment }), 'CONFIG_INVALID', `polyseme serve --check`)
}

/** @throws `code` with the first error and, when there are more, how to see them all */
export function valueOf<T>(result: Result<T>, code: ErrorCode, command: string): T {
  if (result.kind === 'ok') return result.value
  const errors = result.diagnostics.filter(({ severity }) => severity === 'error')
  const [first = MISSING_FINDING] = errors
  const [line] = formatDiagnostic(first).split('\n')
  throw new GatewayError(code, `${line}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}; \`${command}\` shows why and how to mend it`, { details: { findings: errors.length } })
}

const MISSING_FINDING: Diagnostic = { rule: 'unknown', severity: 'error', what: 'it was refused without a finding' }

interface TextFile {
  /** Relative to the current directory where that is shorter. */
  readonly path: string
  readonly text: string
}

async function readFiles(dir: string, pattern: string, what: string): Promise<readonly TextFile[]> {
  const names = globSync(pattern, { cwd: dir })
  if (names.length === 0) throw new GatewayError('CONFIG_INVALID', `${what}: there is no ${pattern} in ${dir}`)
  return await Promise.all(names.sort().map(async (name) => ({ path: shortPath(join(dir, name)), text: await readText(join(dir, name), what) })))
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new GatewayError('CONFIG_INVALID', `${what}: ${missing ? 'there is no file' : 'cannot read'} ${file}`, { cause: error })
  }
}

/** Relative to the current directory where that is shorter. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { parseContracts, type ContractFile, type DataProduct } from '../contract/index.ts'
import { invalid, ok, type Diagnostic, type Result } from '../errors/index.ts'
import type { DomainExtensions } from '../product/index.ts'
import { loadExtensions } from './load-extensions.ts'

/** A domain as its folder describes it. */
export interface LoadedDomain {
  readonly domain: string
  /** In the order of their files' names. */
  readonly products: readonly DataProduct[]
  /** Absolute. */
  readonly dir: string
  /** What `extensions.graphql` adds to the graph; its code is loaded by `loadExtensionCode`, where the domain is served. */
  readonly extensions?: DomainExtensions
}

const CONTRACT_FILE = /\.odcs\.ya?ml$/
/** A contract of 5,000 lines has some 300 KiB. */
const MAX_CONTRACT_BYTES = 8 * 1024 * 1024

/** Reads the contracts (`*.odcs.yaml`) of a domain's folder; everything that is wrong with any of them at once. */
export async function loadDomain(dir: string): Promise<Result<LoadedDomain>> {
  const folder = resolve(dir)
  const names = (await readdir(folder).catch(() => [])).filter((name) => CONTRACT_FILE.test(name)).toSorted()
  if (names.length === 0) return invalid([finding(folder, 'domain-without-contracts', 'there is no *.odcs.yaml in this folder')])
  const files: ContractFile[] = []
  const unreadable: Diagnostic[] = []
  for (const name of names) {
    const text = await readContract(join(folder, name))
    if (text === undefined) unreadable.push(finding(join(folder, name), 'contract-unreadable', `the file is no UTF-8 text of at most ${MAX_CONTRACT_BYTES} bytes`))
    else files.push({ file: join(folder, name), text })
  }
  const parsed = parseContracts(files, { domain: basename(folder) })
  if (parsed.kind === 'invalid') return invalid([...unreadable, ...parsed.diagnostics])
  if (unreadable.length > 0) return invalid(unreadable)
  const domains = [...new Set(parsed.value.map((product) => product.domain))]
  const [domain] = domains
  if (domain === undefined || domains.length > 1) {
    return invalid([finding(folder, 'domain-mixed', `the contracts of this folder belong to several domains: ${domains.join(', ')}`)])
  }
  const extensions = await loadExtensions(folder, parsed.value)
  if (extensions.kind === 'invalid') return extensions
  return ok({ domain, products: parsed.value, dir: folder, ...(extensions.value === undefined ? {} : { extensions: extensions.value }) }, parsed.warnings)
}

async function readContract(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path)
    return size > MAX_CONTRACT_BYTES ? undefined : new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch {
    return undefined
  }
}

function finding(file: string, rule: string, what: string): Diagnostic {
  return { rule, severity: 'error', what, position: { file, line: 1, column: 1 } }
}

import { parseContracts } from '@polyseme/kit/contract'
import { formatDiagnostic, type Result } from '@polyseme/kit/errors'
import { parseLexicon, type Lexicon, type LexiconFile } from '@polyseme/kit/lexicon'
import { buildDomainSdl } from '@polyseme/kit/product'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCrosswalkModel, type CrosswalkDomain, type CrosswalkModel } from '../../../gateway/crosswalk/index.ts'

/** The value of a result that has to be good. */
export function expectOk<Value>(result: Result<Value>): Value {
  if (result.kind === 'ok') return result.value
  throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'))
}

export interface ObjectOptions {
  readonly domain: string
  readonly object: string
  /** Property lines of YAML beside the key. */
  readonly fields?: readonly string[]
  /** Key property lines; default one integer `id`. */
  readonly key?: readonly string[]
  /** Lines under `customProperties`. */
  readonly custom?: readonly string[]
  readonly scope?: string
}

/** A domain with one object, built from a contract. */
export function domain({
  domain: name,
  object,
  fields = [],
  key = ['- { name: id, logicalType: integer, primaryKey: true, required: true }'],
  custom = [],
  scope = `${name}:read`,
}: ObjectOptions): CrosswalkDomain {
  const text = `apiVersion: v3.1.0
kind: DataContract
id: ${name}-${object}
name: ${object}
version: 1.0.0
status: active
domain: ${name}
schema:
  - name: ${object}
${custom.length === 0 ? '' : `    customProperties:\n${custom.map((line) => `      ${line}`).join('\n')}\n`}    properties:
${[...key, ...fields].map((line) => `      ${line}`).join('\n')}
roles:
  - { role: ${scope}, access: read }
`
  const products = expectOk(parseContracts([{ file: `${name}.odcs.yaml`, text }]))
  return { name, sdl: buildDomainSdl(products), products }
}

/** A concept of some senses, each with key `id`. */
export function concept(name: string, senses: readonly string[], more = ''): LexiconFile {
  const id = name.toLowerCase()
  return {
    path: `${id}.yaml`,
    text: `kind: Concept\nid: ${id}\nname: ${name}\ndefinition: A ${id}.\nsenses:\n${senses.map((sense) => `  - { sense: ${sense}, definition: A ${sense}., key: id, grain: thing }`).join('\n')}\n${more}`,
  }
}

/** A mapping by link table; the table is named after the mapping. */
export function mapping(id: string, from: string, to: string, keys: Readonly<Record<string, string>> = {}): LexiconFile {
  const all = {
    id,
    from,
    to,
    predicate: 'exactMatch',
    cardinality: 'n:m',
    rule: `{ table: ${id}.sssom.tsv }`,
    justification: 'semapv:ManualMappingCuration',
    ...keys,
  }
  return {
    path: `${id}.yaml`,
    text: `kind: Mapping\n${Object.entries(all)
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n')}\n`,
  }
}

export function lexicon(files: readonly LexiconFile[], domains: readonly CrosswalkDomain[]): Lexicon {
  return expectOk(parseLexicon(files, { products: domains.flatMap(({ products }) => products) }))
}

export function model(files: readonly LexiconFile[], domains: readonly CrosswalkDomain[]): CrosswalkModel {
  return buildCrosswalkModel(lexicon(files, domains), domains)
}

/** A folder that is gone with the scope. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'polyseme-crosswalk-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

import type { LexiconFile } from '@polyseme/kit/lexicon'
import { execute, parse } from 'graphql'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createCrosswalk,
  type Crosswalk,
  type CrosswalkContext,
  type CrosswalkDomain,
  type CrosswalkOptions,
  type LoadReport,
} from '../../gateway/crosswalk/index.ts'
import { lexicon, temporaryFolder } from '../unit/crosswalk/mesh.ts'

/** A row of a link table, by column; what is absent is empty. */
export type LinkRow = Readonly<Record<string, string | number>>

export interface CrosswalkMeshOptions extends Pick<CrosswalkOptions, 'readSense' | 'findVisible' | 'offThreadBytes'> {
  readonly files: readonly LexiconFile[]
  readonly domains: readonly CrosswalkDomain[]
  /** Rows by mapping id. */
  readonly tables?: Readonly<Record<string, readonly LinkRow[]>>
  /** ISO moment that counts as now. Default 2026-06-01. */
  readonly now?: string
}

export interface CrosswalkAnswer {
  readonly data: Record<string, unknown> | null | undefined
  readonly errors: readonly { readonly message: string; readonly path: readonly (string | number)[] | undefined; readonly code: unknown }[]
}

/** A loaded crosswalk over made-up domains. */
export interface CrosswalkMesh extends AsyncDisposable {
  readonly crosswalk: Crosswalk
  readonly report: LoadReport
  readonly dataDir: string
  /** Runs a document as a caller who may read all types, or those of `may`. */
  ask(
    document: string,
    options?: {
      readonly may?: readonly string[]
      readonly scopes?: readonly string[]
      readonly variables?: Readonly<Record<string, unknown>>
    },
  ): Promise<CrosswalkAnswer>
  /** One entity's fields, as the gateway asks for them. */
  entity(
    representation: Readonly<Record<string, unknown>>,
    selection: string,
    options?: { readonly may?: readonly string[]; readonly scopes?: readonly string[] },
  ): Promise<CrosswalkAnswer & { readonly entity: Record<string, unknown> | null }>
  /** Rewrites the link tables and loads them again. */
  reload(tables: Readonly<Record<string, readonly LinkRow[]>>, now?: string): Promise<LoadReport>
}

export async function startCrosswalk(options: CrosswalkMeshOptions): Promise<CrosswalkMesh> {
  const folder = await temporaryFolder()
  await mkdir(join(folder.path, 'links'))
  await writeTables(folder.path, options.tables ?? {})
  let now = Date.parse(options.now ?? '2026-06-01T00:00:00Z')
  const crosswalk = createCrosswalk({
    lexicon: lexicon(options.files, options.domains),
    domains: options.domains,
    dataDir: folder.path,
    now: () => now,
    ...(options.readSense === undefined ? {} : { readSense: options.readSense }),
    ...(options.findVisible === undefined ? {} : { findVisible: options.findVisible }),
    ...(options.offThreadBytes === undefined ? {} : { offThreadBytes: options.offThreadBytes }),
  })
  const report = await crosswalk.load()
  const ask: CrosswalkMesh['ask'] = async (document, { may, scopes = [], variables = {} } = {}) => {
    const contextValue: CrosswalkContext = {
      principal: {
        issuer: 'https://issuer.test',
        subject: 'someone',
        scopes: new Set(scopes),
        roles: [],
        claims: {},
        expiresAtSec: 4_000_000_000,
      },
      mayRead: (typeName) => may?.includes(typeName) ?? true,
      rowRestrictionsAround: () => ({}),
    }
    const result = await execute({ schema: crosswalk.schema, document: parse(document), variableValues: variables, contextValue })
    const errors = (result.errors ?? []).map(({ message, path, extensions }) => ({ message, path, code: extensions['code'] }))
    return { data: JSON.parse(JSON.stringify(result.data ?? null)) as Record<string, unknown> | null, errors }
  }
  return {
    crosswalk,
    report,
    dataDir: folder.path,
    ask,
    entity: async (representation, selection, asked = {}) => {
      const typeName = String(representation['__typename'])
      const answer = await ask(`query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${typeName} { ${selection} } } }`, {
        ...asked,
        variables: { r: [representation] },
      })
      const entities = answer.data?.['_entities'] as readonly (Record<string, unknown> | null)[] | null | undefined
      return { ...answer, entity: entities?.[0] ?? null }
    },
    reload: async (tables, moment) => {
      if (moment !== undefined) now = Date.parse(moment)
      await writeTables(folder.path, tables)
      return await crosswalk.load()
    },
    [Symbol.asyncDispose]: async () => {
      await crosswalk.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

async function writeTables(dataDir: string, tables: NonNullable<CrosswalkMeshOptions['tables']>): Promise<void> {
  for (const [id, rows] of Object.entries(tables)) {
    const columns = [
      ...new Set(['subject_id', 'predicate_id', 'object_id', 'mapping_justification', ...rows.flatMap((row) => Object.keys(row))]),
    ]
    const lines = rows.map((row) => columns.map((column) => row[column] ?? '').join('\t'))
    await writeFile(join(dataDir, 'links', `${id}.sssom.tsv`), `${[columns.join('\t'), ...lines].join('\n')}\n`)
  }
}

/** A row that links two records by exactMatch, unless `more` says otherwise. */
export function link(from: string, to: string, more: LinkRow = {}): LinkRow {
  return {
    subject_id: from,
    predicate_id: 'skos:exactMatch',
    object_id: to,
    mapping_justification: 'semapv:ManualMappingCuration',
    recorded_at: '2026-01-01',
    ...more,
  }
}

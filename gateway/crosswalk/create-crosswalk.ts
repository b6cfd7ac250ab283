import type { Diagnostic } from '@polyseme/kit/errors'
import type { Lexicon, Mapping } from '@polyseme/kit/lexicon'
import type { GraphQLSchema } from 'graphql'
import { join } from 'node:path'
import { buildCrosswalkSchema } from './build-crosswalk-schema.ts'
import { buildCrosswalkSdl } from './build-crosswalk-sdl.ts'
import { checkCardinality, checkIdentity } from './check-links.ts'
import type { VisibilityReader } from './crosswalk-context.ts'
import { buildCrosswalkModel, type CrosswalkDomain } from './crosswalk-model.ts'
import { buildCrosswalkResolvers } from './crosswalk-resolvers.ts'
import { LinkReader } from './link-reader.ts'
import { applyPolicy, loadLinkTable } from './load-links.ts'
import { matchByValue, matchedStatement } from './materialize-rule.ts'
import { LmdbLinkStore } from './links/index.ts'
import type { SenseReader } from './sense-reader.ts'
import { viewNow } from './view-arguments.ts'

export interface CrosswalkOptions {
  readonly lexicon: Lexicon
  /** The domains' subgraphs; the crosswalk's types follow theirs. */
  readonly domains: readonly CrosswalkDomain[]
  /** Holds `links/*.sssom.tsv`. */
  readonly dataDir: string
  /** Reads a sense's records for rules that compare values; absent: such rules have no links. */
  readonly readSense?: SenseReader
  /** Asks a domain which records a row-filtered caller sees; absent: such a caller sees no counterparts there. */
  readonly findVisible?: VisibilityReader
  /** Milliseconds since 1970; default the clock. */
  readonly now?: () => number
}

/** What one `load` did. */
export interface LoadReport {
  readonly mappings: readonly { readonly mapping: string; readonly links: number; readonly state: 'loaded' | 'kept' }[]
  /** Why a mapping kept what it had; worth trying again. */
  readonly diagnostics: readonly Diagnostic[]
  /** What the loaded links themselves are at odds with: declared cardinality, known differences. */
  readonly findings: readonly Diagnostic[]
}

/** The crosswalk subgraph: its SDL for composition, its schema to execute in-process. */
export interface Crosswalk {
  readonly name: 'crosswalk'
  readonly url: 'inprocess:crosswalk'
  readonly sdl: string
  readonly schema: GraphQLSchema
  /** Reads link tables and computes value rules anew; a mapping that cannot be read keeps its last links. */
  load(options?: { readonly signal?: AbortSignal }): Promise<LoadReport>
  close(): Promise<void>
}

/** Builds the crosswalk of a lexicon over the domains' subgraphs. Nothing is linked until `load` has run. */
export function createCrosswalk(options: CrosswalkOptions): Crosswalk {
  const now = options.now ?? Date.now
  const model = buildCrosswalkModel(options.lexicon, options.domains)
  const store = LmdbLinkStore.open(join(options.dataDir, 'crosswalk'))
  const sdl = buildCrosswalkSdl(model)
  const reader = new LinkReader(model, store)
  const resolvers = buildCrosswalkResolvers({ model, reader, now, findVisible: options.findVisible, refresh: () => store.refresh() })

  const loadMapping = async (mapping: Mapping, signal: AbortSignal): Promise<readonly Diagnostic[]> => {
    const { rule } = mapping
    if (rule.kind === 'table' || rule.kind === 'lifecycle') {
      const table = await loadLinkTable(join(options.dataDir, 'links'), mapping, rule.table)
      if (table.kind === 'invalid') return table.diagnostics
      const { digest, read } = table.value
      if (digest === store.digest(mapping.id)) return []
      const links = read()
      if (links.kind === 'invalid') return links.diagnostics
      await store.load(mapping.id, links.value, { digest, nowMs: now() })
      return []
    }
    const [from, to] = [model.senses.get(mapping.from), model.senses.get(mapping.to)]
    if (from === undefined || to === undefined || options.readSense === undefined) return []
    try {
      const pairs = await matchByValue({ mapping, rule, from, to, readSense: options.readSense, signal })
      const statements = pairs.map((pair) => applyPolicy(matchedStatement(pair, mapping, rule), mapping))
      await store.load(mapping.id, statements, { digest: '', nowMs: now() })
      return []
    } catch {
      // Whatever kept the domain from being read, the links that were true before are the best there is.
      return [{ rule: 'links-domain-unread', severity: 'warning', what: `mapping \`${mapping.id}\` keeps its last links: ${mapping.from} or ${mapping.to} could not be read` }]
    }
  }

  return {
    name: 'crosswalk',
    url: 'inprocess:crosswalk',
    sdl,
    schema: buildCrosswalkSchema(sdl, resolvers),
    async load({ signal = new AbortController().signal } = {}) {
      const live = [...options.lexicon.mappings.values()].filter(({ status }) => status === 'approved' || status === 'proposed')
      const diagnostics: Diagnostic[] = []
      const mappings: LoadReport['mappings'][number][] = []
      for (const mapping of live) {
        const found = await loadMapping(mapping, signal)
        diagnostics.push(...found)
        mappings.push({ mapping: mapping.id, links: store.size(mapping.id), state: found.length === 0 ? 'loaded' : 'kept' })
      }
      const view = viewNow(now())
      const findings: Diagnostic[] = []
      for (const mapping of live) findings.push(...await checkCardinality(mapping, store, view))
      findings.push(...await checkIdentity(reader, view))
      return { mappings, diagnostics, findings }
    },
    close: () => store.close(),
  }
}

import type { Lexicon } from '@polyseme/kit/lexicon'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import { join } from 'node:path'
import type { EntityAnswer } from './answer-entities.ts'
import { buildCrosswalkSchema } from './build-crosswalk-schema.ts'
import { buildCrosswalkSdl } from './build-crosswalk-sdl.ts'
import type { CrosswalkContext, VisibilityReader } from './crosswalk-context.ts'
import { buildCrosswalkModel, type CrosswalkDomain } from './crosswalk-model.ts'
import { buildCrosswalkExecution } from './crosswalk-resolvers.ts'
import { LinkLoader, STORE_FOLDER, type LoadReport } from './link-loader.ts'
import { LinkReader } from './link-reader.ts'
import { LmdbLinkStore } from './links/index.ts'
import type { SenseReader } from './sense-reader.ts'

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
  /** Link tables of at least this size are loaded in a thread of their own. Default 16 MiB. */
  readonly offThreadBytes?: number
}

/** The crosswalk subgraph: its SDL for composition, its schema to execute in-process. */
export interface Crosswalk {
  readonly name: 'crosswalk'
  readonly url: 'inprocess:crosswalk'
  readonly sdl: string
  readonly schema: GraphQLSchema
  /**
   * The answer to what is asked most, entities' ways, an order of magnitude quicker than executing the schema; undefined
   * for everything else. Where it answers, executing the schema gives the same.
   */
  answer(document: DocumentNode, variables: Readonly<Record<string, unknown>>, context: CrosswalkContext): EntityAnswer | undefined
  /** Reads link tables and computes value rules anew; a mapping that cannot be read keeps its last links. */
  load(options?: { readonly signal?: AbortSignal }): Promise<LoadReport>
  /** Another number whenever the stored links are others, whoever changed them; the time that a link is valid is not in it. */
  version(): number
  close(): Promise<void>
}

/** Builds the crosswalk of a lexicon over the domains' subgraphs. Nothing is linked until `load` has run. */
export function createCrosswalk(options: CrosswalkOptions): Crosswalk {
  const now = options.now ?? Date.now
  const model = buildCrosswalkModel(options.lexicon, options.domains)
  const store = LmdbLinkStore.open(join(options.dataDir, STORE_FOLDER))
  const sdl = buildCrosswalkSdl(model)
  const reader = new LinkReader(model, store)
  const { resolvers, answerer } = buildCrosswalkExecution({
    model,
    reader,
    now,
    findVisible: options.findVisible,
    refresh: () => store.refresh(),
  })

  const loader = new LinkLoader({ ...options, now, model, store, reader })
  const closed = new AbortController()
  // One load after the other: two would both find what the other is about to add.
  let loading: Promise<unknown> = Promise.resolve()

  return {
    name: 'crosswalk',
    url: 'inprocess:crosswalk',
    sdl,
    schema: buildCrosswalkSchema(sdl, resolvers),
    answer: (document, variables, context) => answerer.answer(document, variables, context),
    load({ signal } = {}) {
      const work = loading.then(() => loader.load(signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal])))
      loading = work.catch(() => undefined)
      return work
    },
    version: () => store.version(),
    async close() {
      closed.abort()
      await loading
      await store.close()
    },
  }
}

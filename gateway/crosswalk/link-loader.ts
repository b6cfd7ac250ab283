import type { Diagnostic } from '@polyseme/kit/errors'
import type { Lexicon, Mapping } from '@polyseme/kit/lexicon'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { checkCardinality, checkIdentity } from './check-links.ts'
import type { CrosswalkModel } from './crosswalk-model.ts'
import type { LinkReader } from './link-reader.ts'
import type { LinkStore } from './links/index.ts'
import { applyPolicy, loadTableInto, type TableTask } from './load-links.ts'
import { loadTableOffThread } from './load-table-off-thread.ts'
import { matchByValue, matchedStatement, type ValueRule } from './materialize-rule.ts'
import type { SenseReader } from './sense-reader.ts'
import { viewNow } from './view-arguments.ts'

/** What one `load` did. */
export interface LoadReport {
  readonly mappings: readonly { readonly mapping: string; readonly links: number; readonly state: 'loaded' | 'kept' }[]
  /** Why a mapping kept what it had; worth trying again. */
  readonly diagnostics: readonly Diagnostic[]
  /** What the loaded links themselves are at odds with: declared cardinality, known differences. */
  readonly findings: readonly Diagnostic[]
}

export interface LinkLoaderOptions {
  readonly lexicon: Lexicon
  readonly model: CrosswalkModel
  readonly store: LinkStore
  readonly reader: LinkReader
  /** Holds `links/*.sssom.tsv`. */
  readonly dataDir: string
  readonly readSense?: SenseReader
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Link tables of at least this size are loaded in a thread of their own. Default 16 MiB. */
  readonly offThreadBytes?: number
}

/** Folder of the link store in the data directory. */
export const STORE_FOLDER = 'crosswalk'

/** Some hundred thousand rows: a second of work. */
const OFF_THREAD_BYTES = 16 * 1024 * 1024

/** Fills the store from link tables and from the domains' values. */
export class LinkLoader {
  readonly #options: LinkLoaderOptions

  constructor(options: LinkLoaderOptions) {
    this.#options = options
  }

  /** Loads every mapping that counts, then holds the links against what is declared of them. */
  async load(signal: AbortSignal): Promise<LoadReport> {
    const { lexicon, store, reader, now } = this.#options
    const live = [...lexicon.mappings.values()].filter(({ status }) => status === 'approved' || status === 'proposed')
    const diagnostics: Diagnostic[] = []
    const mappings: LoadReport['mappings'][number][] = []
    for (const mapping of live) {
      if (signal.aborted) break
      const found = await this.#loadMapping(mapping, signal)
      diagnostics.push(...found)
      mappings.push({ mapping: mapping.id, links: store.size(mapping.id), state: found.length === 0 ? 'loaded' : 'kept' })
    }
    const view = viewNow(now())
    const findings: Diagnostic[] = []
    for (const mapping of live) findings.push(...(await checkCardinality(mapping, store, view)))
    findings.push(...(await checkIdentity(reader, view)))
    return { mappings, diagnostics, findings }
  }

  async #loadMapping(mapping: Mapping, signal: AbortSignal): Promise<readonly Diagnostic[]> {
    const { rule } = mapping
    switch (rule.kind) {
      case 'table':
      case 'lifecycle':
        return await this.#loadTable(mapping, rule.table, signal)
      case 'sharedIdentifier':
      case 'normalizedValue':
        return await this.#matchValues(mapping, rule, signal)
    }
  }

  async #loadTable(mapping: Mapping, table: string, signal: AbortSignal): Promise<readonly Diagnostic[]> {
    const { dataDir, store, now, offThreadBytes = OFF_THREAD_BYTES } = this.#options
    const task: TableTask = { folder: join(dataDir, 'links'), mapping, table, nowMs: now() }
    const size = await stat(join(task.folder, table)).then(
      (file) => file.size,
      () => 0,
    )
    if (signal.aborted) return []
    try {
      if (size < offThreadBytes) return await loadTableInto(store, task)
      return await loadTableOffThread({ ...task, storePath: join(dataDir, STORE_FOLDER) }, signal)
    } catch (error) {
      // A full disk, a thread out of memory: the links that are stored go on answering.
      return [notStored(mapping, error)]
    } finally {
      store.refresh()
    }
  }

  async #matchValues(mapping: Mapping, rule: ValueRule, signal: AbortSignal): Promise<readonly Diagnostic[]> {
    const { model, store, readSense, now } = this.#options
    const [from, to] = [model.senses.get(mapping.from), model.senses.get(mapping.to)]
    if (from === undefined || to === undefined || readSense === undefined) return []
    try {
      const pairs = await matchByValue({ mapping, rule, from, to, readSense, signal })
      if (signal.aborted) return []
      await store.load(
        mapping.id,
        pairs.map((pair) => applyPolicy(matchedStatement(pair, mapping, rule), mapping)),
        { digest: '', nowMs: now() },
      )
      return []
    } catch {
      // Whatever kept the domain from being read, the links that were true before are the best there is.
      return [
        {
          rule: 'links-domain-unread',
          severity: 'warning',
          what: `mapping \`${mapping.id}\` keeps its last links: ${mapping.from} or ${mapping.to} could not be read`,
        },
      ]
    }
  }
}

function notStored(mapping: Mapping, error: unknown): Diagnostic {
  const cause = error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'unknown'
  return {
    rule: 'links-not-stored',
    severity: 'error',
    what: `mapping \`${mapping.id}\` keeps its last links: they could not be stored (${cause})`,
  }
}

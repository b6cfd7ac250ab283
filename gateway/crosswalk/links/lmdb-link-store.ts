import type { IncomingStatement, LinkStatement } from '@polyseme/kit/lexicon'
import { buildSegment } from './build-segment.ts'
import { Journal } from './journal.ts'
import { LinkColumns } from './link-columns.ts'
import { LinkSegment, type CompiledView, type Selection } from './link-segment.ts'
import type { LinkSide, LinkStore } from './link-store.ts'
import { countsIn, latestStatements, rulesOut } from './link-view.ts'
import { MappedValues } from './mapped-values.ts'
import { additionsToPair, withdrawalOf } from './merge-statements.ts'

/** What is stored of each mapping: the numbers of its segment and of its journal's last entry. */
interface CatalogEntry {
  readonly generation: number
  readonly journalEntries: number
  readonly digest: string
}

type Catalog = Readonly<Record<string, CatalogEntry>>

/** A mapping as this process has it open. */
interface OpenMapping {
  readonly entry: CatalogEntry
  readonly segment: LinkSegment | undefined
  readonly journal: Journal
  readonly release: () => void
}

const CATALOG = 'catalog'

/** Additions beyond this share of a segment are worth a new one. */
const JOURNAL_SHARE = 0.05
const JOURNAL_ROWS = 20_000

/** 64 GiB of address space; the file holds only what is written. */
const MAP_BYTES = 64 * 1024 ** 3

/**
 * Links on LMDB: for each mapping an immutable segment that is read where the file is mapped, and a journal of what was
 * added since. Several processes share one store; one writes at a time; a crash leaves the last committed state.
 */
export class LmdbLinkStore implements LinkStore {
  readonly #values: MappedValues
  readonly #open = new Map<string, OpenMapping>()
  #catalogText: string | undefined
  #version = 0
  #isClosed = false
  #catalog: Catalog = {}

  private constructor(values: MappedValues) {
    this.#values = values
    this.refresh()
  }

  /** Opens or creates the store of a folder. */
  static open(path: string, { mapBytes = MAP_BYTES }: { readonly mapBytes?: number } = {}): LmdbLinkStore {
    return new LmdbLinkStore(new MappedValues(path, mapBytes))
  }

  find(mappingId: string, side: LinkSide, key: string): readonly LinkStatement[] {
    const mapping = this.#mapping(mappingId)
    if (mapping === undefined) return []
    const stored = mapping.segment?.find(side, key) ?? []
    const added = mapping.journal.find(side, key)
    return added.length === 0 ? stored : [...stored, ...added]
  }

  select(mappingId: string, side: LinkSide, key: string, view: CompiledView, into: Selection): void {
    const mapping = this.#mapping(mappingId)
    if (mapping === undefined) return
    if (mapping.journal.find(side, key).length > 0) selectStatements(this.find(mappingId, side, key), side, view, into)
    else mapping.segment?.select(side, key, view, into)
  }

  selectMany(
    mappingId: string,
    side: LinkSide,
    keys: readonly string[],
    view: CompiledView,
    each: (at: number, selection: Selection) => void,
  ): void {
    const mapping = this.#mapping(mappingId)
    if (mapping === undefined) return
    if (mapping.journal.rows === 0) {
      mapping.segment?.selectMany(side, keys, view, each)
      return
    }
    for (const [at, key] of keys.entries()) {
      const selection: Selection = { found: [], ruledOut: [] }
      this.select(mappingId, side, key, view, selection)
      each(at, selection)
    }
  }

  *keys(mappingId: string, side: LinkSide): Generator<string> {
    const mapping = this.#mapping(mappingId)
    if (mapping === undefined) return
    yield* mapping.segment?.keys(side) ?? []
    const added = new Set(mapping.journal.statements.map((statement) => statement[side]))
    for (const key of added) if (key !== undefined && mapping.segment?.has(side, key) !== true) yield key
  }

  negatives(mappingId: string): readonly LinkStatement[] {
    const mapping = this.#mapping(mappingId)
    if (mapping === undefined) return []
    const { segment, journal } = mapping
    const stored = segment === undefined ? [] : [...segment.negativeRows()].map((row) => segment.statement(row))
    return [...stored, ...journal.statements.filter(({ negative }) => negative)]
  }

  size(mappingId: string): number {
    const mapping = this.#mapping(mappingId)
    return mapping === undefined ? 0 : (mapping.segment?.rows ?? 0) + mapping.journal.rows
  }

  digest(mappingId: string): string | undefined {
    return this.#catalog[mappingId]?.digest
  }

  async load(
    mappingId: string,
    incoming: readonly IncomingStatement[],
    { digest, nowMs }: { readonly digest: string; readonly nowMs: number },
  ): Promise<number> {
    while (!this.#isClosed) {
      this.refresh()
      const mapping = this.#mapping(mappingId)
      const base = mapping?.entry ?? NEW
      const additions =
        mapping === undefined
          ? incoming.map((statement) => ({ ...statement, recordedAtMs: statement.recordedAtMs ?? nowMs }))
          : this.#additions(mapping, incoming, nowMs)
      const inJournal = (mapping?.journal.rows ?? 0) + additions.length
      const isSmall = mapping !== undefined && inJournal <= Math.max(JOURNAL_ROWS, (mapping.segment?.rows ?? 0) * JOURNAL_SHARE)
      const stored = isSmall ? this.#append(mappingId, base, additions, digest) : this.#replace(mappingId, base, additions, digest)
      // Another process was quicker: what has to be added follows from what it stored.
      if (!stored) continue
      await this.#values.database.flushed
      this.refresh()
      return additions.length
    }
    return 0
  }

  refresh(): void {
    // A request that is still under way when the store closes finds nothing, and touches nothing.
    if (this.#isClosed) return
    // Reads of one turn share a snapshot, which may be older than what another store of this process has just written.
    this.#values.database.resetReadTxn()
    const stored = this.#values.database.get(CATALOG)
    const text = stored?.toString('utf8')
    if (text === this.#catalogText) return
    this.#catalogText = text
    this.#version += 1
    this.#catalog = text === undefined ? {} : (JSON.parse(text) as Catalog)
    for (const [id, mapping] of this.#open) {
      const entry = this.#catalog[id]
      if (entry?.generation === mapping.entry.generation && entry.journalEntries === mapping.entry.journalEntries) continue
      this.#open.delete(id)
      mapping.release()
    }
  }

  version(): number {
    this.refresh()
    return this.#version
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const { release } of this.#open.values()) release()
    this.#open.clear()
    this.#catalog = {}
    await this.#values.database.close()
  }

  #mapping(id: string): OpenMapping | undefined {
    const open = this.#open.get(id)
    if (open !== undefined) return open
    const entry = this.#catalog[id]
    if (entry === undefined) return undefined
    const pinned = this.#values.pin(segmentKey(id, entry.generation))
    const mapping: OpenMapping = {
      entry,
      segment: pinned === undefined ? undefined : new LinkSegment(pinned.value.buffer, pinned.value.byteOffset, pinned.value.byteLength),
      journal: this.#readJournal(id, entry),
      release: pinned?.release ?? (() => undefined),
    }
    this.#open.set(id, mapping)
    return mapping
  }

  #readJournal(id: string, { generation, journalEntries }: CatalogEntry): Journal {
    const journal = new Journal()
    for (let at = 0; at < journalEntries; at += 1) {
      const stored = this.#values.database.get(journalKey(id, generation, at))
      if (stored !== undefined) journal.add(Journal.parse(stored.toString('utf8')))
    }
    return journal
  }

  #additions(mapping: OpenMapping, incoming: readonly IncomingStatement[], nowMs: number): readonly LinkStatement[] {
    const byPair = Map.groupBy(incoming, pairOf)
    const histories = Map.groupBy(statementsOf(mapping), pairOf)
    const additions: LinkStatement[] = []
    for (const [pair, statements] of byPair) additions.push(...additionsToPair(histories.get(pair) ?? [], statements, nowMs))
    for (const [pair, history] of histories) {
      const withdrawal = byPair.has(pair) ? undefined : withdrawalOf(history, nowMs)
      if (withdrawal !== undefined) additions.push(withdrawal)
    }
    return additions
  }

  #append(mappingId: string, base: CatalogEntry, additions: readonly LinkStatement[], digest: string): boolean {
    return this.#commit(mappingId, base, (database) => {
      if (additions.length === 0) return { ...base, digest }
      database.putSync(journalKey(mappingId, base.generation, base.journalEntries), Buffer.from(Journal.format(additions), 'utf8'))
      return { ...base, journalEntries: base.journalEntries + 1, digest }
    })
  }

  #replace(mappingId: string, base: CatalogEntry, additions: readonly LinkStatement[], digest: string): boolean {
    const mapping = this.#mapping(mappingId)
    const columns = new LinkColumns()
    for (const statement of mapping === undefined ? [] : statementsOf(mapping)) columns.push(statement)
    for (const statement of additions) columns.push(statement)
    const segment = Buffer.concat(buildSegment(columns))
    return this.#commit(mappingId, base, (database) => {
      const generation = base.generation + 1
      database.putSync(segmentKey(mappingId, generation), segment)
      database.removeSync(segmentKey(mappingId, base.generation))
      for (let at = 0; at < base.journalEntries; at += 1) database.removeSync(journalKey(mappingId, base.generation, at))
      return { generation, journalEntries: 0, digest }
    })
  }

  /** Changes one mapping's entry and what hangs on it, in one transaction; not if the entry is no longer `base`. */
  #commit(mappingId: string, base: CatalogEntry, change: (database: MappedValues['database']) => CatalogEntry): boolean {
    const { database } = this.#values
    return database.transactionSync(() => {
      const stored = database.get(CATALOG)
      const catalog = stored === undefined ? {} : (JSON.parse(stored.toString('utf8')) as Catalog)
      const { generation, journalEntries } = catalog[mappingId] ?? NEW
      if (generation !== base.generation || journalEntries !== base.journalEntries) return false
      database.putSync(CATALOG, Buffer.from(JSON.stringify({ ...catalog, [mappingId]: change(database) }), 'utf8'))
      return true
    })
  }
}

const NEW: CatalogEntry = { generation: 0, journalEntries: 0, digest: '' }

function* statementsOf({ segment, journal }: OpenMapping): Generator<LinkStatement> {
  for (let row = 0; row < (segment?.rows ?? 0); row += 1) if (segment !== undefined) yield segment.statement(row)
  yield* journal.statements
}

/** The slow way for records with an addition in the journal: by whole statements. */
function selectStatements(statements: readonly LinkStatement[], side: LinkSide, { view }: CompiledView, into: Selection): void {
  for (const statement of latestStatements(statements, view.knownAtMs)) {
    const other = side === 'from' ? statement.to : statement.from
    if (other === undefined) continue
    if (!statement.negative && countsIn(statement, view)) into.found.push(other)
    else if (rulesOut(statement, view)) into.ruledOut.push(other)
  }
}

/** Keys never hold a tab. */
function pairOf({ from, to }: { readonly from: string; readonly to: string | undefined }): string {
  return to === undefined ? from : `${from}\t${to}`
}

function segmentKey(mappingId: string, generation: number): string {
  return `segment ${mappingId} ${generation}`
}

function journalKey(mappingId: string, generation: number, entry: number): string {
  return `journal ${mappingId} ${generation} ${entry}`
}

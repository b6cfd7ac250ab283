import { DuckDBInstance, LIST, VARCHAR, type DuckDBConnection } from '@duckdb/node-api'
import { blockingKeys } from './blocking-keys.ts'
import { levelsOf, PREPARED_COLUMNS, type Comparison } from './comparison.ts'
import type { LevelPattern, LinkageModel } from './fellegi-sunter.ts'
import { prepareValue } from './prepare-record.ts'

/** A record to be linked: its key as `encodeEntityKey` writes it, and its fields. */
export interface LinkRecord {
  readonly key: string
  readonly values: Readonly<Record<string, unknown>>
}

/** A pair of records and how they agree. */
export interface ScoredPair {
  readonly from: string
  readonly to: string
  /** Sum of the comparisons' weights, log2; the prior is not in it. */
  readonly weight: number
  /** Level of each comparison; -1: a value is missing. */
  readonly levels: readonly number[]
  /** Weight of each comparison. */
  readonly weights: readonly number[]
}

/** Pairs that one blocking key may bring; a key that is more common than that tells nobody apart. */
const MAX_PAIRS_PER_KEY = 1_000

/** Random pairs from which chance agreement is estimated. */
const RANDOM_PAIRS = 100_000

const LETTERS = ['l', 'r'] as const

/** A level whose agreement counts by how rare the agreed value is. */
interface Rarity {
  readonly at: number
  readonly level: number
  readonly column: string
  /** Table of shares by value, and column of a record's own share. */
  readonly share: string
}

/** The tables of one linkage, in memory. */
export class LinkageDatabase implements AsyncDisposable {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #comparisons: readonly Comparison[]

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, comparisons: readonly Comparison[]) {
    this.#instance = instance
    this.#connection = connection
    this.#comparisons = comparisons
  }

  static async open(comparisons: readonly Comparison[]): Promise<LinkageDatabase> {
    const instance = await DuckDBInstance.create(':memory:', { enable_external_access: 'false' })
    const database = new LinkageDatabase(instance, await instance.connect(), comparisons)
    const columns = comparisons.flatMap(({ kind }, at) => PREPARED_COLUMNS[kind].map(({ suffix, type }) => `c${at}${suffix} ${type}`))
    for (const letter of LETTERS) {
      await database.#run(`CREATE TABLE ${letter} (id INTEGER, key VARCHAR, ${columns.join(', ')})`)
      await database.#run(`CREATE TABLE ${letter}_keys (id INTEGER, block VARCHAR)`)
    }
    return database
  }

  /** Prepares and stores the records of one side; `l`: the mapping's `from`. */
  async add(letter: (typeof LETTERS)[number], records: Iterable<LinkRecord> | AsyncIterable<LinkRecord>): Promise<number> {
    const rows = await this.#connection.createAppender(letter)
    const blocks = await this.#connection.createAppender(`${letter}_keys`)
    let id = 0
    for await (const { key, values } of records) {
      const prepared = this.#comparisons.map((comparison) =>
        prepareValue(comparison.kind, values[letter === 'l' ? comparison.from : comparison.to]),
      )
      rows.appendInteger(id)
      rows.appendVarchar(key)
      for (const [at, { kind }] of this.#comparisons.entries()) {
        const value = prepared[at] ?? { main: undefined }
        for (const { suffix } of PREPARED_COLUMNS[kind]) {
          const cell = suffix === '' ? value.main : suffix === '_part' ? value.part : value.words
          if (cell === undefined) rows.appendNull()
          else if (typeof cell === 'number') rows.appendDouble(cell)
          else if (typeof cell === 'string') rows.appendVarchar(cell)
          else rows.appendList(cell, LIST(VARCHAR))
        }
      }
      rows.endRow()
      for (const block of blockingKeys(this.#comparisons, prepared)) {
        blocks.appendInteger(id)
        blocks.appendVarchar(block)
        blocks.endRow()
      }
      id += 1
    }
    rows.closeSync()
    blocks.closeSync()
    return id
  }

  /** Finds the pairs that share a key and compares them. Returns how many there are. */
  async comparePairs(): Promise<number> {
    await this.#run(`CREATE TABLE kept AS
      SELECT block FROM (SELECT block, count(*) AS l_count FROM l_keys GROUP BY block) JOIN (SELECT block, count(*) AS r_count FROM r_keys GROUP BY block) USING (block)
      WHERE l_count * r_count <= ${MAX_PAIRS_PER_KEY}`)
    await this.#run(`CREATE TABLE pair AS
      SELECT DISTINCT a.id AS l_id, b.id AS r_id FROM kept JOIN l_keys a USING (block) JOIN r_keys b USING (block)`)
    await this.#run(
      `CREATE TABLE compared AS SELECT l_id, r_id, ${this.#levelColumns()} FROM pair JOIN l ON l.id = l_id JOIN r ON r.id = r_id`,
    )
    await this.#run(`CREATE TABLE random AS
      SELECT ${this.#levelColumns()} FROM (
        SELECT hash(2 * i) % (SELECT count(*) FROM l) AS l_id, hash(2 * i + 1) % (SELECT count(*) FROM r) AS r_id FROM range(${RANDOM_PAIRS}) n(i)
      ) JOIN l ON l.id = l_id JOIN r ON r.id = r_id`)
    const [row] = await this.#rows('SELECT count(*)::DOUBLE AS pairs FROM pair')
    return Number(row?.['pairs'] ?? 0)
  }

  /** Counts of level combinations among the compared pairs, or among random ones. */
  async patterns(table: 'compared' | 'random'): Promise<readonly LevelPattern[]> {
    const columns = this.#comparisons.map((_, at) => `g${at}`)
    const rows = await this.#rows(`SELECT ${columns.join(', ')}, count(*)::DOUBLE AS pairs FROM ${table} GROUP BY ALL`)
    return rows.map((row) => ({ levels: columns.map((column) => Number(row[column])), pairs: Number(row['pairs']) }))
  }

  /** The compared pairs whose weight is at least a bound. */
  async scoredPairs(model: LinkageModel, minWeight: number): Promise<readonly ScoredPair[]> {
    await this.#makeRarities()
    const weights = this.#comparisons.map((_, at) => this.#weightColumn(model, at))
    const columns = this.#comparisons.map((_, at) => `w${at}`)
    const rows = await this.#rows(`SELECT * FROM (
        SELECT *, ${columns.join(' + ')} AS weight FROM (
          SELECT l.key AS from_key, r.key AS to_key, ${this.#comparisons.map((_, at) => `g${at}`).join(', ')}, ${weights.join(', ')}
          FROM compared JOIN rarity l ON l.id = l_id JOIN r ON r.id = r_id
        )
      ) WHERE weight >= ${minWeight} ORDER BY weight DESC, from_key, to_key`)
    return rows.map((row) => ({
      from: String(row['from_key']),
      to: String(row['to_key']),
      weight: Number(row['weight']),
      levels: this.#comparisons.map((_, at) => Number(row[`g${at}`])),
      weights: columns.map((column) => Number(row[column])),
    }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  #levelColumns(): string {
    return this.#comparisons
      .map(({ kind }, at) => {
        const levels = levelsOf(kind, `c${at}`).map(({ when }, level) => `WHEN ${when} THEN ${level}`)
        return `(CASE WHEN l.c${at} IS NULL OR r.c${at} IS NULL THEN -1 ${levels.join(' ')} END)::TINYINT AS g${at}`
      })
      .join(', ')
  }

  #rarities(): readonly Rarity[] {
    return this.#comparisons.flatMap(({ kind }, at) =>
      levelsOf(kind, `c${at}`).flatMap(({ rarityOf }, level) =>
        rarityOf === undefined ? [] : [{ at, level, column: rarityOf, share: `s${at}_${level}` }],
      ),
    )
  }

  /**
   * How likely a stranger has the value of each left record: its share on the side where it is rarer. What was seen once
   * is rarer than that, the more so the more values were seen once (Good and Turing).
   */
  async #makeRarities(): Promise<void> {
    const rarities = this.#rarities()
    for (const { column, share } of rarities) {
      const counted = LETTERS.map(
        (
          letter,
        ) => `(SELECT value, (CASE WHEN n = 1 THEN least(1, greatest(0.05, 2 * count(*) FILTER (n = 2) OVER () / count(*) FILTER (n = 1) OVER ())) ELSE n END) / (SELECT count(*) FROM ${letter}) AS share
        FROM (SELECT ${column} AS value, count(*) AS n FROM ${letter} WHERE ${column} IS NOT NULL GROUP BY ALL))`,
      )
      await this.#run(
        `CREATE OR REPLACE TABLE ${share} AS SELECT value, min(share) AS share FROM (FROM ${counted.join(' UNION ALL FROM ')}) GROUP BY value`,
      )
    }
    const columns = rarities.map(({ share }) => `${share}.share AS ${share}`)
    const joins = rarities.map(({ share, column }) => `LEFT JOIN ${share} ON ${share}.value = l.${column}`)
    await this.#run(`CREATE OR REPLACE TABLE rarity AS SELECT ${['l.id', 'l.key', ...columns].join(', ')} FROM l ${joins.join(' ')}`)
  }

  /** Weight of a comparison; where the agreed value is known to be rare or common, chance agreement is its own share. */
  #weightColumn(model: LinkageModel, at: number): string {
    const levels = model.comparisons[at] ?? []
    const rarities = this.#rarities().filter((rarity) => rarity.at === at)
    const cases = levels.map(({ weight, m }, level) => {
      const rarity = rarities.find((one) => one.level === level)
      return `WHEN ${level} THEN ${rarity === undefined ? weight : `coalesce(log2(${m} / l.${rarity.share}), ${weight})`}`
    })
    return `(CASE g${at} ${cases.join(' ')} ELSE 0 END)::DOUBLE AS w${at}`
  }

  async #run(sql: string): Promise<void> {
    await this.#connection.run(sql)
  }

  async #rows(sql: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.#connection.runAndReadAll(sql)).getRowObjectsJS()
  }
}

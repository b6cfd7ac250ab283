import { meetsExpectation, type QualityCheck } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import type { Source, SourceTable, SqlRow, SqlStatement } from '../source/index.ts'
import { buildDuplicates, buildScan, isScanned, NotMeasurable, type ScanMeasure } from './measure-sql.ts'
import type { ProductPromise, PromiseResult } from './promise.ts'
import { buildRuleQuery } from './rule-query.ts'

export interface MeasureOptions {
  /** Statements run one after the other on this; `source.withOwnConnection()` keeps them out of the way of queries. */
  readonly source: Source
  /** Against which freshness is measured; epoch milliseconds. */
  readonly nowMs: () => number
  /** How long one statement may take; a promise that takes longer is unknown. Default 60,000. */
  readonly statementTimeoutMs?: number
  /** Ends the measuring; promises about objects that were not finished by then have no result. */
  readonly signal?: AbortSignal
}

const STATEMENT_TIMEOUT_MS = 60_000
/** Numbers that one scan of a table yields at most. */
const SCAN_MEASURES = 100

/**
 * Measures promises on all rows, whatever a caller's row filters; one scan for each object, further statements for
 * duplicates and for the contract's own queries. What this engine cannot run gets a result that says so.
 */
export async function measurePromises(promises: readonly ProductPromise[], options: MeasureOptions): Promise<readonly PromiseResult[]> {
  const run = new Measuring(options)
  const results = new Map<ProductPromise, PromiseResult>()
  for (const group of groupByTable(promises)) {
    const table = options.source.tables.get(group.typeName)
    if (table === undefined) throw new TypeError(`the source has no table for ${group.typeName}`)
    try {
      for (const [promise, result] of await run.measureTable(table, group.checked)) results.set(promise, result)
    } catch (error) {
      if (options.signal?.aborted !== true) throw error
      break
    }
  }
  return promises.flatMap((promise) => results.get(promise) ?? [])
}

interface CheckedPromise {
  readonly promise: ProductPromise
  readonly check: QualityCheck
  readonly fingerprint: string
}

interface TableGroup {
  readonly typeName: string
  readonly checked: readonly CheckedPromise[]
}

function groupByTable(promises: readonly ProductPromise[]): readonly TableGroup[] {
  const groups = new Map<string, CheckedPromise[]>()
  for (const promise of promises) {
    const { evaluation } = promise
    if (evaluation.kind === 'not-run') continue
    const group = groups.get(evaluation.check.typeName)
    const checked = { promise, check: evaluation.check, fingerprint: evaluation.fingerprint }
    if (group === undefined) groups.set(evaluation.check.typeName, [checked])
    else group.push(checked)
  }
  return [...groups].map(([typeName, checked]) => ({ typeName, checked }))
}

type Measured =
  | { readonly kind: 'value'; readonly value: number | boolean | null; readonly rows?: number }
  | { readonly kind: 'not-run' | 'unknown'; readonly reason: string }

type Results = readonly (readonly [ProductPromise, PromiseResult])[]

class Measuring {
  readonly #options: MeasureOptions

  constructor(options: MeasureOptions) {
    this.#options = options
  }

  async measureTable(table: SourceTable, checked: readonly CheckedPromise[]): Promise<Results> {
    const scanned = checked.filter(({ check }) => isScanned(check))
    const results: (readonly [ProductPromise, PromiseResult])[] = []
    for (let start = 0; start < scanned.length; start += SCAN_MEASURES) results.push(...(await this.#scan(table, scanned.slice(start, start + SCAN_MEASURES))))
    for (const one of checked) if (!isScanned(one.check)) results.push([one.promise, this.#resultOf(one, await this.#measureAlone(table, one.check))])
    return results
  }

  /** All in one statement; where that fails each by itself, so that one bad rule does not hide the others. */
  async #scan(table: SourceTable, checked: readonly CheckedPromise[]): Promise<Results> {
    const together = checked.length === 1 ? undefined : await this.#tryScan(table, checked)
    const measured = together ?? (await this.#eachAlone(table, checked))
    return checked.map((one, index) => [one.promise, this.#resultOf(one, measured[index] ?? UNMEASURED)])
  }

  async #eachAlone(table: SourceTable, checked: readonly CheckedPromise[]): Promise<readonly Measured[]> {
    const measured: Measured[] = []
    for (const { check } of checked) measured.push(await this.#measureAlone(table, check))
    return measured
  }

  async #tryScan(table: SourceTable, checked: readonly CheckedPromise[]): Promise<readonly Measured[] | undefined> {
    const measures = checked.flatMap(({ check }): ScanMeasure[] => (isScanned(check) ? [check.measure] : []))
    try {
      const [row = []] = await this.#query(buildScan(table, this.#options.source.dialect, measures))
      return checked.map((_one, index): Measured => ({ kind: 'value', value: numberOf(row[index + 1]), rows: Number(row[0]) }))
    } catch (error) {
      if (error instanceof NotMeasurable || isFailedStatement(error)) return undefined
      throw error
    }
  }

  async #measureAlone(table: SourceTable, check: QualityCheck): Promise<Measured> {
    try {
      return await this.#measure(table, check)
    } catch (error) {
      if (error instanceof NotMeasurable) return { kind: 'not-run', reason: error.message }
      if (isFailedStatement(error)) return { kind: 'unknown', reason: error.message }
      throw error
    }
  }

  async #measure(table: SourceTable, check: QualityCheck): Promise<Measured> {
    const { measure } = check
    const { dialect } = this.#options.source
    if (measure.kind === 'sql') return readQueryResult(await this.#query(await buildRuleQuery(measure, this.#options.source, table.object.typeName)))
    if (measure.kind === 'duplicateValues') {
      const [[duplicates] = []] = await this.#query(buildDuplicates(table, measure.fields))
      const [[rows] = []] = measure.unit === 'percent' ? await this.#query(buildScan(table, dialect, [])) : [[0]]
      return { kind: 'value', value: numberOf(duplicates), rows: Number(rows) }
    }
    const [row = []] = await this.#query(buildScan(table, dialect, [measure]))
    return { kind: 'value', value: numberOf(row[1]), rows: Number(row[0]) }
  }

  async #query(statement: SqlStatement): Promise<readonly SqlRow[]> {
    const timeoutMs = this.#options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS
    const timeout = AbortSignal.timeout(timeoutMs)
    const { signal } = this.#options
    try {
      return await this.#options.source.query(statement, { signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]) })
    } catch (error) {
      if (signal?.aborted === true) throw new GatewayError('DEADLINE_EXCEEDED', 'measuring was stopped', { cause: error })
      if (timeout.aborted) throw new GatewayError('SOURCE_UNAVAILABLE', `the statement took longer than ${timeoutMs / 1_000} s`, { cause: error })
      throw error
    }
  }

  #resultOf({ promise, check, fingerprint }: CheckedPromise, measured: Measured): PromiseResult {
    const measuredAtMs = this.#options.nowMs()
    const about = { urn: promise.product.urn, id: promise.id, fingerprint, measuredAtMs }
    if (measured.kind !== 'value') return { ...about, state: measured.kind === 'not-run' ? 'NOT_RUN' : 'UNKNOWN', measured: null, reason: measured.reason }
    const value = inUnit(check, measured.value, { rows: measured.rows ?? 0, nowMs: measuredAtMs })
    const reason = remarkOn(check, value)
    return {
      ...about,
      state: meetsExpectation(value, check.expectation) ? 'KEPT' : 'BROKEN',
      measured: value === null ? null : Number(value),
      ...(reason === undefined ? {} : { reason }),
    }
  }
}

const UNMEASURED: Measured = { kind: 'unknown', reason: 'it was not measured' }

function isFailedStatement(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === 'SOURCE_UNAVAILABLE'
}

function numberOf(cell: unknown): number | null {
  return typeof cell === 'number' ? cell : null
}

function readQueryResult(rows: readonly SqlRow[]): Measured {
  if (rows.length !== 1) return { kind: 'unknown', reason: `the query gave ${rows.length === 0 ? 'no row' : 'several rows'}, not one` }
  const [cell] = rows[0] ?? []
  if (cell === null || cell === undefined) return { kind: 'value', value: null }
  if (cell === 'true' || cell === 'false') return { kind: 'value', value: cell === 'true' }
  const number = typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : Number.NaN
  return Number.isFinite(number) ? { kind: 'value', value: number } : { kind: 'unknown', reason: 'the query gave something else than a number, true or false' }
}

function inUnit({ measure }: QualityCheck, value: number | boolean | null, about: { readonly rows: number; readonly nowMs: number }): number | boolean | null {
  if (typeof value !== 'number') return value
  if (measure.kind === 'freshness') return Math.round(about.nowMs / 1_000 - value)
  if (!('unit' in measure) || measure.unit === 'rows') return value
  return about.rows === 0 ? 0 : (100 * value) / about.rows
}

function remarkOn({ measure }: QualityCheck, value: number | boolean | null): string | undefined {
  if (value === null) return measure.kind === 'freshness' ? 'there is no value at all' : 'there is nothing to measure'
  return measure.kind === 'freshness' && Number(value) < 0 ? 'the newest value lies in the future' : undefined
}

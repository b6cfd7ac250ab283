import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { QualityCheck, QualityMeasure } from '@polyseme/kit/contract'
import { measurePromises, type ProductPromise } from '@polyseme/kit/promise'
import type { Source } from '@polyseme/kit/source'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { ENGINES, Lab, labContract } from './promise-lab.ts'

/** The same in every run; `POLYSEME_SEED` makes others. */
const SEED = Number(process.env['POLYSEME_SEED'] ?? 20_260_101)
const BATCHES = 60
const CHECKS_IN_BATCH = 12

/** A row as the oracle sees it: texts and numbers that compare as the columns do. */
interface OrderRow {
  readonly orderId: number
  readonly code: string | null
  /** Hundredths. */
  readonly amount: number | null
  /** Days since 2026-01-01. */
  readonly day: number | null
  readonly flag: boolean | null
}

const CODES = ['', ' ', 'a', 'A', 'ab', 'a\nb', 'ä', '漢字', '🦆🦆', 'N/A', "it's", '0', '00']
const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 4 })
const rowArbitrary: fc.Arbitrary<OrderRow> = fc.record({
  orderId: fc.integer({ min: -3, max: 12 }),
  code: nullable(fc.constantFrom(...CODES)),
  amount: nullable(fc.integer({ min: -300, max: 300 })),
  day: nullable(fc.integer({ min: 0, max: 40 })),
  flag: nullable(fc.boolean()),
})

const dayText = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10)
const literal = (value: string | null): string => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`)
const rowText = ({ orderId, code, amount, day, flag }: OrderRow): string =>
  [orderId, literal(code), amount === null ? 'NULL' : (amount / 100).toFixed(2), 'NULL', day === null ? 'NULL' : literal(dayText(day)), 'NULL', flag ?? 'NULL'].join(', ')

type Field = keyof OrderRow
const FIELDS: readonly Field[] = ['orderId', 'code', 'amount', 'day', 'flag']
const fieldArbitrary = fc.constantFrom(...FIELDS)
const unitArbitrary = fc.constantFrom('rows' as const, 'percent' as const)

/** Values of every type, so that many don't fit the field that they are asked of. */
const valueArbitrary = fc.oneof(
  fc.constantFrom<string | number | boolean>(...CODES, true, false, 0, 1, -1, 0.5, 2.25, 1e15, 10 ** 30, '1', '2026-01-05', '2026-02-30', 'true', '1.00'),
  fc.integer({ min: -5, max: 12 }),
  fc.integer({ min: 0, max: 40 }).map(dayText),
)

const boundsArbitrary = (values: fc.Arbitrary<string | number>) =>
  fc.uniqueArray(fc.record({ operator: fc.constantFrom('gt' as const, 'gte' as const, 'lt' as const, 'lte' as const), value: values }), { minLength: 1, maxLength: 2, selector: ({ operator }) => operator })

const measureArbitrary: fc.Arbitrary<QualityMeasure> = fc.oneof(
  fc.constant<QualityMeasure>({ kind: 'rowCount' }),
  fc.record({ kind: fc.constant('nullValues' as const), field: fieldArbitrary, unit: unitArbitrary }),
  fc.record({ kind: fc.constant('missingValues' as const), field: fieldArbitrary, unit: unitArbitrary, values: fc.array(valueArbitrary, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('duplicateValues' as const), fields: fc.uniqueArray(fieldArbitrary, { minLength: 1, maxLength: 3 }), unit: unitArbitrary }),
  fc.record({ kind: fc.constant('invalidValues' as const), field: fieldArbitrary, unit: unitArbitrary, valid: fc.record({ kind: fc.constant('values' as const), values: fc.array(valueArbitrary, { maxLength: 5 }) }) }),
  fc.record({ kind: fc.constant('invalidValues' as const), field: fc.constantFrom<Field>('orderId', 'amount'), unit: unitArbitrary, valid: fc.record({ kind: fc.constant('range' as const), bounds: boundsArbitrary(fc.constantFrom(-2, 0, 1, 2, 0.5, 2.005, 1e15, 10 ** 30, -(10 ** 30))) }) }),
  fc.record({ kind: fc.constant('invalidValues' as const), field: fc.constant('day'), unit: unitArbitrary, valid: fc.record({ kind: fc.constant('range' as const), bounds: boundsArbitrary(fc.integer({ min: 0, max: 40 }).map(dayText)) }) }),
  fc.record({ kind: fc.constant('invalidValues' as const), field: fc.constant('code'), unit: unitArbitrary, valid: fc.record({ kind: fc.constant('length' as const), min: fc.integer({ min: 0, max: 2 }), max: fc.integer({ min: 1, max: 3 }) }) }),
)

const plain = (row: OrderRow, field: Field): string | number | boolean | null => {
  const value = row[field]
  if (value === null) return null
  return field === 'amount' ? Number(value) / 100 : field === 'day' ? dayText(Number(value)) : value
}

/** What the plan's words mean, in plain TypeScript over the rows. */
function oracle(measure: QualityMeasure, rows: readonly OrderRow[]): number {
  const inUnit = (count: number, unit: 'rows' | 'percent'): number => (unit === 'rows' ? count : rows.length === 0 ? 0 : (100 * count) / rows.length)
  const isOneOf = (row: OrderRow, field: Field, values: readonly unknown[]): boolean => {
    const value = plain(row, field)
    return values.some((one) => (typeof value === 'number' ? /^-?\d+(\.\d+)?$/.test(String(one)) && value === Number(one) : String(one) === String(value)))
  }
  switch (measure.kind) {
    case 'rowCount':
      return rows.length
    case 'nullValues':
      return inUnit(rows.filter((row) => plain(row, measure.field as Field) === null).length, measure.unit)
    case 'missingValues':
      return inUnit(rows.filter((row) => plain(row, measure.field as Field) === null || isOneOf(row, measure.field as Field, measure.values)).length, measure.unit)
    case 'duplicateValues': {
      const whole = rows.map((row) => measure.fields.map((field) => plain(row, field as Field))).filter((values) => !values.includes(null))
      return inUnit(whole.length - new Set(whole.map((values) => JSON.stringify(values))).size, measure.unit)
    }
    case 'invalidValues': {
      const { valid, field } = measure
      const present = rows.filter((row) => plain(row, field as Field) !== null)
      const isValid = (row: OrderRow): boolean => {
        const value = plain(row, field as Field) ?? ''
        if (valid.kind === 'values') return isOneOf(row, field as Field, valid.values)
        const codePoints = Array.from(String(value)).length
        if (valid.kind === 'length') return codePoints >= (valid.min ?? 0) && codePoints <= (valid.max ?? Infinity)
        if (valid.kind === 'pattern') throw new TypeError('patterns have a test of their own')
        return valid.bounds.every(({ operator, value: bound }) => ({ gt: value > bound, gte: value >= bound, lt: value < bound, lte: value <= bound })[operator])
      }
      return inUnit(present.filter((row) => !isValid(row)).length, measure.unit)
    }
    case 'freshness':
    case 'sql':
      throw new TypeError('not asked of the oracle')
  }
}

const CONTRACT = labContract()

function promiseOf(measure: QualityMeasure, index: number): ProductPromise {
  const check: QualityCheck = { id: `check ${index}`, typeName: 'LabOrder', origin: 'quality', dimension: 'accuracy', severity: 'error', measure, expectation: { operator: 'gte', value: 0 } }
  return { product: CONTRACT, id: check.id, kind: 'RULE', name: '', target: '', severity: 'error', evaluation: { kind: 'check', check, fingerprint: '' } }
}

const ROW_SETS = fc.sample(fc.array(rowArbitrary, { maxLength: 30 }), { numRuns: 3, seed: SEED })

describe.each(ENGINES)('measures on %s', (engine) => {
  let server: PostgresServer
  const filled: { readonly lab: Lab; readonly source: Source; readonly rows: readonly OrderRow[] }[] = []

  beforeAll(async () => {
    server = await startPostgres()
    for (const rows of ROW_SETS) {
      const lab = await Lab.fill(engine, server, { orders: rows.map(rowText) })
      filled.push({ lab, rows, source: await lab.open(CONTRACT) })
    }
  })

  afterAll(async () => {
    for (const { lab } of filled) await lab[Symbol.asyncDispose]()
    await server.stop()
  })

  it(`are those of a plain count over the rows, ${BATCHES * CHECKS_IN_BATCH} times`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(ROW_SETS.length - 1), fc.array(measureArbitrary, { minLength: CHECKS_IN_BATCH, maxLength: CHECKS_IN_BATCH }), async (set, measures) => {
        const one = filled[set]
        if (one === undefined) throw new TypeError('no such rows')
        const results = await measurePromises(measures.map(promiseOf), { source: one.source, nowMs: () => 0 })
        for (const [index, measure] of measures.entries()) {
          expect({ measure, measured: results[index]?.measured }).toEqual({ measure, measured: expect.closeTo(oracle(measure, one.rows), 9) })
        }
        expect(results.filter(({ state }) => state !== 'KEPT')).toEqual([])
      }),
      { seed: SEED, numRuns: BATCHES },
    )
  })
})

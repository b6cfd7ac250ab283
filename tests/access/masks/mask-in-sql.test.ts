import { readFileSync } from 'node:fs'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ProductProperty, PropertyType } from '@polyseme/kit/contract'
import type { Mask } from '@polyseme/kit/identity'
import { duckDbDialect, SqlValues } from '@polyseme/kit/source'
import { maskValue } from '../../../gateway/access/masks/index.ts'
import { maskSql } from '../../../shared/product/mask-sql.ts'
import { caller } from '../policies/policy-fixture.ts'

const KEY = '0123456789abcdef0123456789abcdef0123456789a'
const NATIVE: Partial<Record<PropertyType, string>> = { string: 'VARCHAR', id: 'VARCHAR', integer: 'BIGINT', bigint: 'BIGINT', number: 'DOUBLE', decimal: 'DECIMAL(18,2)', date: 'DATE', timestamp: 'TIMESTAMP' }

type Shown = string | number | null

interface Vectors {
  readonly vectors: readonly { readonly mask: Mask; readonly type: PropertyType; readonly value: Shown; readonly shown: Shown }[]
}

let instance: DuckDBInstance
let connection: DuckDBConnection

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:')
  connection = await instance.connect()
})

afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

/** What a contract-built subgraph shows of these values. */
async function shownInSql(mask: Mask, type: PropertyType, rows: readonly Shown[]): Promise<readonly unknown[]> {
  const native = NATIVE[type] ?? 'VARCHAR'
  const values = new SqlValues()
  const property = { name: 'v', field: 'v', physicalName: 'v', type, list: false, required: false, unique: false, readScopes: [], examples: [] } satisfies ProductProperty
  const shown = maskSql(mask, { property, column: { type, list: false, native }, expression: 'v' }, { dialect: duckDbDialect, values, call: { principal: caller(), masks: {}, maskKey: KEY } })
  const source = rows.map((row) => `(CAST(${row === null ? 'NULL' : values.bind(String(row))} AS VARCHAR))`).join(', ')
  const statement = values.statement(`SELECT ${duckDbDialect.wire(shown.column, shown.expression)} FROM (SELECT CAST(t AS ${native}) AS v FROM (VALUES ${source}) AS r(t))`)
  const reader = await connection.runAndReadAll(statement.text, Object.fromEntries(statement.values.map((value, index) => [String(index + 1), value as string])))
  return reader.getRowsJS().map(([value]) => value)
}

const { vectors } = JSON.parse(readFileSync('tests/access/cases/mask-vectors.json', 'utf8')) as Vectors

it.each(vectors)('M13 $mask on $type $value is the same in SQL and in the gateway', async ({ mask, type, value, shown }) => {
  const [inSql] = await shownInSql(mask, type, [value])
  expect(inSql).toBe(maskValue(mask, value, type, KEY))
  if (shown !== '@computed') expect(inSql).toBe(shown)
})

const texts = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.emailAddress(), fc.constantFrom('', '@', 'a@', '@a', 'ab@')).filter((text) => !text.includes('\0')), { minLength: 50, maxLength: 200 })

it.each<Mask>([{ kind: 'partial' }, { kind: 'hash' }, { kind: 'constant', value: 'x\'y' }])('M13 %j shows random texts alike', async (mask) => {
  await fc.assert(
    fc.asyncProperty(texts, async (rows) => {
      expect(await shownInSql(mask, 'string', rows)).toEqual(rows.map((row) => maskValue(mask, row, 'string', KEY)))
    }),
    { numRuns: 20 },
  )
})

it('M13 ranges of random numbers are shown alike', async () => {
  const step = fc.integer({ min: 1, max: 1_000_000 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -1e9, max: 1e9 }), { minLength: 50, maxLength: 200 }), step, async (rows, width) => {
      const mask: Mask = { kind: 'range', step: width }
      expect(await shownInSql(mask, 'integer', rows)).toEqual(rows.map((row) => maskValue(mask, row, 'integer') ?? null).map((value) => (value === 0 ? 0 : value)))
      const cents = rows.map((row) => (row / 100).toFixed(2))
      expect(await shownInSql(mask, 'decimal', cents)).toEqual(cents.map((row) => maskValue(mask, row, 'decimal')))
    }),
    { numRuns: 20 },
  )
})

it('M13 years of random dates are shown alike', async () => {
  const days = fc.array(fc.date({ min: new Date('1900-01-01'), max: new Date('2100-12-31'), noInvalidDate: true }), { minLength: 50, maxLength: 200 })
  await fc.assert(
    fc.asyncProperty(days, async (dates) => {
      const mask: Mask = { kind: 'year' }
      const asDates = dates.map((date) => date.toISOString().slice(0, 10))
      expect(await shownInSql(mask, 'date', asDates)).toEqual(asDates.map((row) => maskValue(mask, row, 'date')))
      const asTimes = dates.map((date) => date.toISOString())
      expect(await shownInSql(mask, 'timestamp', asTimes)).toEqual(asTimes.map((row) => maskValue(mask, row, 'timestamp')))
    }),
    { numRuns: 10 },
  )
})

import * as fc from 'fast-check'
import type { ProductProperty, PropertyType } from '@polyseme/kit/contract'

/**
 * A value as the oracle keeps it: integers and decimals as `bigint` (decimals scaled by 10^4), timestamps as microseconds,
 * everything else as on the wire.
 */
export type Cell = string | number | bigint | boolean | null | readonly Cell[] | { readonly [key: string]: Cell }

const DECIMAL_SCALE = 4
const DECIMAL_UNIT = 10n ** BigInt(DECIMAL_SCALE)

/** Texts that sort, match and escape differently from one engine to the next if anything is done wrongly. */
const TEXTS = ['', 'a', 'A', 'b', 'ä', 'Z', "O'Hara", '%', '_', '\\', '"quoted"', '😀', '\uFB01', 'a b', '10', '9', 'NULL', "'; DROP TABLE x; --", '$1', '{}', 'x'.repeat(300)]
const INTEGERS = [0n, 1n, -1n, 2n, 7n, 100n, 2147483647n, -2147483648n]
const BIG_INTEGERS = [...INTEGERS, 9007199254740993n, -9007199254740993n, 9223372036854775807n, -9223372036854775808n]
const DECIMALS = [0n, 1n, -1n, 12500n, 12501n, -999999999999n, 99999999999999n, 10000n]
const NUMBERS = [0, 0.25, -0.5, 1, 1.5, -1024.125, 65536, 3]
const DATES = ['1900-01-01', '1969-12-31', '1970-01-01', '2000-02-29', '2024-02-29', '2024-12-30', '2024-12-31', '2025-01-01', '2099-12-31']
const TIMESTAMPS = ['1969-12-31T23:59:59.999999Z', '1970-01-01T00:00:00Z', '2024-02-29T12:34:56Z', '2024-02-29T12:34:56.000001Z', '2024-02-29T12:35:00Z', '2024-12-30T00:00:00Z', '2024-12-31T23:59:59.5Z', '2025-01-01T00:00:00Z']
const TIMES = ['00:00:00', '00:00:00.000001', '09:30:00', '12:00:00', '23:59:59.999999', '23:59:59']
const IDS = ['0', '1', '7', '42', '-5', '900719925474099301']

/** Values that a column of the type is filled with and filtered by; few, so that filters hit. */
export function poolOf(property: ProductProperty): readonly Cell[] {
  switch (property.type) {
    case 'string':
      return TEXTS
    case 'boolean':
      return [true, false]
    case 'integer':
      return INTEGERS
    case 'bigint':
      return BIG_INTEGERS
    case 'decimal':
      return DECIMALS
    case 'number':
      return NUMBERS
    case 'date':
      return DATES
    case 'timestamp':
      return TIMESTAMPS.map(microsOf)
    case 'time':
      return TIMES
    case 'id':
      return isNumericId(property) ? IDS.map(BigInt) : IDS
    case 'enum':
      return (property.values ?? []).map((entry) => entry.value)
    case 'json':
      return [{ a: 1, b: [true, null, 'x'] }, [], 'text', 5, { '"': "'" }]
  }
}

/** An ID that lies in a column of numbers: it is a text on the wire, and sorts as a number. */
export function isNumericId(property: ProductProperty): boolean {
  return property.type === 'id' && property.description === 'alternative'
}

/** A cell of a column: one of the pool, or absent. */
export function cellArbitrary(property: ProductProperty): fc.Arbitrary<Cell> {
  const pool = property.type === 'enum' ? [...poolOf(property), 'unlisted'] : [...poolOf(property)]
  const value = fc.constantFrom(...pool)
  const one = property.required ? value : fc.option(value, { nil: null, freq: 4 })
  return property.list ? fc.option(fc.array(fc.option(value, { nil: null, freq: 5 }), { maxLength: 3 }), { nil: null, freq: 4 }) : one
}

/** The cell as the answer of a query shows it. */
export function toWire(property: ProductProperty, cell: Cell): unknown {
  if (cell === null) return null
  if (property.list && Array.isArray(cell)) return cell.map((item) => (item === null ? null : scalarWire(property, item as Cell)))
  return scalarWire(property, cell)
}

function scalarWire(property: ProductProperty, cell: Cell): unknown {
  if (typeof cell === 'bigint') {
    if (property.type === 'timestamp') return timestampText(cell)
    if (property.type === 'decimal') return decimalText(cell)
    return property.type === 'id' ? cell.toString() : bigIntWire(cell)
  }
  if (property.type === 'enum') return property.values?.find((entry) => entry.value === cell)?.name ?? null
  return cell
}

/** A whole number as the wire shows it. */
export function bigIntWire(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
}

/** A decimal that is scaled by 10^4, as text. */
export function decimalText(value: bigint): string {
  const magnitude = value < 0n ? -value : value
  return `${value < 0n ? '-' : ''}${magnitude / DECIMAL_UNIT}.${String(magnitude % DECIMAL_UNIT).padStart(DECIMAL_SCALE, '0')}`
}

export function decimalNumber(value: bigint): number {
  return Number(decimalText(value))
}

export function timestampText(micros: bigint): string {
  const seconds = floorDivide(micros, 1_000_000n)
  const fraction = micros - seconds * 1_000_000n
  const text = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)
  return `${text}${fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`}Z`
}

export function microsOf(text: string): bigint {
  const match = /^(.{19})(?:\.(\d+))?Z$/.exec(text)
  const seconds = BigInt(Date.parse(`${match?.[1]}Z`)) / 1_000n
  return seconds * 1_000_000n + BigInt((match?.[2] ?? '').padEnd(6, '0'))
}

export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** Order of two present cells of one type. */
export function compareCells(a: Cell, b: Cell): number {
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if ((typeof a === 'bigint' || typeof a === 'number') && (typeof b === 'bigint' || typeof b === 'number')) return a < b ? -1 : a > b ? 1 : 0
  throw new TypeError('cells of this type have no order')
}

// Not `<`: it compares UTF-16 units, in which 😀 comes before ﬁ.
function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0) ?? 0)
  const right = Array.from(b, (character) => character.codePointAt(0) ?? 0)
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Engines that tables are filled in. */
export type Engine = 'duckdb' | 'postgres' | 'sqlite'

/** The cell as a literal; used to fill tables, never in the product. */
export function toSqlLiteral(property: ProductProperty, cell: Cell, engine: Engine): string {
  if (cell === null) return 'NULL'
  if (property.list && Array.isArray(cell)) {
    if (engine === 'sqlite') return quote(JSON.stringify(cell.map((item: Cell) => (typeof item === 'bigint' ? (property.type === 'decimal' ? decimalText(item) : property.type === 'timestamp' ? timestampText(item) : item.toString()) : item))))
    const items = cell.map((item) => toSqlLiteral({ ...property, list: false }, item as Cell, engine)).join(', ')
    return engine === 'duckdb' ? `[${items}]` : `ARRAY[${items}]::${sqlType(property, engine)}`
  }
  if (property.type === 'json') return quote(JSON.stringify(cell))
  if (typeof cell === 'bigint') {
    if (property.type === 'timestamp') return quote(timestampText(cell).replace('T', ' ').replace('Z', '+00'))
    return property.type === 'decimal' ? decimalText(cell) : cell.toString()
  }
  return typeof cell === 'string' ? quote(cell) : JSON.stringify(cell)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const TYPES: Readonly<Record<PropertyType, string>> = {
  string: 'VARCHAR',
  enum: 'VARCHAR',
  id: 'VARCHAR',
  boolean: 'BOOLEAN',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  decimal: 'DECIMAL(18,4)',
  number: 'DOUBLE PRECISION',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  time: 'TIME',
  json: 'JSON',
}

/** Column type; a property whose description says `alternative` gets the other type that suits it as well. */
export function sqlType(property: ProductProperty, engine: Engine): string {
  const alternative = property.description === 'alternative'
  const type = ((): string => {
    if (property.type === 'json' && engine === 'postgres') return 'JSONB'
    if (!alternative) return TYPES[property.type]
    if (property.type === 'id') return 'BIGINT'
    if (property.type === 'timestamp') return 'TIMESTAMPTZ'
    if (property.type === 'integer') return 'BIGINT'
    if (property.type === 'number') return 'REAL'
    return TYPES[property.type]
  })()
  if (engine === 'sqlite' && property.list) return 'JSON'
  return property.list ? `${type}[]` : type
}

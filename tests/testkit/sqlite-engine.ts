import { GatewayError } from '@polyseme/kit/errors'
import type { ProductObject, ProductProperty, PropertyType } from '@polyseme/kit/contract'
import {
  acceptsText, chooseServer, decimalRoom, elementType, fitsInt32, jsonObjectOf, nativeFamily, quoteIdentifier, quoteText,
  type ColumnType, type Dialect, type OpenSourceOptions, type QueryOptions, type Source, type SourceEngine, type SourceTable, type SqlRow, type SqlStatement, type SqlValue, type TimeBucket,
} from '@polyseme/kit/source'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'

/**
 * A third engine, whole in this one file: SQLite, which has five types of values where contracts have twelve.
 *
 * Inside a statement, values of the other types are texts that sort and compare as the values do; functions in JavaScript
 * make them and turn them back. Statements run on the thread that asks, and nothing can stop one: that is why this
 * engine is here, where it shows that an engine is one file, and not in the product.
 */
export const sqliteEngine: SourceEngine = {
  title: 'SQLite',
  reads: (server) => server?.kind === 'custom' && server.engine === 'sqlite',
  open: (options) => Promise.resolve().then(() => new SqliteSource(options)),
}

const NATIVES: Readonly<Record<PropertyType, string>> = {
  string: 'TEXT', enum: 'TEXT', id: 'TEXT', boolean: 'BOOLEAN', integer: 'BIGINT', bigint: 'BIGINT', number: 'DOUBLE',
  decimal: 'DECIMAL(38,4)', date: 'DATE', timestamp: 'TIMESTAMP', time: 'TIME', json: 'JSON',
}

const sqliteDialect: Dialect = {
  title: 'SQLite',
  ignoresCase: true,
  regExp: { flavour: 'ecmascript', matches: (expression, placeholder) => `js_matches(${expression}, ${placeholder})` },
  keysFirstAbove: undefined,
  wire: (column, expression) => wireText(column, expression),
  json: (column, expression) => {
    if (column.list || column.type === 'json') return `json(${wireText(column, expression)})`
    if (column.type === 'integer') return expression
    if (column.type === 'boolean') return `json(CASE WHEN ${expression} THEN 'true' WHEN NOT ${expression} THEN 'false' END)`
    if (column.type === 'number') return `json(js_text(${expression}))`
    if (column.type === 'bigint') return `CASE WHEN ${expression} BETWEEN -9007199254740991 AND 9007199254740991 THEN ${expression} ELSE CAST(${expression} AS TEXT) END`
    return wireText(column, expression)
  },
  jsonObject: (members) => jsonObjectOf(members, 50, (some) => `json_object(${some.map(({ name, value }) => `'${name}', ${value}`).join(', ')})`),
  fitsInt32,
  exact: (column, expression) => (nativeFamily(column.native) === 'decimal' ? `js_wire(${expression}, '${column.native}')` : `js_text(${expression})`),
  cast: (column, placeholder) => castText(column, placeholder),
  keyBatch: (alias, columns, placeholders) => {
    const keys = columns.map((column, index) => `${castText(column, `e${index}.value`)} AS k${index}`)
    const from = placeholders.map((placeholder, index) => `json_each(${placeholder}) AS e${index}${index === 0 ? '' : ` ON e${index}.key = e0.key`}`)
    return `(SELECT e0.key AS ord, ${keys.join(', ')} FROM ${from.join(' JOIN ')}) AS ${alias}`
  },
  isIn: (column, expression, placeholder) => `${expression} IN (SELECT ${castText(column, 'e.value')} FROM json_each(${placeholder}) AS e)`,
  hasAny: (column, expression, placeholder) => `js_has(${expression}, ${placeholder}, '${elementType(column).native}', 0)`,
  hasAll: (column, expression, placeholder) => `js_has(${expression}, ${placeholder}, '${elementType(column).native}', 1)`,
  listLength: (expression) => `json_array_length(${expression})`,
  contains: (expression, placeholder) => `instr(${expression}, ${placeholder}) > 0`,
  startsWith: (expression, placeholder) => `substr(${expression}, 1, length(${placeholder})) = ${placeholder}`,
  bucket: (_column, expression, bucket) => `js_bucket(${expression}, '${bucket}')`,
  sum: (column, expression) => {
    const family = nativeFamily(column.native)
    if (family === 'float') return { text: `sum(${expression})`, column: { type: 'number', list: false, native: 'DOUBLE' } }
    const type = family === 'integer' && column.type !== 'decimal' ? 'bigint' : 'decimal'
    return { text: `js_sum(${expression})`, column: { type, list: false, native: `DECIMAL(38,${decimalRoom(column.native)?.fraction ?? 0})` } }
  },
  avg: (column, expression) => (nativeFamily(column.native) === 'float' ? `avg(${expression})` : `js_avg(${expression})`),
  floorTo: (column, expression, placeholder) => `js_floor(${expression}, ${placeholder}, '${column.native}')`,
  latestEpoch: (expression) => `unixepoch(max(${expression}), 'subsec')`,
  orderable: (_column, expression) => expression,
  sha256Hex: (expression) => `js_sha256(${expression})`,
  accepts: acceptsText,
}

function wireText(column: ColumnType, expression: string): string {
  if (column.list) return `js_wire_list(${expression}, '${elementType(column).native}')`
  if (nativeFamily(column.native) === 'decimal' || column.type === 'timestamp') return `js_wire(${expression}, '${column.native}')`
  if (column.type === 'integer' || column.type === 'number') return `CAST(${expression} AS REAL)`
  return column.type === 'boolean' ? expression : `CAST(${expression} AS TEXT)`
}

function castText(column: ColumnType, text: string): string {
  const { native } = elementType(column)
  const family = nativeFamily(native)
  if (family === 'integer') return `CAST(${text} AS INTEGER)`
  return family === 'float' ? `CAST(${text} AS REAL)` : `js_value(${text}, '${native}')`
}

type Cell = Exclude<SQLOutputValue, Uint8Array>

// What a value is inside statements: decimals are padded texts, negative ones with their digits turned round.
const DIGITS = 40
const UNIT = 10n ** BigInt(DIGITS)

function decimalKey(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(2 * DIGITS, '0')
  return units < 0n ? `0${digits.replace(/\d/g, (digit) => String(9 - Number(digit)))}` : `1${digits}`
}

function unitsOf(key: string): bigint {
  return key.startsWith('1') ? BigInt(key.slice(1)) : -BigInt(key.slice(1).replace(/\d/g, (digit) => String(9 - Number(digit))))
}

function decimalUnits(text: string): bigint | undefined {
  const [, sign = '', whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,40}))?$/.exec(text) ?? []
  return whole === undefined ? undefined : BigInt(`${sign}${whole}${fraction.padEnd(DIGITS, '0')}`)
}

/** From a value of a table or a bound text to what stands for it in a statement; null where it is none of the type. */
function toValue(stored: string | number | bigint | boolean | null | undefined, native: string): Cell {
  if (stored === null || stored === undefined) return null
  const text = String(stored)
  const family = nativeFamily(native)
  if (family === 'boolean') return text === 'true' || text === '1' ? 1 : 0
  if (family === 'integer') return /^-?\d+$/.test(text) && (native !== 'INTEGER' || BigInt.asIntN(32, BigInt(text)) === BigInt(text)) ? BigInt(text) : null
  if (family === 'float') return Number(text)
  if (family === 'timestamp') return toMoment(text)
  if (family !== 'decimal') return text
  const units = decimalUnits(text)
  return units === undefined ? null : decimalKey(units)
}

/** `2024-02-29 10:00:00.5+00` → `2024-02-29T10:00:00.500000`. */
function toMoment(text: string): string | null {
  const [, day, time, fraction = ''] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|[+]00(?::?00)?)?$/.exec(text) ?? []
  return day === undefined ? null : `${day}T${time}.${fraction.padEnd(6, '0')}`
}

/** From what stands for a value in a statement to the text of the wire. */
function toWire(value: Cell, native: string): Cell | boolean {
  if (value === null) return null
  const family = nativeFamily(native)
  if (family === 'timestamp') return `${String(value).replace('.000000', '')}Z`
  if (family === 'boolean') return Number(value) === 1
  if (family === 'integer') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (family !== 'decimal') return value
  const units = unitsOf(String(value))
  const digits = String(units < 0n ? -units : units).padStart(DIGITS + 1, '0')
  const scale = decimalRoom(native)?.fraction ?? 0
  return `${units < 0n ? '-' : ''}${digits.slice(0, -DIGITS)}${scale === 0 ? '' : `.${digits.slice(-DIGITS, scale - DIGITS)}`}`
}

function parseList(json: Cell): readonly Cell[] {
  const list: unknown = JSON.parse(String(json))
  return Array.isArray(list) ? (list as Cell[]) : []
}

function bucketStart(text: string, bucket: TimeBucket): string {
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  const month = date.getUTCMonth()
  if (bucket === 'WEEK') date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7))
  if (bucket === 'MONTH') date.setUTCDate(1)
  if (bucket === 'QUARTER') date.setUTCMonth(month - (month % 3), 1)
  if (bucket === 'YEAR') date.setUTCMonth(0, 1)
  const day = date.toISOString().slice(0, 10)
  if (text.length === 10) return day
  if (bucket === 'HOUR') return `${text.slice(0, 13)}:00:00.000000`
  return bucket === 'MINUTE' ? `${text.slice(0, 16)}:00.000000` : `${day}T00:00:00.000000`
}

// Functions of shared statements that SQLite lacks, and those of the dialect. Of an absent argument each gives an absent value.
const FUNCTIONS: Readonly<Record<string, (...args: readonly Cell[]) => Cell>> = {
  left: (text, count) => Array.from(String(text)).slice(0, Number(count)).join(''),
  strpos: (text, part) => {
    const at = String(text).indexOf(String(part))
    return at < 0 ? 0 : Array.from(String(text).slice(0, at)).length + 1
  },
  split_part: (text, separator, index) => String(text).split(String(separator)).at(Number(index) - (Number(index) > 0 ? 1 : 0)) ?? '',
  least: (a, b) => (Number(a) < Number(b) ? a : b) ?? null,
  js_matches: (text, pattern) => Number(new RegExp(String(pattern), 'u').test(String(text))),
  js_text: (value) => String(value),
  js_value: (value, native) => toValue(value, String(native)),
  js_values: (json, native) => JSON.stringify(parseList(json).map((item) => asJson(toValue(item, String(native))))),
  js_wire: (value, native) => toWire(value, String(native)) as Cell,
  js_wire_list: (json, native) => JSON.stringify(parseList(json).map((item) => toWire(item, String(native)))),
  js_has: (json, bound, native, all) => {
    const held = new Set(parseList(json))
    const wanted = parseList(bound).map((item) => asJson(toValue(item, String(native))))
    return Number(Number(all) === 1 ? wanted.every((item) => held.has(item)) : wanted.some((item) => held.has(item)))
  },
  js_bucket: (text, bucket) => bucketStart(String(text), String(bucket) as TimeBucket),
  js_sha256: (text) => createHash('sha256').update(String(text)).digest('hex'),
  js_floor: (value, step, native) => {
    if (nativeFamily(String(native)) !== 'decimal') return Math.floor(Number(value) / Number(step)) * Number(step)
    const [units, width] = [unitsOf(String(value)), decimalUnits(String(step)) ?? UNIT]
    return decimalKey((units / width - (units % width < 0n ? 1n : 0n)) * width)
  },
}

function asJson(value: Cell): Cell {
  return typeof value === 'bigint' ? (Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()) : value
}

interface Sum {
  readonly units: bigint
  readonly count: number
}

function addFunctions(database: DatabaseSync): void {
  const options = { deterministic: true, varargs: true, useBigIntArguments: true } as const
  for (const [name, body] of Object.entries(FUNCTIONS)) database.function(name, options, (...args) => (args.includes(null) ? null : body(...(args as readonly Cell[]))))
  const add = (sum: Sum, value: Cell): Sum => (value === null ? sum : { units: sum.units + (typeof value === 'string' ? unitsOf(value) : BigInt(value) * UNIT), count: sum.count + 1 })
  const aggregate = (name: string, result: (sum: Sum) => Cell): void => database.aggregate(name, { useBigIntArguments: true, start: { units: 0n, count: 0 } as never, step: add as never, result: result as never })
  aggregate('js_sum', ({ units, count }) => (count === 0 ? null : decimalKey(units)))
  aggregate('js_avg', ({ units, count }) => (count === 0 ? null : (Number(units / UNIT) + Number(units % UNIT) / Number(UNIT)) / count))
  database.aggregate('bool_or', { start: 0, step: (found: number, value) => (Number(value) === 1 ? 1 : found) })
}

/** A column of a table as the contract's type, whatever the table holds. */
function columnOf(property: ProductProperty, declared: string): { readonly text: string; readonly column: ColumnType } {
  const name = quoteIdentifier(property.physicalName)
  const isNumber = nativeFamily(declared) === 'integer'
  const isSmall = property.type === 'integer' && property.list
  const native = isSmall ? 'INTEGER' : property.type === 'id' && isNumber && !property.list ? 'BIGINT' : property.type === 'decimal' && /\(/.test(declared) ? declared.replace('[]', '') : NATIVES[property.type]
  const column: ColumnType = { type: property.type, list: property.list, native: property.list ? `${native}[]` : native }
  if (property.list) return { text: `js_values(${name}, '${native}') AS ${name}`, column }
  const isOwn = ['integer', 'float', 'text', 'boolean', 'date', 'time', 'json'].includes(nativeFamily(native))
  return { text: isOwn ? name : `js_value(${name}, '${native}') AS ${name}`, column }
}

class SqliteSource implements Source {
  readonly dialect = sqliteDialect
  readonly tables: ReadonlyMap<string, SourceTable>
  readonly #options: OpenSourceOptions
  readonly #database: DatabaseSync
  #isClosed = false

  constructor(options: OpenSourceOptions) {
    this.#options = options
    const [server] = options.products.map((product) => chooseServer(product, options.environment))
    if (server?.kind !== 'custom' || server.server.database === undefined) throw new GatewayError('CONFIG_INVALID', 'the server names no database')
    this.#database = new DatabaseSync(join(options.dataDir, server.server.database), { readOnly: true })
    addFunctions(this.#database)
    this.tables = new Map(options.products.flatMap(({ urn, objects }) => objects.map((object) => [object.typeName, this.#table(object, urn)] as const)))
  }

  #table(object: ProductObject, urn: string): SourceTable {
    const info = this.#database.prepare(`SELECT name, type FROM pragma_table_info(${quoteText(object.physicalName)})`).all()
    const declared = new Map(info.map(({ name, type }) => [String(name), String(type)]))
    if (declared.size === 0) throw new GatewayError('CONFIG_INVALID', `${urn}: the database has no table "${object.physicalName}"`)
    const missing = object.properties.filter(({ physicalName }) => !declared.has(physicalName)).map(({ physicalName }) => physicalName)
    if (missing.length > 0) throw new GatewayError('CONFIG_INVALID', `${urn}: the table "${object.physicalName}" has no column ${missing.join(', ')}; it has ${[...declared.keys()].join(', ')}`)
    const columns = object.properties.map((property) => ({ property, ...columnOf(property, declared.get(property.physicalName) ?? '') }))
    return {
      object,
      relation: `(SELECT ${columns.map(({ text }) => text).join(', ')} FROM main.${quoteIdentifier(object.physicalName)})`,
      columns: new Map(columns.map(({ property, column }) => [property.name, column])),
    }
  }

  async query(statement: SqlStatement, options: QueryOptions = {}): Promise<readonly SqlRow[]> {
    const rows: SqlRow[] = []
    for await (const batch of this.stream(statement, options)) rows.push(...batch)
    return rows
  }

  async *stream(statement: SqlStatement, { signal }: QueryOptions = {}): AsyncIterable<readonly SqlRow[]> {
    await Promise.resolve()
    const startedMs = performance.now()
    let rows: number | undefined
    try {
      if (this.#isClosed) throw new GatewayError('SOURCE_UNAVAILABLE', 'the source is closed')
      signal?.throwIfAborted()
      const prepared = this.#database.prepare(statement.text)
      prepared.setReturnArrays(true)
      const found = prepared.all(Object.fromEntries(statement.values.map((value, index) => [`$${index + 1}`, bound(value)]))) as unknown as readonly SqlRow[]
      for (let at = 0; at < found.length; at += BATCH_ROWS) yield found.slice(at, at + BATCH_ROWS)
      rows = found.length
    } catch (error) {
      if (error instanceof GatewayError) throw error
      if (signal?.aborted === true) throw new GatewayError('DEADLINE_EXCEEDED', 'the statement was stopped', { cause: error })
      const code = error instanceof Error && 'errcode' in error ? String(error.errcode) : 'unknown error'
      throw new GatewayError('SOURCE_UNAVAILABLE', `the statement failed: SQLite ${code}`, { cause: error })
    } finally {
      this.#options.onStatement?.({ text: statement.text, rows: rows ?? 0, durationMs: performance.now() - startedMs, outcome: rows === undefined ? 'failed' : 'ok' })
    }
  }

  withOwnConnection(): Source {
    return new SqliteSource(this.#options)
  }

  async ping(): Promise<void> {
    await this.query({ text: 'SELECT 1', values: [] })
  }

  close(): Promise<void> {
    if (!this.#isClosed) this.#database.close()
    this.#isClosed = true
    return Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

const BATCH_ROWS = 2_000

// Lists are bound as JSON, booleans as numbers: SQLite has neither.
function bound(value: SqlValue): string | number | null {
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}

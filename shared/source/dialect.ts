import type { PropertyType } from '../contract/index.ts'

/** A column as the engine has it: the contract's type and the engine's own name for the type. */
export interface ColumnType {
  readonly type: PropertyType
  readonly list: boolean
  /** As the engine reports it: `BIGINT`, `DECIMAL(18,2)`, `timestamp with time zone`. */
  readonly native: string
}

export interface JsonMember {
  readonly name: string
  readonly value: string
}

/** The type of a list's elements. */
export function elementType(column: ColumnType): ColumnType {
  return { type: column.type, list: false, native: column.native.replace(/\[\d*\]$/, '') }
}

/** Integers up to this size are exact as JSON numbers. */
export const MAX_SAFE_INTEGER = 9_007_199_254_740_991

export type TimeBucket = 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR' | 'HOUR' | 'MINUTE'

/** Families of regular expressions that a contract's patterns can be translated into. */
export type RegExpFlavour = 're2' | 'postgres' | 'ecmascript'

/** How an engine matches texts. */
export interface EngineRegExp {
  readonly flavour: RegExpFlavour
  /** A condition that holds where the expression is found in the text. */
  readonly matches: (expression: string, placeholder: string) => string
}

/** What differs between engines in the text of a statement. Pure: text in, text out. */
export interface Dialect {
  /** For messages: `DuckDB`. */
  readonly title: string
  /** Whether names are read without regard to letter case; else a bare name is lower case, and a quoted one is as it is written. */
  readonly ignoresCase: boolean
  /** Undefined: the engine has none. */
  readonly regExp: EngineRegExp | undefined
  /** Whether `ORDER BY … LIMIT` over so many rows sorts whole rows, so that it pays to find their keys first; undefined: never. */
  readonly keysFirstAbove: number | undefined
  /** The column as the wire shows it: text, number or boolean; JSON and lists as JSON text. */
  readonly wire: (column: ColumnType, expression: string) => string
  /** The column as a value for `jsonObject`; the JSON of what `wire` stands for. */
  readonly json: (column: ColumnType, expression: string) => string
  /** The text of a JSON object with these members, in this order; names are GraphQL names. */
  readonly jsonObject: (members: readonly JsonMember[]) => string
  /** Whether every value of the column is an integer of 32 bits. */
  readonly fitsInt32: (column: ColumnType) => boolean
  /** The column as text from which `cast` makes the very same value again; what a cursor holds. */
  readonly exact: (column: ColumnType, expression: string) => string
  /** A bound text as a value that compares with the column exactly; undefined where the engine's types cannot do that. */
  readonly cast: (column: ColumnType, placeholder: string, text: string) => string | undefined
  /**
   * A relation `<alias>(ord, k0, k1, …)` made of one bound list of texts per column; `ord` counts from 0.
   */
  readonly keyBatch: (alias: string, columns: readonly ColumnType[], placeholders: readonly string[]) => string
  /** A condition that holds for values of the column that are in one bound list of texts. */
  readonly isIn: (column: ColumnType, expression: string, placeholder: string) => string
  /** A condition that holds for a list with one of the elements of a bound list of texts; each is accepted by the element's type. */
  readonly hasAny: (column: ColumnType, expression: string, placeholder: string) => string
  /** The same, with all of them. */
  readonly hasAll: (column: ColumnType, expression: string, placeholder: string) => string
  /** Number of a list's elements, absent ones included. */
  readonly listLength: (expression: string) => string
  readonly contains: (expression: string, placeholder: string) => string
  readonly startsWith: (expression: string, placeholder: string) => string
  /** Start of the period that a date or timestamp lies in, of the same type. */
  readonly bucket: (column: ColumnType, expression: string, bucket: TimeBucket) => string
  /** The sum of a column in a type that it cannot overflow, and that type. */
  readonly sum: (column: ColumnType, expression: string) => { readonly text: string; readonly column: ColumnType }
  /** The mean of a column as a double; sums of integers and decimals inside it are exact. */
  readonly avg: (column: ColumnType, expression: string) => string
  /** A number cut down to a multiple of a bound one, in the column's own type; for masks. */
  readonly floorTo: (column: ColumnType, expression: string, placeholder: string) => string
  /** Seconds since 1970 of the latest of a date's or timestamp's values; an aggregate. */
  readonly latestEpoch: (expression: string) => string
  /** What `ORDER BY` and `<` compare: text by code point in both engines, whatever the database's collation. */
  readonly orderable: (column: ColumnType, expression: string) => string
  /** SHA-256 of a text, as lower-case hex. */
  readonly sha256Hex: (expression: string) => string
  /** Whether any row can have this value at all; a value beyond the column's type is not an error, only nowhere. */
  readonly accepts: (column: ColumnType, text: string) => boolean
}

/**
 * Text of a JSON object, in calls of at most `perCall` members, because a function has so many arguments and no more.
 *
 * @param call writes one call over some members, as text
 */
export function jsonObjectOf(members: readonly JsonMember[], perCall: number, call: (members: readonly JsonMember[]) => string): string {
  const calls: string[] = []
  for (let start = 0; start === 0 || start < members.length; start += perCall) calls.push(call(members.slice(start, start + perCall)))
  const last = calls.length - 1
  if (last === 0) return calls[0] ?? ''
  // Of several objects one is made: the brace that closes each but the last, and the one that opens each but the first, are cut.
  const cut = (text: string): string => `substr(${text}, 1, length(${text}) - 1)`
  return `(${calls.map((text, index) => (index === last ? `substr(${text}, 2)` : index === 0 ? cut(text) : `substr(${cut(text)}, 2)`)).join(" || ',' || ")})`
}

/** Families of engine types that need different texts in a statement. */
export type NativeFamily = 'text' | 'integer' | 'float' | 'decimal' | 'boolean' | 'date' | 'timestamp' | 'timestamptz' | 'time' | 'json' | 'uuid' | 'other'

const FAMILY_OF_NATIVE: Readonly<Record<string, NativeFamily>> = {
  VARCHAR: 'text', TEXT: 'text', 'CHARACTER VARYING': 'text', CHARACTER: 'text', BPCHAR: 'text', NAME: 'text', CITEXT: 'text',
  TINYINT: 'integer', SMALLINT: 'integer', INTEGER: 'integer', BIGINT: 'integer', HUGEINT: 'integer',
  UTINYINT: 'integer', USMALLINT: 'integer', UINTEGER: 'integer', UBIGINT: 'integer', UHUGEINT: 'integer',
  FLOAT: 'float', DOUBLE: 'float', REAL: 'float', 'DOUBLE PRECISION': 'float',
  DECIMAL: 'decimal', NUMERIC: 'decimal',
  BOOLEAN: 'boolean',
  DATE: 'date',
  TIMESTAMP: 'timestamp', TIMESTAMP_S: 'timestamp', TIMESTAMP_MS: 'timestamp', TIMESTAMP_NS: 'timestamp', 'TIMESTAMP WITHOUT TIME ZONE': 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz', TIMESTAMPTZ: 'timestamptz',
  TIME: 'time', 'TIME WITHOUT TIME ZONE': 'time',
  JSON: 'json', JSONB: 'json',
  UUID: 'uuid',
}

/** Family of an engine's type name; `DECIMAL(18,2)` is a decimal, `VARCHAR[]` is `other`. */
export function nativeFamily(native: string): NativeFamily {
  const name = native.toUpperCase().replace(/\(.*\)/, '').replace(/\s+/g, ' ').trim()
  return Object.hasOwn(FAMILY_OF_NATIVE, name) ? (FAMILY_OF_NATIVE[name] ?? 'other') : 'other'
}

const INTEGER_TEXT = /^(?:0|-?[1-9]\d{0,17})$/
const UUID_TEXT = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Whether a column of the engine's type can hold the value that a text stands for. */
export function acceptsText(column: ColumnType, text: string): boolean {
  if (text.includes('\0')) return false
  switch (nativeFamily(column.native)) {
    case 'integer':
      return INTEGER_TEXT.test(text) || isInt64(text)
    case 'uuid':
      return UUID_TEXT.test(text)
    case 'decimal':
      return decimalFits(column.native, text)
    case 'text':
    case 'float':
    case 'boolean':
    case 'date':
    case 'timestamp':
    case 'timestamptz':
    case 'time':
    case 'json':
    case 'other':
    default:
      return true
  }
}

function isInt64(text: string): boolean {
  if (!/^-?\d{19}$/.test(text)) return false
  const value = BigInt(text)
  return BigInt.asIntN(64, value) === value
}

const INT32_NATIVES: ReadonlySet<string> = new Set(['TINYINT', 'UTINYINT', 'SMALLINT', 'USMALLINT', 'INTEGER'])

/** Whether a type of either engine has no integers beyond 32 bits. */
export function fitsInt32(column: ColumnType): boolean {
  return INT32_NATIVES.has(column.native.toUpperCase().replace('[]', ''))
}

/** Digits before and after the point that a value needs and that a `DECIMAL(p,s)` has; a bare `NUMERIC` has any. */
export function decimalDigits(text: string): { readonly whole: number; readonly fraction: number } {
  const match = /^-?0*(\d*)(?:\.(\d*?)0*)?$/.exec(text)
  return { whole: match?.[1]?.length ?? 0, fraction: match?.[2]?.length ?? 0 }
}

/** Digits that a decimal type has room for; undefined for a bare `NUMERIC`. */
export function decimalRoom(native: string): { readonly whole: number; readonly fraction: number } | undefined {
  const match = /\((\d+),\s*(\d+)\)/.exec(native)
  if (match === null) return undefined
  return { whole: Number(match[1]) - Number(match[2]), fraction: Number(match[2]) }
}

function decimalFits(native: string, text: string): boolean {
  const room = decimalRoom(native)
  const needed = decimalDigits(text)
  return room === undefined || (needed.whole <= room.whole && needed.fraction <= room.fraction)
}

/** Whether sums over the column are exact in the engine's own types. */
export function isExact(column: ColumnType): boolean {
  const family = nativeFamily(column.native)
  return family === 'integer' || family === 'decimal'
}

import type { ProductProperty, QualityCheck, QualityMeasure, QualityValue, ValidValues } from '../contract/index.ts'
import { assertNever } from '../errors/index.ts'
import { quoteIdentifier, SqlValues, type ColumnType, type Dialect, type SourceTable, type SqlStatement } from '../source/index.ts'
import { engineRegExp } from './pattern-sql.ts'

/** Why a check is not run on this engine. */
export class NotMeasurable extends Error {}

/** A check whose number is one aggregate over the object's rows; `percent` divides it by their count. */
export type ScanMeasure = Exclude<QualityMeasure, { readonly kind: 'sql' | 'duplicateValues' }>

/** Writes what one object's checks measure as one statement: one row, the row count first, then one number for each. */
export function buildScan(table: SourceTable, dialect: Dialect, measures: readonly ScanMeasure[]): SqlStatement {
  const scan = new Scan(table, dialect)
  const columns = measures.map((measure) => asDouble(scan.aggregate(measure)))
  return scan.values.statement(`SELECT ${[asDouble('count(*)'), ...columns].join(', ')} FROM ${table.relation} AS t`)
}

/** Counts the rows beyond the first of each combination of values; those with a null in it don't count. */
export function buildDuplicates(table: SourceTable, fields: readonly string[]): SqlStatement {
  const columns = fields.map((field) => `t.${quoteIdentifier(getProperty(table, field).physicalName)}`)
  const present = columns.map((column) => `${column} IS NOT NULL`).join(' AND ')
  const groups = `SELECT count(*) AS n FROM ${table.relation} AS t WHERE ${present} GROUP BY ${columns.join(', ')} HAVING count(*) > 1`
  return { text: `SELECT ${asDouble('coalesce(sum(d.n - 1), 0)')} FROM (${groups}) AS d`, values: [] }
}

/** Whether a check is measured together with others in one scan. */
export function isScanned(check: QualityCheck): check is QualityCheck & { readonly measure: ScanMeasure } {
  return check.measure.kind !== 'sql' && check.measure.kind !== 'duplicateValues'
}

function asDouble(expression: string): string {
  return `CAST(${expression} AS DOUBLE PRECISION)`
}

function getProperty(table: SourceTable, field: string): ProductProperty {
  const found = table.object.properties.find((property) => property.field === field)
  if (found === undefined) throw new TypeError(`${table.object.typeName} has no field ${field}`)
  return found
}

interface Column {
  readonly property: ProductProperty
  readonly type: ColumnType
  readonly text: string
}

class Scan {
  readonly values = new SqlValues()
  readonly #table: SourceTable
  readonly #dialect: Dialect

  constructor(table: SourceTable, dialect: Dialect) {
    this.#table = table
    this.#dialect = dialect
  }

  /** @throws NotMeasurable */
  aggregate(measure: ScanMeasure): string {
    if (measure.kind === 'rowCount') return 'count(*)'
    const column = this.#column(measure.field)
    switch (measure.kind) {
      case 'nullValues':
        return `count(*) FILTER (WHERE ${column.text} IS NULL)`
      case 'missingValues':
        return `count(*) FILTER (WHERE ${column.text} IS NULL OR ${this.#isOneOf(column, measure.values)})`
      case 'invalidValues':
        return `count(*) FILTER (WHERE ${column.text} IS NOT NULL AND (${this.#isValid(column, measure.valid)}) IS NOT TRUE)`
      case 'freshness':
        return this.#dialect.latestEpoch(column.text)
      default:
        return assertNever(measure)
    }
  }

  #column(field: string): Column {
    const property = getProperty(this.#table, field)
    const type = this.#table.columns.get(property.name)
    if (type === undefined) throw new TypeError(`the source has no column for ${this.#table.object.typeName}.${field}`)
    return { property, type, text: `t.${quoteIdentifier(property.physicalName)}` }
  }

  #isValid(column: Column, valid: ValidValues): string {
    if (column.property.list || column.property.type === 'json') throw new NotMeasurable('values inside lists and nested values are not measured')
    switch (valid.kind) {
      case 'values':
        return this.#isOneOf(column, valid.values)
      case 'pattern':
        return this.#matches(column, valid.pattern)
      case 'range':
        return valid.bounds.map(({ operator, value }) => this.#compare(column, OPERATORS[operator], value)).join(' AND ')
      case 'length': {
        const length = `length(${this.#asText(column)})`
        return [...(valid.min === undefined ? [] : [`${length} >= ${Math.ceil(valid.min)}`]), ...(valid.max === undefined ? [] : [`${length} <= ${Math.floor(valid.max)}`])].join(' AND ')
      }
      default:
        return assertNever(valid)
    }
  }

  #isOneOf(column: Column, values: readonly QualityValue[]): string {
    if (column.property.list || column.property.type === 'json') throw new NotMeasurable('values inside lists and nested values are not measured')
    const texts = values.flatMap((value) => this.#valueText(column, value) ?? [])
    return texts.length === 0 ? 'FALSE' : this.#dialect.isIn(column.type, column.text, this.values.bind(texts))
  }

  #matches(column: Column, pattern: string): string {
    const { regExp, title } = this.#dialect
    const own = regExp === undefined ? undefined : engineRegExp(pattern, regExp.flavour)
    if (regExp === undefined || own === undefined) throw new NotMeasurable(`the pattern has no counterpart in the regular expressions of ${title}`)
    return regExp.matches(this.#asText(column), this.values.bind(own))
  }

  #compare(column: Column, operator: string, bound: string | number): string {
    const text = this.#valueText(column, bound)
    const exact = text === undefined ? undefined : this.#dialect.cast(column.type, this.values.bind(text), text)
    if (exact !== undefined) return `${this.#dialect.orderable(column.type, column.text)} ${operator} ${exact}`
    if (typeof bound !== 'number') throw new NotMeasurable(`the bound ${JSON.stringify(bound)} is no value of the property's type`)
    // A bound that the column's own type cannot hold: 0.5 for whole numbers, or more digits than the type has.
    return `CAST(${column.text} AS DOUBLE PRECISION) ${operator} CAST(${this.values.bind(String(bound))} AS DOUBLE PRECISION)`
  }

  /** A value of the contract as the column has it; undefined where no row can have it. */
  #valueText({ property, type }: Column, value: QualityValue): string | undefined {
    const text = String(value)
    if (!isOfType(property, text)) return undefined
    const own = property.type === 'timestamp' ? withoutZone(text) : text
    return this.#dialect.accepts(type, own) ? own : undefined
  }

  #asText(column: Column): string {
    return `CAST(${column.text} AS VARCHAR)`
  }
}

const OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

const NUMBER = /^-?\d+(?:\.\d+)?$/
const FORMS: Readonly<Record<ProductProperty['type'], RegExp>> = {
  string: /^/,
  enum: /^/,
  id: /^/,
  json: /^/,
  boolean: /^(?:true|false)$/,
  integer: NUMBER,
  bigint: NUMBER,
  number: /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/,
  decimal: NUMBER,
  date: /^\d{4}-\d\d-\d\d$/,
  timestamp: /^\d{4}-\d\d-\d\d(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/,
  time: /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?$/,
}

/** Whether a text of the contract can be a value of the property at all; one that cannot occurs in no row. */
function isOfType({ type }: ProductProperty, text: string): boolean {
  if (!FORMS[type].test(text)) return false
  return (type !== 'date' && type !== 'timestamp') || isDay(text.slice(0, 10))
}

// `Date` turns 30 February into 2 March.
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

/** A moment in UTC, as the engines' sessions have it; PostgreSQL would drop a zone without a word. */
function withoutZone(text: string): string {
  if (!/(?:Z|[+-]\d\d:?\d\d)$/.test(text.slice(10))) return text
  return text.endsWith('Z') ? text.slice(0, -1) : new Date(text).toISOString().slice(0, -1)
}

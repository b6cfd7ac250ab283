import type { ProductProperty } from '../contract/index.ts'
import type { CallIdentity, RowCondition } from '../identity/index.ts'
import { quoteIdentifier, quoteText, SqlValues, type ColumnType, type Dialect, type Source, type SourceTable } from '../source/index.ts'
import { allowedValues, assertObjectReadable, assertPropertyClear, assertPropertySummable, findMask, assertPropertyReadable, claimValues, rowRestrictionsOf } from './call-access.ts'
import { getObject, getProperty, type DomainModel, type ObjectModel } from './domain-model.ts'
import { maskSql, type TypedExpression } from './mask-sql.ts'

/** A table as one statement reads it. */
export interface TableRef {
  readonly object: ObjectModel
  readonly table: SourceTable
  readonly alias: string
}

/** A table opened for reading: the conditions belong to it and are part of every statement that reads it. */
export interface OpenTable {
  readonly ref: TableRef
  /** `"SalesCustomer" AS t1`. */
  readonly from: string
  /** The caller's row filters. */
  readonly conditions: readonly string[]
}

/**
 * What the parts of one statement share while it is written: bound values, table aliases, the caller's rights.
 *
 * Every table enters a statement through `openTable`, so none is read without its rights and row filters.
 */
export class StatementScope {
  readonly model: DomainModel
  readonly dialect: Dialect
  readonly call: CallIdentity
  readonly values = new SqlValues()
  readonly #source: Source
  #aliases = 0

  constructor(model: DomainModel, source: Source, call: CallIdentity) {
    this.model = model
    this.dialect = source.dialect
    this.call = call
    this.#source = source
  }

  /** @throws UNAUTHORIZED_FIELD_OR_TYPE the caller may not read the object. */
  openTable(typeName: string): OpenTable {
    const object = getObject(this.model, typeName)
    assertObjectReadable(this.call, object)
    const table = this.#source.tables.get(typeName)
    if (table === undefined) throw new TypeError(`the source has no table for ${typeName}`)
    const ref: TableRef = { object, table, alias: this.nextAlias() }
    return { ref, from: `${table.relation} AS ${ref.alias}`, conditions: this.#rowFilters(ref) }
  }

  /**
   * The same table with only those rows that stand in a cell of at least `minGroupRows`, where its contract guards differences of
   * aggregates. A cell is what all dimensions have in common, so every answer is made of whole cells, whoever asks.
   */
  openCells(typeName: string): OpenTable {
    const open = this.openTable(typeName)
    const { object } = open.ref.object
    if (object.aggregateDimensions === undefined) return open
    const cell = object.aggregateDimensions.map((field) => this.raw(open.ref, getProperty(open.ref.object, field)))
    const { alias } = open.ref
    const size = `count(*) OVER (${cell.length === 0 ? '' : `PARTITION BY ${cell.join(', ')}`}) AS ${CELL_SIZE}`
    const from = `(SELECT ${alias}.*, ${size} FROM ${open.from}${whereClause(open.conditions)}) AS ${alias}`
    return { ref: open.ref, from, conditions: [`${alias}.${CELL_SIZE} >= ${object.minGroupRows ?? 1}`] }
  }

  nextAlias(): string {
    this.#aliases += 1
    return `t${this.#aliases}`
  }

  columnType(ref: TableRef, property: ProductProperty): ColumnType {
    const found = ref.table.columns.get(property.name)
    if (found === undefined) throw new TypeError(`the source has no column for ${ref.object.object.typeName}.${property.field}`)
    return found
  }

  /** The column as it is: for joins along declared relationships and for keys, never for the caller's eyes. */
  raw(ref: TableRef, property: ProductProperty): string {
    return `${ref.alias}.${quoteIdentifier(property.physicalName)}`
  }

  /**
   * The column as the caller may compare and group by it.
   *
   * @throws FIELD_NOT_CLEAR, UNAUTHORIZED_FIELD_OR_TYPE
   */
  comparable(ref: TableRef, property: ProductProperty): string {
    assertPropertyClear(this.call, ref.object, property)
    return this.listed(ref, property)
  }

  /**
   * The column as the caller may add it up: what is masked too, where the contract guards differences of aggregates; not what is
   * closed to the caller altogether.
   *
   * @throws FIELD_NOT_CLEAR, UNAUTHORIZED_FIELD_OR_TYPE
   */
  summable(ref: TableRef, property: ProductProperty): string {
    if (ref.object.object.aggregateDimensions === undefined) return this.comparable(ref, property)
    assertPropertySummable(this.call, ref.object, property)
    return this.raw(ref, property)
  }

  /** The column with the values of an enum that its contract does not list as absent (of a list it is the elements that are); says nothing of the caller's rights. */
  listed(ref: TableRef, property: ProductProperty): string {
    const column = this.raw(ref, property)
    if (property.type !== 'enum' || property.list) return column
    const listed = (property.values ?? []).map((entry) => quoteText(entry.value))
    return listed.length === 0 ? 'CAST(NULL AS VARCHAR)' : `CASE WHEN ${column} IN (${listed.join(', ')}) THEN ${column} END`
  }

  /** The column as the caller sees it: clear or masked. */
  shown(ref: TableRef, property: ProductProperty): TypedExpression {
    assertPropertyReadable(this.call, ref.object, property)
    const column = this.columnType(ref, property)
    const mask = findMask(this.call, ref.object, property)
    const expression = this.raw(ref, property)
    return mask === undefined ? { column, expression } : maskSql(mask, { property, column, expression }, this)
  }

  #rowFilters(ref: TableRef): string[] {
    const ofContract = ref.object.object.rowFilters.flatMap((filter) => {
      const allowed = allowedValues(this.call, filter)
      return allowed === undefined ? [] : [this.#isAmong(ref, getProperty(ref.object, filter.field), allowed)]
    })
    const ofPolicies = rowRestrictionsOf(this.call, ref.object).map(({ anyOf }) => this.#meetsAny(ref, anyOf))
    return [...ofContract, ...ofPolicies]
  }

  #meetsAny(ref: TableRef, conditions: readonly RowCondition[]): string {
    const ways = conditions.flatMap(({ field, claim }) => {
      // A field that the contract no longer has lets no row through.
      const property = ref.object.fields.get(field)
      return property === undefined ? [] : [this.#isAmong(ref, property, claimValues(this.call, claim))]
    })
    return ways.length === 0 ? 'FALSE' : `(${ways.join(' OR ')})`
  }

  #isAmong(ref: TableRef, property: ProductProperty, allowed: readonly string[]): string {
    const column = this.columnType(ref, property)
    const values = allowed.filter((value) => this.dialect.accepts(column, value))
    return values.length === 0 ? 'FALSE' : this.dialect.isIn(column, this.raw(ref, property), this.values.bind(values))
  }
}

const CELL_SIZE = quoteIdentifier('polyseme cell')

/** `WHERE a AND b`, or nothing. */
export function whereClause(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
}

import type { ProductProperty } from '../contract/index.ts'
import { assertNever } from '../errors/index.ts'
import { quoteIdentifier, type ColumnType, type SqlStatement } from '../source/index.ts'
import { MAX_GROUPS, type AggregateRequest, type GroupValue } from './aggregate-request.ts'
import { sumType, type AggregateFunction } from './aggregate-sdl.ts'
import type { ObjectModel } from './domain-model.ts'
import { cellConverter } from './fetched-row.ts'
import { joinBatch, type KeyBatch } from './rows-statement.ts'
import type { AggregateSelection } from './selection.ts'
import { whereClause, type StatementScope, type TableRef } from './statement-scope.ts'
import { bigIntWire } from './scalars.ts'
import { filterConditions, valueNames, whereConditions } from './where-sql.ts'

/** A group as resolvers see it, by the names of the aggregate type's fields. */
export interface AggregateGroup {
  readonly group: Readonly<Record<string, unknown>> | null
  readonly count: number
  readonly [name: string]: unknown
}

export interface AggregateStatement {
  readonly statement: SqlStatement
  readonly read: (cells: readonly unknown[]) => { readonly ordinal: number; readonly group: AggregateGroup }
}

const ORDINAL = quoteIdentifier('polyseme ord')
const OUTER = 'g'

/**
 * Writes the one statement that yields an object's groups, for all parents at once.
 *
 * Inside, the groups are made; outside, they are filtered, sorted and put into the form of the wire.
 */
export function buildAggregateStatement(
  scope: StatementScope,
  selection: AggregateSelection,
  request: AggregateRequest,
  batch: KeyBatch | undefined,
): AggregateStatement {
  const plan = planColumns(scope, selection, request, batch)
  const rank = plan.isMany ? ` , row_number() OVER (PARTITION BY ${OUTER}.${ORDINAL} ORDER BY ${plan.order}) AS rank` : ''
  const shown = [`CAST(${plan.isMany ? `${OUTER}.${ORDINAL}` : '0'} AS DOUBLE PRECISION)`, ...plan.shown]
  const names = shown.map((_column, index) => `o${index}`)
  const select = shown.map((column, index) => `${column} AS ${names[index]}`).join(', ')
  const limit = (request.first ?? MAX_GROUPS) + (request.first === undefined ? 1 : 0)
  const having = whereClause(plan.having)
  const text = plan.isMany
    ? `SELECT ${names.join(', ')} FROM (SELECT ${select}${rank} FROM ${plan.from}${having}) AS r WHERE r.rank <= ${limit} ORDER BY o0, r.rank`
    : `SELECT ${select} FROM ${plan.from}${having} ORDER BY ${plan.order} LIMIT ${limit}`
  return { statement: scope.values.statement(text), read: (cells) => ({ ordinal: Number(cells[0]), group: plan.read(cells) }) }
}

interface ColumnPlan {
  readonly from: string
  readonly isMany: boolean
  readonly shown: readonly string[]
  readonly having: readonly string[]
  readonly order: string
  readonly read: (cells: readonly unknown[]) => AggregateGroup
}

interface ComputedValue {
  readonly name: string
  readonly column: ColumnType
}

function planColumns(scope: StatementScope, selection: AggregateSelection, request: AggregateRequest, batch: KeyBatch | undefined): ColumnPlan {
  const { object } = selection
  const open = scope.openCells(object.object.typeName)
  const joined = joinBatch(scope, open, batch)
  const inner = new InnerColumns(scope, open.ref, request)
  const values = selection.values.map((value) => ({ ...value, computed: inner.value({ kind: 'function', ...value }) }))
  const count = inner.value({ kind: 'count' })
  const having = request.having.flatMap(({ value, filter }) => havingConditions(scope, object, inner, { value, filter }))
  const order = orderText(scope, inner, request)
  const conditions = [...joined.conditions, ...whereConditions(scope, open.ref, request.where)]
  const groupTexts = [...(joined.isMany ? [joined.ordinal] : []), ...inner.groupTexts]
  const groupBy = groupTexts.length === 0 ? '' : ` GROUP BY ${groupTexts.join(', ')}`
  const minimum = object.object.minGroupRows === undefined ? '' : ` HAVING count(*) >= ${object.object.minGroupRows}`
  const ordinal = joined.isMany ? [`${joined.ordinal} AS ${ORDINAL}`] : []
  const grouped = `SELECT ${[...ordinal, ...inner.definitions].join(', ')} FROM ${joined.from}${whereClause(conditions)}${groupBy}${minimum}`
  return {
    from: `(${grouped}) AS ${OUTER}`,
    isMany: joined.isMany,
    shown: [
      `CAST(${count.name} AS DOUBLE PRECISION)`,
      ...inner.groups.map((group) => scope.dialect.wire(group.column, group.name)),
      ...values.map(({ computed }) => scope.dialect.wire(computed.column, computed.name)),
    ],
    having,
    order,
    read: (cells) => readGroup(cells, request, values),
  }
}

/** Columns of the inner statement, each value once. */
class InnerColumns {
  readonly groups: readonly ComputedValue[]
  readonly groupTexts: readonly string[]
  readonly #scope: StatementScope
  readonly #ref: TableRef
  readonly #texts = new Map<string, { readonly text: string; readonly computed: ComputedValue }>()

  constructor(scope: StatementScope, ref: TableRef, request: AggregateRequest) {
    this.#scope = scope
    this.#ref = ref
    this.groupTexts = request.groupBy.map((term) => {
      const text = scope.comparable(ref, term.property)
      return term.bucket === undefined ? text : scope.dialect.bucket(scope.columnType(ref, term.property), text, term.bucket)
    })
    this.groups = request.groupBy.map((term, index) => ({ name: `${OUTER}.k${index}`, column: scope.columnType(ref, term.property) }))
  }

  get definitions(): readonly string[] {
    return [...this.groupTexts.map((text, index) => `${text} AS k${index}`), ...[...this.#texts.values()].map(({ text }, index) => `${text} AS v${index}`)]
  }

  value(value: GroupValue): ComputedValue {
    if (value.kind === 'group') return this.groups[value.index] ?? { name: 'NULL', column: COUNT_TYPE }
    const key = value.kind === 'count' ? 'count' : `${value.name} ${value.property.field}`
    const known = this.#texts.get(key)
    if (known !== undefined) return known.computed
    const text = value.kind === 'count' ? 'count(*)' : functionText(this.#scope, this.#ref, value.name, value.property)
    const column = value.kind === 'count' ? COUNT_TYPE : resultType(this.#scope, this.#ref, value.name, value.property)
    const computed = { name: `${OUTER}.v${this.#texts.size}`, column }
    this.#texts.set(key, { text, computed })
    return computed
  }
}

const COUNT_TYPE: ColumnType = { type: 'integer', list: false, native: 'BIGINT' }
const AVERAGE_TYPE: ColumnType = { type: 'number', list: false, native: 'DOUBLE PRECISION' }

function functionText(scope: StatementScope, ref: TableRef, name: AggregateFunction, property: ProductProperty): string {
  const expression = name === 'sum' || name === 'avg' ? scope.summable(ref, property) : scope.comparable(ref, property)
  switch (name) {
    case 'countDistinct':
      return `count(DISTINCT ${expression})`
    case 'sum':
      return scope.dialect.sum(scope.columnType(ref, property), expression).text
    case 'avg':
      return scope.dialect.avg(scope.columnType(ref, property), expression)
    case 'min':
    case 'max':
      return `${name}(${scope.dialect.orderable(scope.columnType(ref, property), expression)})`
    default:
      return assertNever(name)
  }
}

function resultType(scope: StatementScope, ref: TableRef, name: AggregateFunction, property: ProductProperty): ColumnType {
  const column = scope.columnType(ref, property)
  switch (name) {
    case 'countDistinct':
      return COUNT_TYPE
    case 'sum':
      return scope.dialect.sum(column, '').column
    case 'avg':
      return AVERAGE_TYPE
    case 'min':
    case 'max':
      return column
    default:
      return assertNever(name)
  }
}

function havingConditions(
  scope: StatementScope,
  object: ObjectModel,
  inner: InnerColumns,
  having: AggregateRequest['having'][number],
): string[] {
  const { value, filter } = having
  const { column, name } = inner.value(value)
  const nameOf = value.kind === 'function' ? valueNames(value.property) : (entry: unknown): unknown => entry
  return filterConditions(scope, { column, expression: name, memberExpression: name, nameOf, label: `${object.object.typeName}: having` }, filter)
}

// Groups that are equal in what was asked for come in the order of what they were made by, so that every answer is the same.
function orderText(scope: StatementScope, inner: InnerColumns, request: AggregateRequest): string {
  const asked = request.orderBy.map(({ value, direction }) => {
    const { name, column } = inner.value(value)
    return `${scope.dialect.orderable(column, name)} ${direction} NULLS LAST`
  })
  const ties = inner.groups.map(({ name, column }) => `${scope.dialect.orderable(column, name)} ASC NULLS LAST`)
  return [...asked, ...ties, ...(asked.length + ties.length === 0 ? [inner.value({ kind: 'count' }).name] : [])].join(', ')
}

interface SelectedValue {
  readonly name: AggregateFunction
  readonly property: ProductProperty
}

function readGroup(cells: readonly unknown[], request: AggregateRequest, values: readonly SelectedValue[]): AggregateGroup {
  const groupAt = 2
  const group: Record<string, unknown> = {}
  request.groupBy.forEach(({ property }, index) => {
    group[property.field] = convert(cellConverter(property), cells[groupAt + index])
  })
  const byFunction: Record<string, Record<string, unknown>> = {}
  values.forEach(({ name, property }, index) => {
    const fields = (byFunction[name] ??= {})
    fields[property.field] = convert(resultConverter(name, property), cells[groupAt + request.groupBy.length + index])
  })
  return { ...byFunction, group: request.groupBy.length === 0 ? null : group, count: Number(cells[1]) }
}

function resultConverter(name: AggregateFunction, property: ProductProperty): ((cell: unknown) => unknown) | undefined {
  if (name === 'min' || name === 'max') return cellConverter(property)
  return name === 'sum' && sumType(property.type) === 'bigint' ? (cell) => bigIntWire(String(cell)) : undefined
}

function convert(converter: ((cell: unknown) => unknown) | undefined, cell: unknown): unknown {
  return cell === null || cell === undefined || converter === undefined ? (cell ?? null) : converter(cell)
}

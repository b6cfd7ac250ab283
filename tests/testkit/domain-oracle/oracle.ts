import type { ProductObject, ProductProperty, ProductRelationship } from '@polyseme/kit/contract'
import { bigIntWire, compareCells, decimalNumber, decimalText, floorDivide, isNumericId, microsOf, poolOf, toWire, type Cell } from './cell.ts'
import type { OracleRow, RandomDomain } from './random-domain.ts'

export type Where = Readonly<Record<string, unknown>>

/** Who asks: zones that a row filter lets through; undefined: exempt from it. */
export interface OracleCaller {
  readonly zones: readonly string[] | undefined
  /** What a policy leaves of the rows of these types: those of these zones. */
  readonly restricted?: { readonly types: readonly string[]; readonly zones: readonly string[] }
}

/**
 * Answers what a domain's subgraph answers, in the plainest way: loops over all rows.
 *
 * Written from the documentation of the graph, not from the code that it checks.
 */
export class Oracle {
  readonly #domain: RandomDomain
  readonly #caller: OracleCaller

  constructor(domain: RandomDomain, caller: OracleCaller) {
    this.#domain = domain
    this.#caller = caller
  }

  object(typeName: string): ProductObject {
    const found = this.#domain.product.objects.find((object) => object.typeName === typeName)
    if (found === undefined) throw new TypeError(typeName)
    return found
  }

  /** Rows that the caller may see; a value that an enum does not list is absent. */
  visible(object: ProductObject): readonly OracleRow[] {
    const rows = this.#domain.rows.get(object.typeName) ?? []
    const { zones, restricted } = this.#caller
    const isRestricted = restricted?.types.includes(object.typeName) === true
    const isIn = (row: OracleRow, allowed: readonly string[]): boolean => typeof row['zoneName'] === 'string' && allowed.includes(row['zoneName'])
    const isFiltered = object.rowFilters.length > 0 && zones !== undefined
    return rows.filter((row) => (!isFiltered || isIn(row, zones)) && (!isRestricted || isIn(row, restricted.zones))).map((row) => withoutUnlisted(object, row))
  }

  select(object: ProductObject, where: Where, orderBy: readonly Record<string, string>[]): readonly OracleRow[] {
    return sortRows(object, this.visible(object).filter((row) => this.matches(object, row, where)), orderBy)
  }

  related(relationship: ProductRelationship, row: OracleRow): readonly OracleRow[] {
    const to = this.object(relationship.toType)
    return this.visible(to).filter((other) => relationship.on.every((pair) => isPresentAndEqual(row[pair.from], other[pair.to])))
  }

  matches(object: ProductObject, row: OracleRow, where: Where): boolean {
    return Object.entries(where).every(([name, value]) => this.#memberMatches(object, row, name, value))
  }

  #memberMatches(object: ProductObject, row: OracleRow, name: string, value: unknown): boolean {
    if (name === 'and') return (value as Where[]).every((part) => this.matches(object, row, part))
    if (name === 'or') return (value as Where[]).some((part) => this.matches(object, row, part))
    if (name === 'not') return !this.matches(object, row, value as Where)
    const relationship = object.relationships.find((entry) => entry.field === name)
    if (relationship !== undefined) return this.#relationshipMatches(relationship, row, value as Where)
    const property = object.properties.find((entry) => entry.field === name)
    if (property === undefined) throw new TypeError(name)
    return Object.entries(value as Where).every(([operator, operand]) => compareWith(property, row[name] ?? null, operator, operand))
  }

  #relationshipMatches(relationship: ProductRelationship, row: OracleRow, value: Where): boolean {
    const to = this.object(relationship.toType)
    const others = this.related(relationship, row)
    if (relationship.cardinality === 'one') return others.some((other) => this.matches(to, other, value))
    return Object.entries(value).every(([quantifier, where]) => {
      if (quantifier === 'some') return others.some((other) => this.matches(to, other, where as Where))
      if (quantifier === 'none') return !others.some((other) => this.matches(to, other, where as Where))
      return others.every((other) => this.matches(to, other, where as Where))
    })
  }

  wireRow(object: ProductObject, row: OracleRow): Record<string, unknown> {
    return Object.fromEntries(object.properties.map((property) => [property.field, toWire(property, row[property.field] ?? null)]))
  }
}

function withoutUnlisted(object: ProductObject, row: OracleRow): OracleRow {
  const enums = object.properties.filter((property) => property.type === 'enum')
  const cleaned = enums.map((property) => [property.field, property.values?.some((entry) => entry.value === row[property.field]) === true ? row[property.field] : null] as const)
  return { ...row, ...Object.fromEntries(cleaned) } as OracleRow
}

function isPresentAndEqual(a: Cell | undefined, b: Cell | undefined): boolean {
  return a !== null && a !== undefined && a === b
}

export function sortRows(object: ProductObject, rows: readonly OracleRow[], orderBy: readonly Record<string, string>[]): readonly OracleRow[] {
  const asked = orderBy.flatMap((entry) => Object.entries(entry))
  const ties = object.keys[0] ?? object.properties.filter((property) => !property.list && property.type !== 'json').map((property) => property.field)
  const terms = [...asked, ...ties.map((field) => [field, 'ASC'] as const)]
  return [...rows].sort((a, b) => {
    for (const [field, direction] of terms) {
      const difference = compareNullsLast(a[field] ?? null, b[field] ?? null, direction)
      if (difference !== 0) return difference
    }
    return 0
  })
}

export function compareNullsLast(a: Cell, b: Cell, direction: string): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return direction === 'ASC' ? compareCells(a, b) : compareCells(b, a)
}

/** From the value in a `where` to a cell. */
export function fromWire(property: ProductProperty, value: unknown): Cell {
  if (value === null) return null
  if (property.type === 'enum') return property.values?.find((entry) => entry.name === value)?.value ?? null
  if (typeof value !== 'string' && typeof value !== 'number') return value as Cell
  if (property.type === 'integer' || property.type === 'bigint' || isNumericId(property)) return BigInt(value)
  if (property.type === 'decimal') return decimalCell(String(value))
  return property.type === 'timestamp' ? microsOf(String(value)) : value
}

function decimalCell(text: string): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.')
  const magnitude = BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0'))
  return text.startsWith('-') ? -magnitude : magnitude
}

export function compareWith(property: ProductProperty, cell: Cell, operator: string, operand: unknown): boolean {
  const list = (): Cell[] => (operand as unknown[]).map((item) => fromWire(property, item))
  if (operator === 'isNull') return (cell === null) === operand
  if (property.list) return Array.isArray(cell) && listMatches(property, cell, operator, operand)
  if (operator === 'eq') return operand === null ? cell === null : cell !== null && cell === fromWire(property, operand)
  if (operator === 'ne') return !compareWith(property, cell, 'eq', operand)
  if (operator === 'in') return cell !== null && list().includes(cell)
  if (operator === 'nin') return !compareWith(property, cell, 'in', operand)
  if (cell === null) return false
  switch (operator) {
    case 'lt':
      return compareCells(cell, fromWire(property, operand)) < 0
    case 'lte':
      return compareCells(cell, fromWire(property, operand)) <= 0
    case 'gt':
      return compareCells(cell, fromWire(property, operand)) > 0
    case 'gte':
      return compareCells(cell, fromWire(property, operand)) >= 0
    case 'between': {
      const [from = null, to = null] = list()
      return compareCells(cell, from) >= 0 && compareCells(cell, to) <= 0
    }
    case 'contains':
      return typeof cell === 'string' && cell.includes(String(operand))
    case 'startsWith':
      return typeof cell === 'string' && cell.startsWith(String(operand))
    default:
      throw new TypeError(operator)
  }
}

function listMatches(property: ProductProperty, cells: readonly Cell[], operator: string, operand: unknown): boolean {
  const elements = (): Cell[] => (operand as unknown[]).map((item) => fromWire(property, item))
  switch (operator) {
    case 'has':
      return cells.includes(fromWire(property, operand))
    case 'hasAny':
      return elements().some((element) => cells.includes(element))
    case 'hasAll':
      return elements().every((element) => cells.includes(element))
    case 'isEmpty':
      return (cells.length === 0) === operand
    default:
      throw new TypeError(operator)
  }
}

function textOf(cell: Cell): string {
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}

export interface AggregateAsk {
  readonly where: Where
  readonly groupBy: readonly { readonly field: string; readonly bucket?: string }[]
  readonly having: { readonly count?: Where; readonly sum?: Readonly<Record<string, Where>>; readonly max?: Readonly<Record<string, Where>> }
  readonly orderBy: readonly Readonly<Record<string, unknown>>[]
  readonly first?: number
}

/** Groups of rows, each with every function over every property that has it. */
export function aggregate(object: ProductObject, rows: readonly OracleRow[], ask: AggregateAsk): unknown[] {
  const groups = new Map<string, { readonly keys: readonly Cell[]; readonly rows: OracleRow[] }>()
  for (const row of rows) {
    const keys = ask.groupBy.map(({ field, bucket }) => bucketCell(getProperty(object, field), row[field] ?? null, bucket))
    const name = keys.map((key) => `${typeof key}:${textOf(key)}`).join('|')
    const group = groups.get(name) ?? { keys, rows: [] }
    groups.set(name, group)
    group.rows.push(row)
  }
  if (ask.groupBy.length === 0 && groups.size === 0) groups.set('', { keys: [], rows: [] })
  const kept = [...groups.values()].filter((group) => hasHaving(object, group.rows, ask.having))
  kept.sort((a, b) => compareGroups(object, a, b, ask))
  return kept.slice(0, ask.first ?? kept.length).map((group) => ({
    group: ask.groupBy.length === 0 ? null : Object.fromEntries(ask.groupBy.map(({ field }, index) => [field, toWire(getProperty(object, field), group.keys[index] ?? null)])),
    count: group.rows.length,
    ...functionsOf(object, group.rows),
  }))
}

function getProperty(object: ProductObject, field: string): ProductProperty {
  const found = object.properties.find((entry) => entry.field === field)
  if (found === undefined) throw new TypeError(field)
  return found
}

interface OracleGroup {
  readonly keys: readonly Cell[]
  readonly rows: readonly OracleRow[]
}

function compareGroups(object: ProductObject, a: OracleGroup, b: OracleGroup, ask: AggregateAsk): number {
  for (const entry of ask.orderBy) {
    const [name = '', inner] = Object.entries(entry)[0] ?? []
    const [field = '', direction] = name === 'count' ? ['', String(inner)] : (Object.entries(inner as Record<string, string>)[0] ?? [])
    const value = (group: OracleGroup): Cell => {
      if (name === 'count') return BigInt(group.rows.length)
      if (name === 'group') return group.keys[ask.groupBy.findIndex((term) => term.field === field)] ?? null
      return rawFunction(getProperty(object, field), name, group.rows)
    }
    const difference = compareNullsLast(value(a), value(b), String(direction))
    if (difference !== 0) return difference
  }
  for (let index = 0; index < a.keys.length; index += 1) {
    const difference = compareNullsLast(a.keys[index] ?? null, b.keys[index] ?? null, 'ASC')
    if (difference !== 0) return difference
  }
  return 0
}

function hasHaving(object: ProductObject, rows: readonly OracleRow[], having: AggregateAsk['having']): boolean {
  const counts = Object.entries(having.count ?? {}).every(([operator, operand]) => compareWith(COUNT, BigInt(rows.length), operator, operand))
  const values = (['sum', 'max'] as const).every((name) =>
    Object.entries(having[name] ?? {}).every(([field, filter]) => {
      const property = getProperty(object, field)
      const type = name === 'sum' ? sumProperty(property) : property
      return Object.entries(filter).every(([operator, operand]) => compareWith(type, rawFunction(property, name, rows), operator, operand))
    }),
  )
  return counts && values
}

const COUNT = { type: 'integer', list: false } as ProductProperty

function sumProperty(property: ProductProperty): ProductProperty {
  return property.type === 'integer' ? { ...property, type: 'bigint' } : property
}

function rawFunction(property: ProductProperty, name: string, rows: readonly OracleRow[]): Cell {
  const cells = rows.map((row) => row[property.field] ?? null).filter((cell) => cell !== null)
  if (name === 'countDistinct') return BigInt(new Set(cells).size)
  if (cells.length === 0) return null
  if (name === 'min' || name === 'max') return [...cells].sort(compareCells).at(name === 'min' ? 0 : -1) ?? null
  const sum = cells.reduce((total, cell) => (typeof total === 'bigint' ? total + (cell as bigint) : Number(total) + Number(cell)), property.type === 'number' ? 0 : 0n)
  if (name === 'sum') return sum
  const total = property.type === 'decimal' ? decimalNumber(sum as bigint) : Number(sum)
  return total / cells.length
}

function functionsOf(object: ProductObject, rows: readonly OracleRow[]): Record<string, Record<string, unknown>> {
  const result: Record<string, Record<string, unknown>> = {}
  for (const [name, properties] of functionTable(object)) {
    result[name] = Object.fromEntries(properties.map((property) => [property.field, functionWire(property, name, rawFunction(property, name, rows))]))
  }
  return result
}

/** Which functions exist over which properties. */
export function functionTable(object: ProductObject): readonly (readonly [string, readonly ProductProperty[]])[] {
  const comparable = object.properties.filter((property) => !property.list && property.type !== 'json')
  const summable = comparable.filter((property) => ['integer', 'bigint', 'decimal', 'number'].includes(property.type))
  const extreme = comparable.filter((property) => !['boolean', 'enum', 'id'].includes(property.type))
  const table = [['countDistinct', comparable], ['sum', summable], ['avg', summable], ['min', extreme], ['max', extreme]] as const
  return table.filter(([, properties]) => properties.length > 0)
}

function functionWire(property: ProductProperty, name: string, cell: Cell): unknown {
  if (cell === null) return null
  if (name === 'countDistinct') return Number(cell)
  if (name === 'avg') return Number(Number(cell).toPrecision(9))
  if (name === 'sum' && typeof cell === 'bigint') return property.type === 'decimal' ? decimalText(cell) : bigIntWire(cell)
  return toWire(property, cell)
}

function bucketCell(property: ProductProperty, cell: Cell, bucket: string | undefined): Cell {
  if (bucket === undefined || cell === null) return cell
  const isDate = property.type === 'date'
  const micros = isDate ? microsOf(`${textOf(cell)}T00:00:00Z`) : (cell as bigint)
  const start = bucketStart(micros, bucket)
  return isDate ? new Date(Number(start / 1_000n)).toISOString().slice(0, 10) : start
}

const DAY = 86_400_000_000n

function bucketStart(micros: bigint, bucket: string): bigint {
  const unit = { MINUTE: 60_000_000n, HOUR: 3_600_000_000n, DAY }[bucket]
  if (unit !== undefined) return floorDivide(micros, unit) * unit
  const day = floorDivide(micros, DAY)
  // 1970-01-01 was a Thursday; weeks begin on Monday.
  if (bucket === 'WEEK') return (floorDivide(day + 3n, 7n) * 7n - 3n) * DAY
  const date = new Date(Number(floorDivide(micros, 1_000n)))
  const month = bucket === 'YEAR' ? 0 : bucket === 'QUARTER' ? Math.floor(date.getUTCMonth() / 3) * 3 : date.getUTCMonth()
  return BigInt(Date.UTC(date.getUTCFullYear(), month, 1)) * 1_000n
}

/** Values that are worth comparing with a property: those that occur, as they are written in a query. */
export function operandsOf(property: ProductProperty): readonly unknown[] {
  return poolOf(property).map((cell) => toWire(property, cell))
}

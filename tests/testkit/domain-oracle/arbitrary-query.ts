import * as fc from 'fast-check'
import type { DataProduct, ProductObject, ProductProperty } from '@polyseme/kit/contract'
import { functionTable, operandsOf, type AggregateAsk, type Where } from './oracle.ts'
import { ZONES } from './random-domain.ts'

/** `where` arguments of an object, through its relationships down to `depth`. */
export function whereArbitrary(product: DataProduct, object: ProductObject, depth = 2): fc.Arbitrary<Where> {
  const leaf = fc.constantFrom(...object.properties).chain((property) => filterArbitrary(property).map((filter): Where => ({ [property.field]: filter })))
  if (depth === 0) return fc.oneof({ weight: 1, arbitrary: fc.constant({}) }, { weight: 6, arbitrary: leaf })
  const inner = whereArbitrary(product, object, depth - 1)
  const branches: fc.Arbitrary<Where>[] = [
    fc.array(inner, { maxLength: 3 }).map((and) => ({ and })),
    fc.array(inner, { maxLength: 3 }).map((or) => ({ or })),
    inner.map((not) => ({ not })),
    ...object.relationships.map((relationship) => {
      const to = product.objects.find((candidate) => candidate.typeName === relationship.toType) ?? object
      const where = whereArbitrary(product, to, depth - 1)
      if (relationship.cardinality === 'one') return where.map((condition) => ({ [relationship.field]: condition }))
      return fc.tuple(fc.constantFrom('some', 'none', 'every'), where).map(([quantifier, condition]) => ({ [relationship.field]: { [quantifier]: condition } }))
    }),
  ]
  return fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 6, arbitrary: leaf }, ...branches.map((arbitrary) => ({ weight: 1, arbitrary })))
}

function filterArbitrary(property: ProductProperty): fc.Arbitrary<Where> {
  const presence = fc.boolean().map((isNull): Where => ({ isNull }))
  if (property.type === 'json') return presence
  if (property.list) return listFilterArbitrary(property, presence)
  const value = fc.constantFrom(...operandsOf(property), ...(property.field === 'zoneName' ? ZONES : []))
  const operators: fc.Arbitrary<Where>[] = [
    value.map((eq) => ({ eq })),
    value.map((ne) => ({ ne })),
    fc.constantFrom<Where>({ eq: null }, { ne: null }, {}),
    fc.array(value, { maxLength: 4 }).map((list) => ({ in: list })),
    fc.array(value, { maxLength: 4 }).map((nin) => ({ nin })),
    presence,
  ]
  if (!['boolean', 'enum', 'id'].includes(property.type)) {
    operators.push(
      value.map((lt) => ({ lt })),
      value.map((gte) => ({ gte })),
      fc.tuple(value, value).map(([gt, lte]) => ({ gt, lte })),
      fc.tuple(value, value).map((between) => ({ between })),
    )
  }
  if (property.type === 'string') operators.push(value.map((contains) => ({ contains })), fc.constantFrom('', 'a', '%', "'", '😀').map((startsWith) => ({ startsWith })))
  return fc.oneof(...operators)
}

function listFilterArbitrary(property: ProductProperty, presence: fc.Arbitrary<Where>): fc.Arbitrary<Where> {
  const value = fc.constantFrom(...operandsOf({ ...property, list: false }))
  const some = fc.array(value, { maxLength: 3 })
  return fc.oneof(
    value.map((has) => ({ has })),
    some.map((hasAny) => ({ hasAny })),
    some.map((hasAll) => ({ hasAll })),
    fc.boolean().map((isEmpty) => ({ isEmpty })),
    fc.tuple(value, value).map(([has, second]) => ({ has, hasAll: [second], isNull: false })),
    presence,
  )
}

export function orderArbitrary(object: ProductObject): fc.Arbitrary<readonly Record<string, string>[]> {
  const term = fc.tuple(fc.constantFrom(...comparable(object)), fc.constantFrom('ASC', 'DESC')).map(([property, direction]) => ({ [property.field]: direction }))
  return fc.array(term, { maxLength: 3 })
}

function comparable(object: ProductObject): readonly ProductProperty[] {
  return object.properties.filter((property) => !property.list && property.type !== 'json')
}

const BUCKETS = ['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'] as const

/** Arguments of an aggregate field. */
export function aggregateArbitrary(product: DataProduct, object: ProductObject): fc.Arbitrary<AggregateAsk> {
  const groupable = comparable(object).filter((property) => property.type !== 'number')
  const groupTerm = fc.constantFrom(...groupable).chain((property) => {
    const buckets = property.type === 'timestamp' ? BUCKETS : property.type === 'date' ? BUCKETS.slice(2) : []
    return fc.constantFrom(undefined, ...buckets).map((bucket) => (bucket === undefined ? { field: property.field } : { field: property.field, bucket }))
  })
  return fc
    .record({
      where: whereArbitrary(product, object, 1),
      groupBy: fc.uniqueArray(groupTerm, { maxLength: 2, selector: (term) => term.field }),
      having: havingArbitrary(object),
      first: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
    })
    .chain((ask) => aggregateOrderArbitrary(object, ask.groupBy.map((term) => term.field)).map((orderBy): AggregateAsk => {
      const { first, ...rest } = ask
      return { ...rest, orderBy, ...(first === undefined ? {} : { first }) }
    }))
}

function havingArbitrary(object: ProductObject): fc.Arbitrary<AggregateAsk['having']> {
  const table = new Map(functionTable(object))
  const filter = (property: ProductProperty): fc.Arbitrary<Where> => fc.constantFrom(...operandsOf(property)).chain((value) => fc.constantFrom<Where>({ gte: value }, { ne: value }, { isNull: false }))
  const options: fc.Arbitrary<AggregateAsk['having']>[] = [fc.constant({}), fc.constant({}), fc.integer({ min: 0, max: 4 }).map((gte) => ({ count: { gte } }))]
  const sums = (table.get('sum') ?? []).filter((property) => property.type !== 'number')
  if (sums.length > 0) options.push(fc.constantFrom(...sums).chain((property) => filter(property).map((condition) => ({ sum: { [property.field]: condition } }))))
  const extremes = table.get('max') ?? []
  if (extremes.length > 0) options.push(fc.constantFrom(...extremes).chain((property) => filter(property).map((condition) => ({ max: { [property.field]: condition } }))))
  return fc.oneof(...options)
}

function aggregateOrderArbitrary(object: ProductObject, groups: readonly string[]): fc.Arbitrary<readonly Record<string, unknown>[]> {
  const direction = fc.constantFrom('ASC', 'DESC')
  const options: fc.Arbitrary<readonly Record<string, unknown>[]>[] = [fc.constant([]), direction.map((value) => [{ count: value }])]
  if (groups.length > 0) options.push(fc.tuple(fc.constantFrom(...groups), direction).map(([field, value]) => [{ group: { [field]: value } }]))
  for (const [name, properties] of functionTable(object)) {
    // Means are compared by their rounded value, so they do not decide an order here.
    if (name === 'avg') continue
    options.push(fc.tuple(fc.constantFrom(...properties), direction).map(([property, value]) => [{ [name]: { [property.field]: value } }]))
  }
  return fc.oneof(...options)
}

import * as fc from 'fast-check'
import type { DataProduct, ProductProperty, ProductRelationship, PropertyType, RowFilter } from '@polyseme/kit/contract'
import { dataProduct, productObject, property } from '../product-fixtures.ts'
import { cellArbitrary, type Cell } from './cell.ts'

/** One row by field name. */
export type OracleRow = Readonly<Record<string, Cell>>

/** A domain made up at random, with its rows by type name. */
export interface RandomDomain {
  readonly product: DataProduct
  readonly rows: ReadonlyMap<string, readonly OracleRow[]>
}

const TYPES: readonly PropertyType[] = ['string', 'boolean', 'integer', 'bigint', 'decimal', 'number', 'date', 'timestamp', 'time', 'id', 'enum', 'json']
const KEY_TYPES: readonly PropertyType[] = ['string', 'integer', 'bigint', 'id']
const ENUM_VALUES = [{ name: 'OPEN', value: 'open' }, { name: 'CLOSED', value: 'is closed' }, { name: 'LOST', value: "l'ost" }]

/**
 * Three objects: a Parent, its Children (composite or single key, whose parent may be absent or dangling), and Notes on
 * children, which have no key at all. One of them may have a row filter.
 */
export const randomDomainArbitrary: fc.Arbitrary<RandomDomain> = fc
  .record({
    parentKey: fc.constantFrom(...KEY_TYPES),
    childKey: fc.constantFrom('single' as const, 'composite' as const),
    parent: fc.array(propertyArbitrary(), { minLength: 2, maxLength: 6 }),
    child: fc.array(propertyArbitrary(), { minLength: 2, maxLength: 6 }),
    note: fc.array(propertyArbitrary(), { minLength: 1, maxLength: 4 }),
    filtered: fc.constantFrom('none' as const, 'parent' as const, 'child' as const),
    seed: fc.integer(),
    sizes: fc.tuple(fc.integer({ min: 0, max: 18 }), fc.integer({ min: 0, max: 36 }), fc.integer({ min: 0, max: 40 })),
  })
  .chain((shape) => {
    const product = buildProduct(shape)
    return rowsArbitrary(product, shape.sizes).map((rows) => ({ product, rows }))
  })

interface DomainShape {
  readonly parentKey: PropertyType
  readonly childKey: 'single' | 'composite'
  readonly parent: readonly Omit<ProductProperty, 'name' | 'field' | 'physicalName'>[]
  readonly child: readonly Omit<ProductProperty, 'name' | 'field' | 'physicalName'>[]
  readonly note: readonly Omit<ProductProperty, 'name' | 'field' | 'physicalName'>[]
  readonly filtered: 'none' | 'parent' | 'child'
}

function propertyArbitrary(): fc.Arbitrary<Omit<ProductProperty, 'name' | 'field' | 'physicalName'>> {
  return fc.record({ type: fc.constantFrom(...TYPES), list: fc.constantFrom(false, false, false, false, true), alternative: fc.boolean() }).map(({ type, list, alternative }) => ({
    type,
    list: list && type !== 'json' && type !== 'enum',
    required: false,
    unique: false,
    readScopes: [],
    examples: [],
    ...(alternative && !list ? { description: 'alternative' } : {}),
    ...(type === 'enum' ? { values: ENUM_VALUES } : {}),
  }))
}

function buildProduct(shape: DomainShape): DataProduct {
  const zone = property('zone_name', 'string')
  const own = (list: DomainShape['parent'], letter: string): ProductProperty[] => list.map((entry, index) => ({ ...entry, ...named(`${letter}_${index + 1}`) }))
  const parentKey = property('parent_id', shape.parentKey, { required: true })
  const parentRef = property('parent_ref', shape.parentKey)
  const line = property('line_no', 'integer', { required: true })
  const childKeys = shape.childKey === 'single' ? [['childId']] : [['childId', 'lineNo']]
  const childId = property('child_id', 'bigint', { required: true })
  const childOn = [{ from: 'childId', to: 'childRef' }, ...(shape.childKey === 'single' ? [] : [{ from: 'lineNo', to: 'lineRef' }])]
  return dataProduct('lab', 'things', [
    productObject('lab', 'Parent', [parentKey, zone, ...own(shape.parent, 'p')], {
      keys: [['parentId']],
      relationships: [many('children', 'LabChild', [{ from: 'parentId', to: 'parentRef' }])],
      rowFilters: filters(shape.filtered === 'parent'),
      page: { defaultRows: 7, maxRows: 50 },
    }),
    productObject('lab', 'Child', [childId, line, parentRef, zone, ...own(shape.child, 'c')], {
      fields: { list: 'children', byKey: 'childByKey', aggregate: 'childrenAggregate' },
      keys: childKeys,
      relationships: [one('parent', 'LabParent', [{ from: 'parentRef', to: 'parentId' }]), many('notes', 'LabNote', childOn)],
      rowFilters: filters(shape.filtered === 'child'),
      page: { defaultRows: 7, maxRows: 50 },
    }),
    productObject('lab', 'Note', [property('child_ref', 'bigint'), property('line_ref', 'integer'), ...own(shape.note, 'n')], {
      relationships: [one('child', 'LabChild', childOn.map(({ from, to }) => ({ from: to, to: from })))],
      page: { defaultRows: 7, maxRows: 50 },
    }),
  ])
}

function named(name: string): Pick<ProductProperty, 'name' | 'field' | 'physicalName'> {
  // A column name that needs quoting, so that an unquoted one is found out.
  return { name, field: name.replace('_', ''), physicalName: `${name} "col"` }
}

function filters(isFiltered: boolean): readonly RowFilter[] {
  return isFiltered ? [{ field: 'zoneName', claim: 'zones', unlessScopes: ['lab:all'] }] : []
}

function one(field: string, toType: string, on: ProductRelationship['on']): ProductRelationship {
  return { field, cardinality: 'one', toType, on }
}

function many(field: string, toType: string, on: ProductRelationship['on']): ProductRelationship {
  return { field, cardinality: 'many', toType, on }
}

/** Zones that rows lie in and callers may see. */
export const ZONES = ['north', 'south', 'it\'s "east"'] as const

function rowsArbitrary(product: DataProduct, sizes: readonly number[]): fc.Arbitrary<ReadonlyMap<string, readonly OracleRow[]>> {
  const lists = product.objects.map((object, index) => {
    const fixed = new Set(['parentId', 'childId', 'lineNo', 'zoneName', 'parentRef', 'childRef', 'lineRef'])
    const cells = object.properties.filter((entry) => !fixed.has(entry.field)).map((entry) => [entry.field, cellArbitrary(entry)] as const)
    const free = fc.record({ ...Object.fromEntries(cells), zoneName: fc.constantFrom(...ZONES, null), at: fc.nat(30) })
    return fc.array(free, { minLength: sizes[index] ?? 0, maxLength: sizes[index] ?? 0 })
  })
  return fc.tuple(...lists).map((drawn) => new Map(product.objects.map((object, index) => [object.typeName, (drawn[index] ?? []).map((row, place) => complete(product, object.name, row, place))])))
}

// Keys count up, so they are unique; references point to some key, to none, or to one that no row has.
function complete(product: DataProduct, name: string, row: Record<string, Cell>, place: number): OracleRow {
  const { at, ...rest } = row
  const target = Number(at)
  const parentType = product.objects[0]?.properties[0]?.type ?? 'integer'
  const single = product.objects[1]?.keys[0]?.length === 1
  if (name === 'Parent') return { ...rest, parentId: keyCell(parentType, place) }
  if (name === 'Child') {
    return {
      ...rest,
      childId: BigInt(single ? place : Math.floor(place / 3)),
      lineNo: BigInt(place % 3),
      parentRef: target > 25 ? null : keyCell(parentType, target % 20),
    }
  }
  const { zoneName: _zoneName, ...note } = rest
  return { ...note, childRef: target > 27 ? null : BigInt(target % (single ? 30 : 10)), lineRef: target % 7 === 0 ? null : BigInt(target % 3) }
}

function keyCell(type: PropertyType, place: number): Cell {
  if (type === 'string') return ['', "k'", 'ö', '%', '😀'][place % 5] + String(place)
  if (type === 'id') return String(place * 11)
  return type === 'bigint' ? BigInt(place) * 500_000_000_000_000_003n - 9_000_000_000_000_000_000n : BigInt(place * 3 - 10)
}

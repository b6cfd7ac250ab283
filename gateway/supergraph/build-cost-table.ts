import { baseType, isInputObjectType, isInterfaceType, isObjectType } from '@apollo/federation-internals'
import type { FieldDefinition, InterfaceType, ObjectType, Schema } from '@apollo/federation-internals'
import type { ProductObject } from '@polyseme/kit/contract'
import type { CostTable, ListSize } from './cost-table.ts'
import type { SubgraphDefinition } from './supergraph.ts'

interface Applied {
  appliedDirectivesOf(name: string): readonly { arguments(): Readonly<Record<string, unknown>> }[]
}

/**
 * Reads `@cost` and `@listSize` from a composed schema, renamed imports resolved. A field that returns a connection
 * and says nothing itself has the page size that its product's contract gives, and a connection of no known product
 * (`first`, `last`, `edges`, `nodes`) has its arguments.
 */
export function buildCostTable(schema: Schema, subgraphs: readonly SubgraphDefinition[]): CostTable {
  const feature = schema.coreFeatures?.getByIdentity('https://specs.apollo.dev/cost')
  const costName = feature?.directiveNameInSchema('cost')
  const listSizeName = feature?.directiveNameInSchema('listSize')
  const pages = pagesByConnection(subgraphs)
  const weights = new Map<string, number>()
  const listSizes = new Map<string, ListSize>()
  const weigh = (coordinate: string, element: Applied): void => {
    const weight = costName === undefined ? undefined : element.appliedDirectivesOf(costName)[0]?.arguments()['weight']
    if (typeof weight === 'number') weights.set(coordinate, weight)
  }
  for (const type of schema.types()) {
    weigh(type.name, type)
    if (isInputObjectType(type)) for (const field of type.fields()) weigh(`${type.name}.${field.name}`, field)
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of type.fields()) {
      const coordinate = `${type.name}.${field.name}`
      weigh(coordinate, field)
      for (const argument of field.arguments()) weigh(`${coordinate}(${argument.name}:)`, argument)
      const declared = listSizeName === undefined ? undefined : (field as Applied).appliedDirectivesOf(listSizeName)[0]
      const size = declared === undefined ? connectionSize(field, pages) : parseListSize(declared.arguments())
      if (size !== undefined) listSizes.set(coordinate, size)
    }
  }
  return { weights, listSizes }
}

function parseListSize(given: Readonly<Record<string, unknown>>): ListSize {
  const { assumedSize, slicingArguments, sizedFields, requireOneSlicingArgument } = given
  const slicing = namesOf(slicingArguments)
  return {
    ...(typeof assumedSize === 'number' ? { assumedSize } : {}),
    slicingArguments: slicing,
    sizedFields: namesOf(sizedFields),
    requireOneSlicingArgument: slicing.length > 0 && requireOneSlicingArgument !== false,
  }
}

function namesOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((name): name is string => typeof name === 'string')
}

function connectionSize(field: FieldDefinition<ObjectType> | FieldDefinition<InterfaceType>, pages: ReadonlyMap<string, ProductObject['page']>): ListSize | undefined {
  const slicingArguments = field.arguments().map(({ name }) => name).filter((name) => name === 'first' || name === 'last')
  if (slicingArguments.length === 0) return undefined
  const page = field.type === undefined ? undefined : pages.get(baseType(field.type).name)
  return { ...(page === undefined ? {} : { assumedSize: page.defaultRows }), slicingArguments, sizedFields: ['edges', 'nodes'], requireOneSlicingArgument: false }
}

function pagesByConnection(subgraphs: readonly SubgraphDefinition[]): ReadonlyMap<string, ProductObject['page']> {
  return new Map(subgraphs.flatMap(({ products }) => products).flatMap(({ objects }) => objects).map((object) => [`${object.typeName}Connection`, object.page]))
}

import { getNamedType, getNullableType, isAbstractType, isCompositeType, isListType, Kind, type FieldNode, type GraphQLObjectType, type SelectionSetNode } from 'graphql'
import { describe, expect, it } from 'vitest'
import { DEFAULT_OPERATION_LIMITS, estimateCost, OperationErrors, parseOperation, type ParsedOperation } from '../../../gateway/operation/index.ts'
import type { ListSize, Supergraph } from '../../../gateway/supergraph/index.ts'
import { randomModel } from '../../access/differential/random-graph.ts'
import { randomQuery } from '../../access/differential/random-query.ts'
import { composeGraph } from '../../testkit/access-graph.ts'
import { Random } from '../../testkit/random.ts'

const GRAPHS = Number(process.env['COST_FUZZ_GRAPHS'] ?? 25)
const QUERIES = 60

/** The same graph with costs of its own on types and fields. */
function withCosts(graph: Supergraph, random: Random): Supergraph {
  const weights = new Map<string, number>()
  const listSizes = new Map<string, ListSize>()
  for (const type of Object.values(graph.apiSchema.getTypeMap())) {
    if (type.name.startsWith('__')) continue
    if (random.chance(0.3)) weights.set(type.name, random.between(-1, 5))
    if (!isCompositeType(type) || !('getFields' in type)) continue
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`
      if (random.chance(0.2)) weights.set(coordinate, random.between(-1, 7))
      const below = getNamedType(field.type)
      const lists = 'getFields' in below ? Object.values(below.getFields()).filter((inner) => isListType(getNullableType(inner.type))).map(({ name }) => name) : []
      if (isListType(getNullableType(field.type)) && random.chance(0.4)) listSizes.set(coordinate, { assumedSize: random.between(0, 4), slicingArguments: [], sizedFields: [], requireOneSlicingArgument: false })
      else if (lists.length > 0 && random.chance(0.4)) listSizes.set(coordinate, { assumedSize: random.between(0, 4), slicingArguments: [], sizedFields: random.some(lists, 0.7), requireOneSlicingArgument: false })
    }
  }
  return { ...graph, costs: { weights, listSizes } }
}

/** The specification word by word: every possible type by itself, everything spread out, nothing kept. */
class NaiveCost {
  readonly #graph: Supergraph
  readonly #operation: ParsedOperation

  constructor(graph: Supergraph, operation: ParsedOperation) {
    this.#graph = graph
    this.#operation = operation
  }

  total(): number {
    const root = this.#graph.apiSchema.getQueryType()
    return root === undefined || root === null ? Number.NaN : this.#ofObject([this.#operation.operation.selectionSet], root, () => undefined)
  }

  #ofObject(sets: readonly SelectionSetNode[], type: GraphQLObjectType, sizeOf: (field: string) => number | undefined): number {
    const asked = Map.groupBy(sets.flatMap((set) => this.#fields(set, type)), (node) => (node.alias ?? node.name).value)
    return [...asked.values()].reduce((sum, nodes) => sum + this.#ofField(nodes, type, sizeOf), 0)
  }

  #ofField(nodes: readonly FieldNode[], type: GraphQLObjectType, sizeOf: (field: string) => number | undefined): number {
    const name = nodes[0]?.name.value ?? ''
    const field = type.getFields()[name]
    if (field === undefined) return 0
    const { weights, listSizes } = this.#graph.costs
    const size = listSizes.get(`${type.name}.${name}`)
    const named = getNamedType(field.type)
    const own = weights.get(`${type.name}.${name}`) ?? (isCompositeType(named) ? undefined : (weights.get(named.name) ?? 0))
    const sized = size?.assumedSize ?? 10
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    const possible = !isCompositeType(named) ? [] : isAbstractType(named) ? this.#graph.apiSchema.getPossibleTypes(named) : [named]
    const weightOf = (one: GraphQLObjectType): number => Math.max(0, own ?? weights.get(one.name) ?? 1)
    const below = possible.map((one) => weightOf(one) + this.#ofObject(sets, one, (inner) => (size?.sizedFields.includes(inner) === true ? sized : undefined)))
    let items = 1
    let list = getNullableType(field.type)
    for (let outermost = true; isListType(list); list = getNullableType(list.ofType), outermost = false) {
      items *= !outermost ? 10 : size?.sizedFields.length === 0 ? sized : (sizeOf(name) ?? 10)
    }
    return items * Math.max(isCompositeType(named) ? 0 : (own ?? 0), 0, ...below)
  }

  #fields({ selections }: SelectionSetNode, type: GraphQLObjectType): readonly FieldNode[] {
    return selections.flatMap((selection): readonly FieldNode[] => {
      const left = (selection.directives ?? []).every(({ name, arguments: given }) => {
        const value = given?.[0]?.value
        const isTrue = value?.kind === Kind.VARIABLE ? this.#operation.variables[value.name.value] === true : value?.kind === Kind.BOOLEAN && value.value
        return isTrue === (name.value === 'include')
      })
      if (!left) return []
      if (selection.kind === Kind.FIELD) return [selection]
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#operation.document.definitions.find((one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value)
      if (fragment === undefined || !('selectionSet' in fragment)) return []
      const condition = 'typeCondition' in fragment ? fragment.typeCondition : undefined
      const on = condition === undefined ? type : this.#graph.apiSchema.getType(condition.name.value)
      const applies = on === type || (isAbstractType(on) && this.#graph.apiSchema.isSubType(on, type))
      return applies ? this.#fields(fragment.selectionSet, type) : []
    })
  }
}

function parseOrSkip(request: Parameters<typeof parseOperation>[0], graph: Supergraph): ParsedOperation | undefined {
  try {
    return parseOperation(request, graph, DEFAULT_OPERATION_LIMITS)
  } catch (error) {
    // Two different fields under one key; the generator does not look.
    if (error instanceof OperationErrors) return undefined
    throw error
  }
}

describe('estimated cost', () => {
  it('G40 of random operations on random graphs is what the specification says word by word, and its parts add up', () => {
    let compared = 0
    for (let seed = 1; seed <= GRAPHS; seed++) {
      const random = new Random(seed)
      const model = randomModel(random)
      const graph = withCosts(composeGraph(model.graph.subgraphs), random)
      for (let query = 0; query < QUERIES; query++) {
        const request = randomQuery(model, random)
        const operation = parseOrSkip(request, graph)
        if (operation === undefined) continue
        const expected = new NaiveCost(graph, operation).total()
        const { total, bySubgraph } = estimateCost(operation, graph)
        expect({ seed, ...request, total, parts: [...bySubgraph.values()].reduce((sum, part) => sum + part, 0) }).toEqual({ seed, ...request, total: expected, parts: expected })
        compared++
      }
    }
    expect(compared).toBeGreaterThan(GRAPHS * QUERIES * 0.5)
  })
})

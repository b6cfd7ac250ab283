import { OperationTypeNode } from 'graphql'
import type { OperationDefinitionNode } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'
import { argumentValue, argumentsCost } from './argument-cost.ts'
import { compiledCost, type CostChoice, type CostNode } from './compile-cost.ts'
import type { ParsedOperation } from './parsed-operation.ts'
import { saturatingAdd, saturatingMultiply } from './saturating.ts'
import { WeightedCache } from './weighted-cache.ts'

/** What an operation costs, in objects; never negative, at most `Number.MAX_SAFE_INTEGER`. */
export interface OperationCost {
  readonly total: number
  readonly bySubgraph: ReadonlyMap<string, number>
  /** Fields that lack the one slicing argument that `@listSize` demands, as messages. */
  readonly violations: readonly string[]
}

export interface CostSettings {
  /** Items assumed of a list about which nothing is known; at least 1, default 10. */
  readonly defaultListSize?: number
  /** What each mutation costs beside its answer; default `MUTATION_WEIGHT`. */
  readonly mutationWeight?: number
}

export const MUTATION_WEIGHT = 10

type Costed = Pick<ParsedOperation, 'document' | 'operation' | 'variables'>

interface CompiledOperation {
  readonly choice: CostChoice
  /** Names of the variables that the operation uses. */
  readonly variables: readonly string[]
  /** By the values of those variables. */
  readonly costs: WeightedCache<string, OperationCost>
}

const MAX_COSTS_PER_OPERATION = 16
/** Variables longer than this as text are computed anew each time. */
const MAX_KEY_CHARACTERS = 1_000

const compiled = new WeakMap<OperationDefinitionNode, CompiledOperation>()

/**
 * Estimates an operation's cost before it is planned, by the GraphQL Cost Directives Specification (IBM): every object
 * weighs 1 unless `@cost` says otherwise, lists count as many times as `@listSize`, a contract's page or the slicing
 * arguments say. Of an abstract type the dearest possible type counts. `@cost` of a field replaces its type's weight.
 *
 * Linear in the operation; the compiled form and the latest costs are kept as long as the document is.
 */
export function estimateCost(operation: Costed, supergraph: Supergraph, settings: CostSettings = {}): OperationCost {
  const { defaultListSize = 10, mutationWeight = MUTATION_WEIGHT } = settings
  const { choice, variables, costs } = compiledFor(operation, supergraph)
  const key = variables.length === 0 ? `${defaultListSize} ${mutationWeight}` : `${defaultListSize} ${mutationWeight} ${JSON.stringify(variables.map((name) => (Object.hasOwn(operation.variables, name) ? [operation.variables[name]] : 0)))}`
  const known = key.length > MAX_KEY_CHARACTERS ? undefined : costs.get(key)
  if (known !== undefined) return known
  const rootWeight = operation.operation.operation === OperationTypeNode.MUTATION ? mutationWeight : 0
  const cost = new Estimate(operation.variables, supergraph, defaultListSize).of(choice, rootWeight)
  if (key.length <= MAX_KEY_CHARACTERS) costs.set(key, cost)
  return cost
}

function compiledFor(operation: Costed, supergraph: Supergraph): CompiledOperation {
  let entry = compiled.get(operation.operation)
  if (entry === undefined) {
    const variables = (operation.operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
    entry = { choice: compiledCost(operation, supergraph), variables, costs: new WeightedCache(MAX_COSTS_PER_OPERATION) }
    compiled.set(operation.operation, entry)
  }
  return entry
}

class Estimate {
  readonly #variables: Readonly<Record<string, unknown>>
  readonly #weights: ReadonlyMap<string, number>
  readonly #defaultListSize: number
  readonly #bySubgraph = new Map<string, number>()
  readonly #violations = new Set<string>()
  // One node can be reached through many types and sizes; each is computed once.
  readonly #units = new Map<CostNode, Map<number | undefined, number>>()

  constructor(variables: Readonly<Record<string, unknown>>, supergraph: Supergraph, defaultListSize: number) {
    this.#variables = variables
    this.#weights = supergraph.costs.weights
    this.#defaultListSize = defaultListSize
  }

  of(choice: CostChoice, rootWeight: number): OperationCost {
    let total = 0
    for (const node of choice.alternatives.flatMap(({ nodes }) => nodes)) {
      if (!this.#isIncluded(node)) continue
      total = saturatingAdd(total, saturatingAdd(rootWeight, this.#unit(node, undefined)))
      this.#attribute(node.owner, rootWeight)
      this.#spread(node, 1, undefined)
    }
    return { total, bySubgraph: this.#bySubgraph, violations: [...this.#violations] }
  }

  /** Cost of a field for one parent. */
  #unit(node: CostNode, sizedByParent: number | undefined): number {
    if (!this.#isIncluded(node)) return 0
    let bySize = this.#units.get(node)
    if (bySize === undefined) this.#units.set(node, (bySize = new Map()))
    let unit = bySize.get(sizedByParent)
    if (unit === undefined) {
      const { items, sized } = this.#itemsOf(node, sizedByParent)
      const inner = this.#dearest(node, sized).reduce((sum, below) => saturatingAdd(sum, this.#unit(below, sizeFor(node, below, sized))), Math.max(0, node.weight))
      unit = saturatingAdd(this.#argumentsOf(node), saturatingMultiply(items, inner))
      bySize.set(sizedByParent, unit)
    }
    return unit
  }

  /** Adds a field's cost to the subgraphs that answer it and what is below. */
  #spread(node: CostNode, times: number, sizedByParent: number | undefined): void {
    if (!this.#isIncluded(node)) return
    const { items, sized } = this.#itemsOf(node, sizedByParent)
    const count = saturatingMultiply(times, items)
    this.#attribute(node.owner, saturatingAdd(saturatingMultiply(count, Math.max(0, node.weight)), saturatingMultiply(times, this.#argumentsOf(node))))
    for (const below of this.#dearest(node, sized)) this.#spread(below, count, sizeFor(node, below, sized))
  }

  #attribute(owner: string | undefined, cost: number): void {
    if (owner !== undefined && cost > 0) this.#bySubgraph.set(owner, saturatingAdd(this.#bySubgraph.get(owner) ?? 0, cost))
  }

  /** What is below a field; of an object that may have several types, the one that costs most. */
  #dearest(parent: CostNode, sized: number): readonly CostNode[] {
    let dearest: readonly CostNode[] = []
    let highest = -1
    const alternatives = parent.below?.alternatives ?? []
    for (const { nodes } of alternatives) {
      if (alternatives.length === 1) return nodes
      const cost = nodes.reduce((sum, node) => saturatingAdd(sum, this.#unit(node, sizeFor(parent, node, sized))), 0)
      if (cost > highest) [dearest, highest] = [nodes, cost]
    }
    return dearest
  }

  /** How many items a field has, and how many those of its fields have that it sizes. */
  #itemsOf(node: CostNode, sizedByParent: number | undefined): { readonly items: number; readonly sized: number } {
    const { lists, size } = node
    const wanted = size === undefined ? undefined : this.#wanted(node)
    const sized = wanted ?? size?.assumedSize ?? this.#defaultListSize
    if (lists === 0) return { items: 1, sized }
    const outer = size !== undefined && size.sizedFields.length === 0 ? sized : (sizedByParent ?? this.#defaultListSize)
    return { items: saturatingMultiply(outer, this.#defaultListSize ** (lists - 1)), sized }
  }

  /** The largest slicing argument; what is no count (null, negative) says nothing. */
  #wanted(node: CostNode): number | undefined {
    let wanted: number | undefined
    let given = 0
    for (const argument of node.slices) {
      const count = argumentValue(argument, this.#variables)
      if (count === null || count === undefined) continue
      given++
      if (typeof count === 'number' && count >= 0) wanted = Math.max(wanted ?? 0, count)
    }
    if (node.size?.requireOneSlicingArgument === true && given !== 1) {
      this.#violations.add(`${node.coordinate} needs exactly one of the arguments ${node.slices.map(({ name }) => name).join(', ')}; ${given} are given.`)
    }
    return wanted
  }

  #argumentsOf(node: CostNode): number {
    return node.arguments.length === 0 ? 0 : argumentsCost(node, this.#variables, this.#weights)
  }

  #isIncluded({ when }: CostNode): boolean {
    return when.length === 0 || when.some((all) => all.every(({ variable, value }) => (this.#variables[variable] === true) === value))
  }
}

function sizeFor(parent: CostNode, node: CostNode, sized: number): number | undefined {
  return parent.size?.sizedFields.includes(node.coordinate.slice(node.coordinate.indexOf('.') + 1)) === true ? sized : undefined
}

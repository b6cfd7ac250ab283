import { OperationTypeNode } from 'graphql'
import type { OperationDefinitionNode } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'
import { argumentValue, argumentsCost } from './argument-cost.ts'
import { compiledCost, isAsked, itemWeight, type CostAlternative, type CostChoice, type CostNode } from './compile-cost.ts'
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
      if (!isAsked(node, this.#variables)) continue
      total = saturatingAdd(total, saturatingAdd(rootWeight, this.#unit(node, undefined)))
      this.#attribute(node.owner, rootWeight)
      this.#spread(node, 1, undefined)
    }
    return { total, bySubgraph: this.#bySubgraph, violations: [...this.#violations] }
  }

  /** Cost of a field for one parent. */
  #unit(node: CostNode, sizedByParent: number | undefined): number {
    if (!isAsked(node, this.#variables)) return 0
    let bySize = this.#units.get(node)
    if (bySize === undefined) this.#units.set(node, (bySize = new Map()))
    let unit = bySize.get(sizedByParent)
    if (unit === undefined) {
      const { items, sized } = this.#itemsOf(node, sizedByParent)
      const item = this.#itemCost(node, this.#dearest(node, sized), sized)
      unit = saturatingAdd(this.#argumentsOf(node), saturatingMultiply(items, item))
      bySize.set(sizedByParent, unit)
    }
    return unit
  }

  /** Adds a field's cost to the subgraphs that answer it and what is below. */
  #spread(node: CostNode, times: number, sizedByParent: number | undefined): void {
    if (!isAsked(node, this.#variables)) return
    const { items, sized } = this.#itemsOf(node, sizedByParent)
    const count = saturatingMultiply(times, items)
    const dearest = this.#dearest(node, sized)
    this.#attribute(node.owner, saturatingAdd(saturatingMultiply(count, itemWeight(node, dearest)), saturatingMultiply(times, this.#argumentsOf(node))))
    for (const below of dearest?.nodes ?? []) this.#spread(below, count, sizeFor(node, below, sized))
  }

  #attribute(owner: string | undefined, cost: number): void {
    if (owner !== undefined && cost > 0) this.#bySubgraph.set(owner, saturatingAdd(this.#bySubgraph.get(owner) ?? 0, cost))
  }

  /** What an object may be; of several possibilities the one that costs most. */
  #dearest(parent: CostNode, sized: number): CostAlternative | undefined {
    const [first, ...others] = parent.below?.alternatives ?? []
    if (others.length === 0) return first
    let dearest = first
    let highest = -1
    for (const alternative of parent.below?.alternatives ?? []) {
      const cost = this.#itemCost(parent, alternative, sized)
      if (cost > highest) [dearest, highest] = [alternative, cost]
    }
    return dearest
  }

  #itemCost(node: CostNode, alternative: CostAlternative | undefined, sized: number): number {
    return (alternative?.nodes ?? []).reduce((sum, below) => saturatingAdd(sum, this.#unit(below, sizeFor(node, below, sized))), itemWeight(node, alternative))
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
}

function sizeFor(parent: CostNode, node: CostNode, sized: number): number | undefined {
  return parent.size?.sizedFields.includes(node.coordinate.slice(node.coordinate.indexOf('.') + 1)) === true ? sized : undefined
}

import { OperationTypeNode } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'
import { argumentsCost } from './argument-cost.ts'
import { compiledCost, type CostChoice, type CostNode } from './compile-cost.ts'
import { MUTATION_WEIGHT } from './estimate-cost.ts'
import type { ParsedOperation } from './parsed-operation.ts'
import { saturatingAdd } from './saturating.ts'

/**
 * What an answer really cost, weighed as the estimate weighs: every object in it, and the arguments of every field as
 * often as it was resolved. An answer with lists as long as estimated costs what was estimated. Linear in the answer.
 */
export function actualCost(operation: Pick<ParsedOperation, 'document' | 'operation' | 'variables'>, data: Readonly<Record<string, unknown>> | null, supergraph: Supergraph): number {
  if (data === null) return 0
  const choice = compiledCost(operation, supergraph)
  const cost = new AnswerCost(operation.variables, supergraph.costs.weights).ofObject(data, choice)
  if (operation.operation.operation !== OperationTypeNode.MUTATION) return cost
  return saturatingAdd(cost, MUTATION_WEIGHT * Object.keys(data).filter((key) => key !== '__typename').length)
}

class AnswerCost {
  readonly #variables: Readonly<Record<string, unknown>>
  readonly #weights: ReadonlyMap<string, number>
  // The same for every object that has the field.
  readonly #argumentCosts = new Map<CostNode, number>()

  constructor(variables: Readonly<Record<string, unknown>>, weights: ReadonlyMap<string, number>) {
    this.#variables = variables
    this.#weights = weights
  }

  ofObject(object: Readonly<Record<string, unknown>>, choice: CostChoice): number {
    let cost = 0
    for (const node of nodesFor(object, choice)) {
      if (Object.hasOwn(object, node.key)) cost = saturatingAdd(cost, saturatingAdd(this.#ofArguments(node), this.#ofValue(object[node.key], node)))
    }
    return cost
  }

  #ofValue(value: unknown, node: CostNode): number {
    if (value === null || value === undefined) return 0
    if (Array.isArray(value)) return value.reduce<number>((sum, item) => saturatingAdd(sum, this.#ofValue(item, node)), 0)
    const own = Math.max(0, node.weight)
    return node.below === undefined || typeof value !== 'object' ? own : saturatingAdd(own, this.ofObject(value as Readonly<Record<string, unknown>>, node.below))
  }

  #ofArguments(node: CostNode): number {
    if (node.arguments.length === 0) return 0
    let cost = this.#argumentCosts.get(node)
    if (cost === undefined) this.#argumentCosts.set(node, (cost = argumentsCost(node, this.#variables, this.#weights)))
    return cost
  }
}

/** The fields of the type that the object says it has, else of the first type that asks for just these keys. */
function nodesFor(object: Readonly<Record<string, unknown>>, { alternatives }: CostChoice): readonly CostNode[] {
  const [first, ...others] = alternatives
  if (others.length === 0) return first?.nodes ?? []
  const type = object['__typename']
  const named = typeof type === 'string' ? alternatives.find(({ types }) => types.some(({ name }) => name === type)) : undefined
  return (named ?? alternatives.find(({ nodes }) => nodes.every(({ key }) => Object.hasOwn(object, key))) ?? first)?.nodes ?? []
}

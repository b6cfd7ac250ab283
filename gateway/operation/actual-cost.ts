import { OperationTypeNode } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'
import { argumentsCost } from './argument-cost.ts'
import { compiledCost, isAsked, itemWeight, type CostAlternative, type CostChoice, type CostNode } from './compile-cost.ts'
import { MUTATION_WEIGHT } from './estimate-cost.ts'
import type { ParsedOperation } from './parsed-operation.ts'
import { saturatingAdd } from './saturating.ts'

/**
 * What an answer really cost, weighed as the estimate weighs: every object in it, and the arguments of every field as
 * often as it was resolved. An answer with lists as long as estimated costs what was estimated. Linear in the answer.
 */
export function actualCost(operation: Pick<ParsedOperation, 'document' | 'operation' | 'variables'>, data: Readonly<Record<string, unknown>> | null, supergraph: Supergraph): number {
  if (data === null) return 0
  const [root] = compiledCost(operation, supergraph).alternatives
  const cost = new AnswerCost(operation.variables, supergraph.costs.weights).ofFields(data, root?.nodes ?? [])
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

  ofFields(object: Readonly<Record<string, unknown>>, nodes: readonly CostNode[]): number {
    let cost = 0
    for (const node of nodes) {
      if (Object.hasOwn(object, node.key)) cost = saturatingAdd(cost, saturatingAdd(this.#ofArguments(node), this.#ofValue(object[node.key], node)))
    }
    return cost
  }

  #ofValue(value: unknown, node: CostNode): number {
    if (value === null || value === undefined) return 0
    if (Array.isArray(value)) return value.reduce<number>((sum, item) => saturatingAdd(sum, this.#ofValue(item, node)), 0)
    if (node.below === undefined || typeof value !== 'object') return itemWeight(node, undefined)
    const object = value as Readonly<Record<string, unknown>>
    const alternative = this.#alternativeFor(object, node.below)
    return saturatingAdd(itemWeight(node, alternative), this.ofFields(object, alternative?.nodes ?? []))
  }

  #ofArguments(node: CostNode): number {
    if (node.arguments.length === 0) return 0
    let cost = this.#argumentCosts.get(node)
    if (cost === undefined) this.#argumentCosts.set(node, (cost = argumentsCost(node, this.#variables, this.#weights)))
    return cost
  }

  /** Of the type that the object says it has, else of those of which it has all that is asked the one with most. */
  #alternativeFor(object: Readonly<Record<string, unknown>>, { alternatives }: CostChoice): CostAlternative | undefined {
    const [first, ...others] = alternatives
    if (others.length === 0) return first
    const type = object['__typename']
    const named = typeof type === 'string' ? alternatives.find(({ types }) => types.some(({ name }) => name === type)) : undefined
    if (named !== undefined) return named
    let found: CostAlternative | undefined
    let most = -1
    for (const alternative of alternatives) {
      const asked = alternative.nodes.filter((node) => isAsked(node, this.#variables))
      if (asked.length > most && asked.every(({ key }) => Object.hasOwn(object, key))) [found, most] = [alternative, asked.length]
    }
    return found
  }
}

import type { OperationDefinitionNode } from 'graphql'
import type { Supergraph } from '../supergraph/index.ts'
import { compileCost, type CostChoice, type CostNode } from './compile-cost.ts'
import type { ParsedOperation } from './parsed-operation.ts'
import { saturatingAdd } from './saturating.ts'

const compiled = new WeakMap<OperationDefinitionNode, CostChoice>()

/** What an answer really cost: the weight of every object in it. Linear in the answer; arguments are not counted again. */
export function actualCost(operation: Pick<ParsedOperation, 'document' | 'operation'>, data: Readonly<Record<string, unknown>> | null, supergraph: Supergraph): number {
  let choice = compiled.get(operation.operation)
  if (choice === undefined) compiled.set(operation.operation, (choice = compileCost(operation, supergraph)))
  return data === null ? 0 : costOfObject(data, choice)
}

function costOfObject(object: Readonly<Record<string, unknown>>, choice: CostChoice): number {
  let cost = 0
  for (const node of nodesFor(object, choice)) {
    if (Object.hasOwn(object, node.key)) cost = saturatingAdd(cost, costOfValue(object[node.key], node))
  }
  return cost
}

function costOfValue(value: unknown, node: CostNode): number {
  if (value === null || value === undefined) return 0
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => saturatingAdd(sum, costOfValue(item, node)), 0)
  const own = Math.max(0, node.weight)
  return node.below === undefined || typeof value !== 'object' ? own : saturatingAdd(own, costOfObject(value as Readonly<Record<string, unknown>>, node.below))
}

/** The fields of the type that the object says it has, else of the first type that asks for just these keys. */
function nodesFor(object: Readonly<Record<string, unknown>>, { alternatives }: CostChoice): readonly CostNode[] {
  const type = object['__typename']
  const named = typeof type === 'string' ? alternatives.find(({ types }) => types.some(({ name }) => name === type)) : undefined
  return (named ?? alternatives.find(({ nodes }) => nodes.every(({ key }) => Object.hasOwn(object, key))) ?? alternatives[0])?.nodes ?? []
}

import { getNamedType, isInputObjectType, isListType, isNonNullType, Kind, valueFromASTUntyped } from 'graphql'
import type { GraphQLInputType } from 'graphql'
import type { CostNode, GivenArgument } from './compile-cost.ts'
import { saturatingAdd } from './saturating.ts'

type Variables = Readonly<Record<string, unknown>>

/** What the arguments of one field cost, each time it is resolved; an absent argument is its default. */
export function argumentsCost(node: Pick<CostNode, 'arguments'>, variables: Variables, weights: ReadonlyMap<string, number>): number {
  return node.arguments.reduce((sum, argument) => saturatingAdd(sum, inputCost(argumentValue(argument, variables), argument.type, { weight: argument.weight, weights })), 0)
}

/** The value of an argument; its default where it is absent, also by way of an absent variable. */
export function argumentValue({ value, fallback }: GivenArgument, variables: Variables): unknown {
  if (value === undefined) return fallback
  if (value.kind !== Kind.VARIABLE) return valueFromASTUntyped(value, variables)
  return Object.hasOwn(variables, value.name.value) ? variables[value.name.value] : fallback
}

/** Input objects weigh 1 each, other values 0, unless `@cost` says otherwise. */
function inputCost(value: unknown, type: GraphQLInputType, known: { readonly weight: number | undefined; readonly weights: ReadonlyMap<string, number> }): number {
  if (value === null || value === undefined) return 0
  if (isNonNullType(type)) return inputCost(value, type.ofType, known)
  if (isListType(type)) return (Array.isArray(value) ? value : [value]).reduce<number>((sum, item) => saturatingAdd(sum, inputCost(item, type.ofType, known)), 0)
  const { weight, weights } = known
  const own = Math.max(0, weight ?? weights.get(type.name) ?? (isInputObjectType(type) ? 1 : 0))
  if (!isInputObjectType(type) || typeof value !== 'object') return own
  return Object.entries(value).reduce((sum, [name, inner]) => {
    const field = type.getFields()[name]
    return field === undefined ? sum : saturatingAdd(sum, inputCost(inner, field.type, { weight: weights.get(`${type.name}.${name}`) ?? weights.get(getNamedType(field.type).name), weights }))
  }, own)
}

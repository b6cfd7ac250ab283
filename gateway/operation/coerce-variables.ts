import { GraphQLError, GraphQLID, getNamedType, getVariableValues, isInputObjectType, isListType, isNonNullType, typeFromAST } from 'graphql'
import type { GraphQLInputType, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { limitExceeded } from './limit-exceeded.ts'
import { OperationErrors } from './operation-errors.ts'
import type { OperationLimits } from './operation-limits.ts'

/**
 * Checks the variables against the operation's definitions and applies defaults.
 *
 * @throws OPERATION_LIMIT_EXCEEDED for values and depth; OperationErrors (BAD_USER_INPUT), at most `maxErrors`, for what does not fit its type.
 */
export function coerceVariables(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>, limits: OperationLimits): Readonly<Record<string, unknown>> {
  const definitions = operation.variableDefinitions ?? []
  if (definitions.length === 0) return NONE
  const longest = measure(variables, limits)
  const { coerced, errors } = getVariableValues(schema, definitions, variables, { maxErrors: limits.maxErrors - 1, hideSuggestions: !limits.suggestions })
  if (errors !== undefined) throw new OperationErrors('BAD_USER_INPUT', errors)
  if (longest > limits.maxIdLength) assertIds(schema, operation, coerced, limits)
  return coerced
}

const NONE: Readonly<Record<string, unknown>> = Object.freeze({})

/** The longest text among the values; without recursion, because the depth is what is not yet known. */
function measure(variables: unknown, limits: OperationLimits): number {
  let longest = 0
  let values = 0
  let level: unknown[] = [variables]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.maxVariableDepth) throw limitExceeded('levels of variables', limits.maxVariableDepth, `more than ${limits.maxVariableDepth}`)
    const inner: unknown[] = []
    for (const value of level) {
      if (typeof value === 'string') longest = Math.max(longest, value.length)
      if (typeof value !== 'object' || value === null) continue
      for (const item of Array.isArray(value) ? value : Object.values(value)) inner.push(item)
      if (values + inner.length > limits.maxVariableValues) throw limitExceeded('values in its variables', limits.maxVariableValues, `more than ${limits.maxVariableValues}`)
    }
    values += inner.length
    level = inner
  }
  return longest
}

function assertIds(schema: GraphQLSchema, operation: OperationDefinitionNode, coerced: Readonly<Record<string, unknown>>, limits: OperationLimits): void {
  for (const { variable, type } of operation.variableDefinitions ?? []) {
    const inputType = typeFromAST(schema, type) as GraphQLInputType | undefined
    const length = inputType === undefined ? 0 : longestId(coerced[variable.name.value], inputType)
    if (length <= limits.maxIdLength) continue
    throw new OperationErrors('BAD_USER_INPUT', [
      new GraphQLError(`Variable "$${variable.name.value}": ID cannot have ${length} characters; at most ${limits.maxIdLength} are allowed.`, { nodes: variable }),
    ])
  }
}

function longestId(value: unknown, type: GraphQLInputType): number {
  if (value === null || value === undefined) return 0
  if (isNonNullType(type)) return longestId(value, type.ofType)
  if (isListType(type)) return (Array.isArray(value) ? value : [value]).reduce<number>((longest, item) => Math.max(longest, longestId(item, type.ofType)), 0)
  if (isInputObjectType(type)) {
    const object = value as Readonly<Record<string, unknown>>
    return Object.values(type.getFields()).reduce((longest, field) => Math.max(longest, longestId(object[field.name], field.type)), 0)
  }
  return getNamedType(type) === GraphQLID && typeof value === 'string' ? value.length : 0
}

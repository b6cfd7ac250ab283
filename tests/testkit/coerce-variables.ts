import { getVariableValues, Kind, parse, type GraphQLSchema } from 'graphql'

/** Variables as `parseOperation` coerces them, defaults applied. */
export function coerceVariables(schema: GraphQLSchema, text: string, variables: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const operation = parse(text).definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const { coerced, errors } = getVariableValues(schema, operation?.variableDefinitions ?? [], variables)
  if (errors !== undefined) throw new Error(errors.map((error) => error.message).join('\n'))
  return coerced
}

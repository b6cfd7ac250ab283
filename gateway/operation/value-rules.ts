import { getNamedType, GraphQLError, GraphQLFloat, GraphQLID } from 'graphql'
import type { ASTVisitor, ValidationContext, ValidationRule } from 'graphql'

/** Numbers and identifiers that graphql-js lets through as literals: a Float without end, an ID without bound. */
export function literalRule(maxIdLength: number): ValidationRule {
  return (context: ValidationContext): ASTVisitor => ({
    FloatValue(node) {
      if (getNamedType(context.getInputType()) !== GraphQLFloat || Number.isFinite(Number(node.value))) return
      context.reportError(new GraphQLError('Float cannot represent a number of this size.', { nodes: node }))
    },
    StringValue(node) {
      if (getNamedType(context.getInputType()) !== GraphQLID || node.value.length <= maxIdLength) return
      context.reportError(new GraphQLError(`ID cannot have ${node.value.length} characters; at most ${maxIdLength} are allowed.`, { nodes: node }))
    },
  })
}

/**
 * Names that would change what something else means: `__proto__` in a JavaScript object, and `__typename` as the alias
 * of another field, because executors take that key for the type of an object.
 */
export function reservedNameRule(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      const alias = node.alias?.value
      if (alias === '__proto__' || (alias === '__typename' && node.name.value !== '__typename')) {
        context.reportError(new GraphQLError(`The alias "${alias}" is reserved.`, { nodes: node }))
      }
    },
    VariableDefinition(node) {
      if (node.variable.name.value === '__proto__') context.reportError(new GraphQLError('The variable name "__proto__" is reserved.', { nodes: node }))
    },
  }
}

import { GraphQLError, KnownTypeNamesRule, type ASTVisitFn, type ASTVisitor, type NamedTypeNode, type ValidationContext } from 'graphql'

/**
 * As `KnownTypeNamesRule` for operations, which lists all types of the schema for each document that it looks at: here only the types
 * that a document names are looked up, and all of them are listed for a document that names another one and may be helped.
 */
export function knownTypeNamesRule(context: ValidationContext): ASTVisitor {
  const schema = context.getSchema()
  let whole: { readonly NamedType: ASTVisitFn<NamedTypeNode> } | undefined
  return {
    NamedType(node, ...place) {
      const { value } = node.name
      if (schema.getType(value) !== undefined) return
      if (context.hideSuggestions) {
        context.reportError(new GraphQLError(`Unknown type "${value}".`, { nodes: node }))
        return
      }
      whole ??= KnownTypeNamesRule(context) as { readonly NamedType: ASTVisitFn<NamedTypeNode> }
      whole.NamedType(node, ...place)
    },
  }
}

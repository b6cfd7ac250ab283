import { valueFromASTUntyped, type DirectiveNode } from 'graphql'

/** What a directive is given under a name; undefined: nothing. */
export function directiveArgument(directive: Pick<DirectiveNode, 'arguments'>, name: string): unknown {
  const found = directive.arguments?.find((argument) => argument.name.value === name)
  return found === undefined ? undefined : valueFromASTUntyped(found.value)
}

/** What a `@link` takes in: the specification's name → the name here, both with `@`. */
export function linkImports(link: Pick<DirectiveNode, 'arguments'>): ReadonlyMap<string, string> {
  const imports = directiveArgument(link, 'import')
  const items = Array.isArray(imports) ? imports as readonly (string | { readonly name: string; readonly as?: string })[] : []
  return new Map(items.map((item) => typeof item === 'string' ? [item, item] : [item.name, item.as ?? item.name]))
}

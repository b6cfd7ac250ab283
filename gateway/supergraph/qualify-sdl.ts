import { Kind, parse, print, visit, type DocumentNode } from 'graphql'

/** A foreign subgraph's text with its domain's name on every type, and how its own names come back. */
export interface QualifiedSdl {
  readonly sdl: string
  /** Qualified name → the subgraph's own. */
  readonly foreignNames: Readonly<Record<string, string>>
}

const BUILT_IN = new Set(['Int', 'Float', 'String', 'Boolean', 'ID', 'Query', 'Mutation', 'Subscription', 'FieldSet'])

/**
 * Puts the domain's name before the name of every type that the subgraph defines: `Product` of `reviews` becomes
 * `ReviewsProduct`. Root types, federation's own types and directives keep their names; so do fields, arguments and enum values.
 *
 * @throws GraphQLError when the text does not parse
 */
export function qualifySdl(sdl: string, domain: string): QualifiedSdl {
  const document = parse(sdl, { noLocation: true })
  const prefix = pascalCase(domain)
  const kept = keptNames(document)
  const own = new Set(document.definitions.flatMap((definition) => isType(definition) && !kept.has(definition.name.value) && !definition.name.value.includes('__') && !definition.name.value.startsWith('_') ? [definition.name.value] : []))
  const qualify = (name: string): string => own.has(name) ? `${prefix}${name}` : name
  const rename = <T extends { readonly name: { readonly value: string } }>(node: T): T => own.has(node.name.value) ? { ...node, name: { ...node.name, value: qualify(node.name.value) } } : node
  const inDefinitions = visit(document, {
    NamedType: rename,
    Directive: (node) => ({
      ...node,
      // Field sets of @key, @requires, @provides and @fromContext may name types: `... on Book { isbn }`.
      arguments: (node.arguments ?? []).map((argument) => argument.value.kind === Kind.STRING && (argument.name.value === 'fields' || argument.name.value === 'field')
        ? { ...argument, value: { ...argument.value, value: argument.value.value.replace(/(\.\.\.\s*on\s+)(\w+)/g, (_all, on: string, name: string) => `${on}${qualify(name)}`) } }
        : argument),
    }),
  })
  const definitions = inDefinitions.definitions.map((definition) => isType(definition) ? rename(definition) : definition)
  return { sdl: print({ ...inDefinitions, definitions }), foreignNames: Object.fromEntries([...own].map((name) => [qualify(name), name])) }
}

/** Names that are not the subgraph's own: what federation knows it by, and what it took in by `@link`. */
function keptNames(document: DocumentNode): ReadonlySet<string> {
  const kept = new Set(BUILT_IN)
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue
    for (const { type } of definition.operationTypes ?? []) kept.add(type.name.value)
    for (const argument of (definition.directives ?? []).flatMap((directive) => directive.arguments ?? [])) {
      if (argument.name.value !== 'import' || argument.value.kind !== Kind.LIST) continue
      for (const item of argument.value.values) {
        if (item.kind === Kind.STRING) kept.add(item.value)
        if (item.kind === Kind.OBJECT) for (const { value } of item.fields) if (value.kind === Kind.STRING) kept.add(value.value)
      }
    }
  }
  return kept
}

function isType(definition: DocumentNode['definitions'][number]): definition is Extract<DocumentNode['definitions'][number], { readonly kind: `${string}TypeDefinition` | `${string}TypeExtension` }> {
  return definition.kind.endsWith('TypeDefinition') || definition.kind.endsWith('TypeExtension')
}

/** As contracts name types: `web-shop` → `WebShop`. */
function pascalCase(domain: string): string {
  return domain.split(/[-_]/).map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`).join('')
}

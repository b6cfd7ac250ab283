import { Kind, parse, print, visit, type DocumentNode, type FieldDefinitionNode, type ObjectTypeDefinitionNode, type ObjectTypeExtensionNode } from 'graphql'

/** A foreign subgraph's text with its domain's name on every type, and how its own names come back. */
export interface QualifiedSdl {
  readonly sdl: string
  /** Qualified name → the subgraph's own. */
  readonly foreignNames: Readonly<Record<string, string>>
  /** Root field in the graph → the subgraph's own; the graph's name is no other field's of the subgraph. */
  readonly foreignFields: Readonly<Record<string, string>>
}

const BUILT_IN = new Set(['Int', 'Float', 'String', 'Boolean', 'ID', 'Query', 'Mutation', 'Subscription', 'FieldSet'])

/**
 * Puts the domain's name before the name of every type that the subgraph defines, and of every root field: `Product` of `reviews`
 * becomes `ReviewsProduct`, `Query.products` becomes `Query.reviewsProducts`. Root types, federation's own types and directives keep
 * their names; so do other fields, arguments and enum values.
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
  const rootFields = qualifiedRootFields(document, prefix)
  const roots = rootTypes(document)
  const definitions = inDefinitions.definitions.map((definition) => {
    if (isObject(definition) && roots.has(definition.name.value)) return { ...definition, fields: (definition.fields ?? []).map((field) => renameRootField(field, rootFields)) }
    return isType(definition) ? rename(definition) : definition
  })
  return {
    sdl: print({ ...inDefinitions, definitions }),
    foreignNames: Object.fromEntries([...own].map((name) => [qualify(name), name])),
    foreignFields: Object.fromEntries([...rootFields].map(([field, qualified]) => [qualified, field])),
  }
}

function renameRootField(field: FieldDefinitionNode, names: ReadonlyMap<string, string>): FieldDefinitionNode {
  const qualified = names.get(field.name.value)
  return qualified === undefined ? field : { ...field, name: { ...field.name, value: qualified } }
}

/**
 * The subgraph's own root field → its name in the graph. A name that some other field has gets `_` behind it, so that a request is
 * translated by the name alone, wherever the root type stands in it. What an interface of a root type asks for keeps its name.
 */
function qualifiedRootFields(document: DocumentNode, prefix: string): ReadonlyMap<string, string> {
  const roots = rootTypes(document)
  const objects = document.definitions.filter(isObject)
  const rootObjects = objects.filter(({ name }) => roots.has(name.value))
  const promised = new Set(rootObjects.flatMap(({ interfaces }) => interfaces ?? []).map(({ name }) => name.value))
  const all = document.definitions.flatMap((definition) => isObject(definition) || isInterface(definition) ? [definition] : [])
  const kept = new Set(all.filter(({ name }) => promised.has(name.value)).flatMap(({ fields }) => fields ?? []).map(({ name }) => name.value))
  const taken = new Set(all.flatMap(({ fields }) => fields ?? []).map(({ name }) => name.value))
  const names = new Map<string, string>()
  for (const { name: { value: field } } of rootObjects.flatMap(({ fields }) => fields ?? [])) {
    if (names.has(field) || kept.has(field) || field.startsWith('_')) continue
    let qualified = `${prefix.charAt(0).toLowerCase()}${prefix.slice(1)}${field.charAt(0).toUpperCase()}${field.slice(1)}`
    while (taken.has(qualified)) qualified += '_'
    taken.add(qualified)
    names.set(field, qualified)
  }
  return names
}

function rootTypes(document: DocumentNode): ReadonlySet<string> {
  const declared = document.definitions.flatMap((definition) => definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION ? definition.operationTypes ?? [] : [])
  return new Set(declared.length === 0 ? ['Query', 'Mutation', 'Subscription'] : declared.map(({ type }) => type.name.value))
}

function isObject(definition: DocumentNode['definitions'][number]): definition is ObjectTypeDefinitionNode | ObjectTypeExtensionNode {
  return definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION
}

function isInterface(definition: DocumentNode['definitions'][number]): definition is Extract<DocumentNode['definitions'][number], { readonly kind: `Interface${string}` }> {
  return definition.kind === Kind.INTERFACE_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_EXTENSION
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

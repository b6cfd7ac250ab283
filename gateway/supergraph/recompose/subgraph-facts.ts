import { Kind, visit, type ASTNode, type DefinitionNode, type DirectiveNode, type DocumentNode, type FieldDefinitionNode, type TypeDefinitionNode, type TypeExtensionNode, type TypeNode as TypeReferenceNode } from 'graphql'
import type { ParsedSubgraph } from '../shared-types.ts'

export type TypeNode = TypeDefinitionNode | TypeExtensionNode

/** What a subgraph's text says, as far as it decides with whom the subgraph has to be merged. */
export interface SubgraphFacts extends ParsedSubgraph {
  readonly name: string
  /** Definitions and extensions of each type but `Query`. */
  readonly types: ReadonlyMap<string, readonly TypeNode[]>
  /** Fields of `Query` in the order that composition gives them: definitions first, extensions after. */
  readonly queryFields: ReadonlyMap<string, FieldDefinitionNode>
  readonly queryNodes: readonly TypeNode[]
  /** Text of what concerns the subgraph as a whole: its links, root types and directive definitions. */
  readonly header: string
}

export function readSubgraphFacts({ definition, document }: ParsedSubgraph): SubgraphFacts {
  const types = new Map<string, TypeNode[]>()
  const queryNodes: TypeNode[] = []
  const header: string[] = []
  for (const node of document.definitions) {
    if (!isTypeNode(node)) header.push(textOf(node))
    else if (node.name.value === 'Query') queryNodes.push(node)
    else types.set(node.name.value, [...(types.get(node.name.value) ?? []), node])
  }
  const inOrder = [...queryNodes.filter((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION), ...queryNodes.filter((node) => node.kind === Kind.OBJECT_TYPE_EXTENSION)]
  const queryFields = new Map(inOrder.flatMap((node) => ('fields' in node ? node.fields ?? [] : [])).filter(({ name }) => !name.value.startsWith('_')).map((field) => [field.name.value, field]))
  return { name: definition.name, definition, document, types, queryFields, queryNodes, header: header.join('\n') }
}

/** The text of a node that was parsed with its place. */
export function textOf({ loc }: ASTNode): string {
  return loc === undefined ? '' : loc.source.body.slice(loc.start, loc.end)
}

export function namedTypeOf(type: TypeReferenceNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type)
}

/** Whether a directive is federation's of that name: a renaming import makes the whole path step aside (`plainFederationVersion`). */
export function isFederationDirective({ name }: DirectiveNode, directive: string): boolean {
  return name.value === directive || name.value.endsWith(`__${directive}`)
}

const FEDERATION_URL = /^https:\/\/specs\.apollo\.dev\/federation\/v2\.(\d+)$/
const LINK_URL = /^https:\/\/specs\.apollo\.dev\/link\/v1\.0$/

/** Minor version of federation 2 that the subgraph links, where it links nothing else, renames nothing and has the common root types. */
export function plainFederationVersion(document: DocumentNode): number | undefined {
  let version: number | undefined
  for (const definition of document.definitions) {
    if (definition.kind === Kind.DIRECTIVE_DEFINITION && definition.locations.some(({ value }) => EXECUTABLE.has(value))) return undefined
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue
    if ('description' in definition && definition.description !== undefined) return undefined
    if (definition.operationTypes?.some(({ operation, type }) => type.name.value !== ROOT_NAMES[operation]) ?? false) return undefined
    for (const directive of definition.directives ?? []) {
      if (directive.name.value !== 'link') return undefined
      const url = directive.arguments?.find(({ name }) => name.value === 'url')?.value
      if (url?.kind !== Kind.STRING || renames(directive)) return undefined
      const minor = FEDERATION_URL.exec(url.value)?.[1]
      if (minor !== undefined) version = Number(minor)
      else if (!LINK_URL.test(url.value)) return undefined
    }
  }
  return version
}

/** Whether an argument or an entry of the imports says `as`. */
function renames(link: DirectiveNode): boolean {
  let found = false
  visit(link, { Argument: ({ name }) => { found ||= name.value === 'as' }, ObjectField: ({ name }) => { found ||= name.value === 'as' } })
  return found
}

const ROOT_NAMES = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const

const EXECUTABLE: ReadonlySet<string> = new Set(['QUERY', 'MUTATION', 'SUBSCRIPTION', 'FIELD', 'FRAGMENT_DEFINITION', 'FRAGMENT_SPREAD', 'INLINE_FRAGMENT', 'VARIABLE_DEFINITION'])

/** Directives that composition reads but does not carry over as such. */
const NOT_CARRIED: ReadonlySet<string> = new Set(['deprecated', 'specifiedBy', 'oneOf', 'key', 'requires', 'provides', 'external', 'shareable', 'extends', 'override', 'interfaceObject'])

/** Names of the directives that a subgraph applies and that decide what the composed graph links. */
export function carriedDirectives(document: DocumentNode): ReadonlySet<string> {
  const names = new Set<string>()
  for (const definition of document.definitions) {
    if (!isTypeNode(definition)) continue
    visit(definition, { Directive: ({ name }) => { if (!NOT_CARRIED.has(name.value.replace(/^.*__/, ''))) names.add(name.value) } })
  }
  return names
}

/**
 * Whether a field set of the subgraph reaches into other types: then a type's fields are used, external or shareable
 * because of what another type's text says.
 */
export function reachesAcrossTypes(document: DocumentNode): boolean {
  // A brace can be written as an escape.
  return applies(document, (node) => isFederationDirective(node, 'provides')
    || ((isFederationDirective(node, 'key') || isFederationDirective(node, 'requires')) && /[{\\]/.test(textOf(node))))
}

/** Whether values are passed down to fields of other types, or directives composed that federation does not know. */
export function usesContext(document: DocumentNode): boolean {
  return applies(document, (node) => ['context', 'fromContext', 'composeDirective'].some((name) => isFederationDirective(node, name)))
}

function applies(document: DocumentNode, matches: (directive: DirectiveNode) => boolean): boolean {
  let found = false
  visit(document, { Directive: (node) => { found ||= matches(node) } })
  return found
}

function isTypeNode(node: DefinitionNode): node is TypeNode {
  return node.kind.endsWith('TypeDefinition') || node.kind.endsWith('TypeExtension')
}

import type { Diagnostic } from '@polyseme/kit/errors'
import { Kind, parse, valueFromASTUntyped, visit } from 'graphql'
import type { ConstDirectiveNode, ConstValueNode, DefinitionNode, DocumentNode, ListValueNode, TypeDefinitionNode, TypeExtensionNode, ValueNode } from 'graphql'
import { ACCESS_DIRECTIVES, REQUIREMENT_ARGUMENT, type AccessDirective } from './access-directives.ts'
import type { AccessTable, Requirement } from './access-table.ts'
import { conjunction, implies, parseRequirement } from './requirement.ts'
import type { SubgraphDefinition } from './supergraph.ts'

/** A coordinate that one subgraph's own text protects. */
export interface DeclaredAccess {
  readonly subgraph: string
  readonly coordinate: string
  readonly directive: AccessDirective
  /** Empty for `@authenticated`. */
  readonly requirement: Requirement
}

/**
 * Reads from a subgraph's text, without the composer, what it protects and what only looks protected:
 * a directive with a federation name that is not federation's protects nothing.
 */
export function readDeclaredAccess(subgraph: SubgraphDefinition, document: DocumentNode = parse(subgraph.sdl)): { readonly declared: readonly DeclaredAccess[]; readonly diagnostics: readonly Diagnostic[] } {
  const bound = boundNames(document)
  const declared: DeclaredAccess[] = []
  const diagnostics: Diagnostic[] = []
  const record = (coordinate: string, directives: readonly ConstDirectiveNode[] | undefined): void => {
    for (const node of directives ?? []) {
      const directive = bound.get(node.name.value)
      if (directive !== undefined) declared.push({ subgraph: subgraph.name, coordinate, directive, requirement: requirementOf(node, directive) })
      else if (looksLikeAccess(node.name.value)) diagnostics.push(unboundDirective(subgraph.name, coordinate, node.name.value))
    }
  }
  for (const definition of document.definitions) {
    if (!isProtectable(definition)) continue
    record(definition.name.value, definition.directives)
    if (!('fields' in definition)) continue
    for (const field of definition.fields ?? []) record(`${definition.name.value}.${field.name.value}`, field.directives)
  }
  return { declared, diagnostics }
}

/** What the subgraphs protect and the table does not protect at least as much; must be empty for a supergraph to be served. */
export function findMissingAccess(table: AccessTable, declared: readonly DeclaredAccess[]): readonly DeclaredAccess[] {
  return declared.filter(({ coordinate, directive, requirement }) => {
    const access = table.get(coordinate)
    if (access === undefined) return true
    if (directive === 'authenticated') return !access.authenticated
    const held = directive === 'requiresScopes' ? access.scopes : access.policies
    return !implies(conjunction(held), requirement)
  })
}

/**
 * The subgraph's text with every requirement as a list of lists, as the specification declares it.
 * Composition fails on the shorter forms that GraphQL allows once two subgraphs' requirements have to be joined.
 */
export function writeRequirementsOut(document: DocumentNode): DocumentNode {
  const bound = boundNames(document)
  return visit(document, {
    Directive(node) {
      const directive = bound.get(node.name.value)
      const name = directive === undefined ? undefined : REQUIREMENT_ARGUMENT[directive]
      if (name === undefined) return undefined
      const written = node.arguments?.map((argument) => (argument.name.value === name ? { ...argument, value: listOf(argument.value, listOf) } : argument))
      return { ...node, arguments: written }
    },
  })
}

function listOf(value: ConstValueNode | ValueNode, inner: (value: ValueNode) => ValueNode = (item) => item): ListValueNode {
  const values: readonly ValueNode[] = value.kind === Kind.LIST ? value.values : [value]
  return { kind: Kind.LIST, values: values.map((item) => inner(item)) }
}

const PROTECTABLE: ReadonlySet<string> = new Set([
  Kind.OBJECT_TYPE_DEFINITION, Kind.OBJECT_TYPE_EXTENSION, Kind.INTERFACE_TYPE_DEFINITION, Kind.INTERFACE_TYPE_EXTENSION,
  Kind.SCALAR_TYPE_DEFINITION, Kind.SCALAR_TYPE_EXTENSION, Kind.ENUM_TYPE_DEFINITION, Kind.ENUM_TYPE_EXTENSION,
])

function isProtectable(definition: DefinitionNode): definition is TypeDefinitionNode | TypeExtensionNode {
  return PROTECTABLE.has(definition.kind)
}

function requirementOf(node: ConstDirectiveNode, directive: AccessDirective): Requirement {
  const argument = node.arguments?.find(({ name }) => name.value === REQUIREMENT_ARGUMENT[directive])
  return argument === undefined ? [] : parseRequirement(valueFromASTUntyped(argument.value))
}

function looksLikeAccess(name: string): boolean {
  return ACCESS_DIRECTIVES.some((directive) => name === directive || name.endsWith(`__${directive}`))
}

/** Names under which a subgraph's text uses federation's access directives: imported, renamed, or under the link's prefix. */
function boundNames(document: DocumentNode): ReadonlyMap<string, AccessDirective> {
  const names = new Map<string, AccessDirective>()
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue
    for (const node of definition.directives ?? []) {
      const link: Readonly<Record<string, unknown>> = Object.fromEntries((node.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]))
      if (typeof link['url'] !== 'string' || !link['url'].startsWith('https://specs.apollo.dev/federation/v2.')) continue
      const prefix = typeof link['as'] === 'string' ? link['as'] : 'federation'
      const imports: readonly unknown[] = Array.isArray(link['import']) ? link['import'] : [link['import']]
      for (const directive of ACCESS_DIRECTIVES) names.set(importedName(imports, directive) ?? `${prefix}__${directive}`, directive)
    }
  }
  return names
}

function importedName(imports: readonly unknown[], directive: AccessDirective): string | undefined {
  for (const entry of imports) {
    if (entry === `@${directive}`) return directive
    if (typeof entry !== 'object' || entry === null || !('name' in entry) || entry.name !== `@${directive}`) continue
    return 'as' in entry && typeof entry.as === 'string' ? entry.as.replace(/^@/, '') : directive
  }
  return undefined
}

function unboundDirective(subgraph: string, coordinate: string, name: string): Diagnostic {
  return {
    rule: 'access-directive-not-imported',
    severity: 'error',
    what: `Domain "${subgraph}": @${name} on ${coordinate} is not federation's directive, so it protects nothing.`,
    expected: 'an access directive that is imported from the federation specification',
    why: 'Composition drops a directive that it does not know; the field would be public.',
    how: `Add "@${name.replace(/^.*__/, '')}" to the import list of @link(url: "https://specs.apollo.dev/federation/v2.9", import: […]), or rename your own directive.`,
  }
}

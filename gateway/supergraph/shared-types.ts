import type { Diagnostic } from '@polyseme/kit/errors'
import { Kind, print } from 'graphql'
import type { DocumentNode, TypeDefinitionNode, TypeExtensionNode } from 'graphql'
import type { SubgraphDefinition } from './supergraph.ts'

/** A steward's word that a type name means the same in several domains, so that their definitions may merge. */
export interface SharedType {
  readonly type: string
  readonly domains: readonly string[]
}

/** A subgraph and its parsed text. */
export interface ParsedSubgraph {
  readonly definition: SubgraphDefinition
  readonly document: DocumentNode
}

/**
 * Types that several domains define and that no steward declared shared: composing them would merge two meanings.
 *
 * Free to share: value types written the same in each domain (a page's information, filter inputs, scalars),
 * and whatever the gateway's own in-process subgraphs add to a domain's types.
 */
export function findUndeclaredSharing(subgraphs: readonly ParsedSubgraph[], declared: readonly SharedType[]): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = []
  for (const [type, owners] of definitionsByType(subgraphs)) {
    if (owners.size < 2 || isValueType([...owners.values()])) continue
    const domains = [...owners.keys()].sort()
    if (declared.some((shared) => shared.type === type && domains.every((domain) => shared.domains.includes(domain)))) continue
    diagnostics.push(undeclaredSharing(type, domains))
  }
  return diagnostics
}

type TypeNode = TypeDefinitionNode | TypeExtensionNode

function definitionsByType(subgraphs: readonly ParsedSubgraph[]): Map<string, Map<string, TypeNode[]>> {
  const types = new Map<string, Map<string, TypeNode[]>>()
  for (const { definition, document } of subgraphs) {
    if (definition.url.startsWith('inprocess:')) continue
    const roots = rootTypeNames(document)
    for (const node of document.definitions) {
      if (!isTypeNode(node) || roots.has(node.name.value) || isFederationName(node.name.value)) continue
      const owners = types.get(node.name.value) ?? new Map<string, TypeNode[]>()
      owners.set(definition.name, [...(owners.get(definition.name) ?? []), node])
      types.set(node.name.value, owners)
    }
  }
  return types
}

function isValueType(owners: readonly (readonly TypeNode[])[]): boolean {
  const [first, ...others] = owners.map(shapeOf)
  return first !== undefined && !first.entity && others.every((other) => !other.entity && other.text === first.text)
}

/** What a type's data can look like; descriptions, order and directives other than keys make no difference. */
function shapeOf(nodes: readonly TypeNode[]): { readonly text: string; readonly entity: boolean } {
  const lines = new Set<string>()
  let entity = false
  for (const node of nodes) {
    lines.add(node.kind.replace(/Extension$/, 'Definition'))
    entity ||= node.directives?.some(({ name }) => name.value === 'key' || name.value.endsWith('__key')) ?? false
    if ('fields' in node) {
      for (const field of node.fields ?? []) {
        const args = 'arguments' in field ? (field.arguments ?? []).map((argument) => `${argument.name.value}: ${print(argument.type)}`).sort() : []
        lines.add(`${field.name.value}(${args.join(', ')}): ${print(field.type)}`)
      }
    }
    if ('values' in node) for (const value of node.values ?? []) lines.add(value.name.value)
    if ('types' in node) for (const member of node.types ?? []) lines.add(member.name.value)
  }
  return { text: [...lines].sort().join('\n'), entity }
}

function rootTypeNames(document: DocumentNode): ReadonlySet<string> {
  const names = new Set(['Query', 'Mutation', 'Subscription'])
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue
    for (const { type } of definition.operationTypes ?? []) names.add(type.name.value)
  }
  return names
}

function isFederationName(name: string): boolean {
  return name.startsWith('_') || name.startsWith('federation__') || name.startsWith('link__') || name === 'FieldSet'
}

function isTypeNode(node: DocumentNode['definitions'][number]): node is TypeNode {
  return node.kind.endsWith('TypeDefinition') || node.kind.endsWith('TypeExtension')
}

function undeclaredSharing(type: string, domains: readonly string[]): Diagnostic {
  const list = domains.map((domain) => `"${domain}"`).join(', ')
  return {
    rule: 'type-shared-undeclared',
    severity: 'error',
    what: `Type "${type}" is defined by the domains ${list}.`,
    expected: 'one domain per type name, or a steward\'s declaration that the name means the same in all of them',
    why: 'Federation would merge the definitions into one type and treat two meanings as one.',
    how: `Give each domain its own name (${domains.map((domain) => `${domain.charAt(0).toUpperCase()}${domain.slice(1)}${type}`).join(', ')}) and map the senses in the lexicon; or, if they are one, let a steward declare { type: ${type}, domains: [${domains.join(', ')}] } under sharedTypes of the mesh's governance file, with the reason.`,
  }
}

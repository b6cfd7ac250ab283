import type { ServiceDefinition } from '@apollo/federation-internals'
import { Kind, parse, type FieldDefinitionNode, type InputValueDefinitionNode } from 'graphql'
import { isFederationDirective, namedTypeOf, textOf, type SubgraphFacts, type TypeNode } from './subgraph-facts.ts'

/** How each directive that a composed graph can link is applied to a field. */
const APPLIED: ReadonlyMap<string, string> = new Map([
  ['tag', 'Int @tag(name: "x")'], ['inaccessible', 'Int @inaccessible'], ['authenticated', 'Int @authenticated'], ['requiresScopes', 'Int @requiresScopes(scopes: [["x"]])'],
  ['policy', 'Int @policy(policies: [["x"]])'], ['cost', 'Int @cost(weight: 1)'], ['listSize', '[Int] @listSize(assumedSize: 1)'],
])

/**
 * Subgraphs to compose a part of a mesh with: one that applies each directive that the whole mesh's graph links, before the others and in
 * its order, since a graph links in the order of first use; and one with a root field of its own, so that no root field is everywhere.
 */
export function madeUpSubgraphs({ name, version, directives, standIns }: { readonly name: string; readonly version: number; readonly directives: readonly string[]; readonly standIns: string }): ServiceDefinition[] {
  const subgraph = (own: string, imported: string, definitions: string): ServiceDefinition => ({
    name: own, url: '', typeDefs: parse(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.${version}", import: ["@${imported}"])\n${definitions}`),
  })
  const first = directives.flatMap((directive, index) => {
    const applied = APPLIED.get(directive)
    return applied === undefined ? [] : [subgraph(`0${index}${name}`, directive, `type Query { ${name}${index}: ${applied} }`)]
  })
  return [...first, subgraph(name, 'shareable', `type Query { ${name}: Int }\n${standIns}`)]
}

const BUILT_IN: ReadonlySet<string> = new Set(['Int', 'Float', 'String', 'Boolean', 'ID'])

/** Whether a subgraph only refers to parts of a type, so that composing it needs another that has them. */
export function refersElsewhere(nodes: readonly TypeNode[]): boolean {
  return isExtensionOnly(nodes) || nodes.some((node) => node.directives?.some((directive) => isFederationDirective(directive, 'interfaceObject'))) || externalFields(nodes).length > 0
}

/** Whether fields of a made-up subgraph can stand for what is missing of the type: a field of a leaf type needs nothing else. */
export function canStandIn(facts: SubgraphFacts, nodes: readonly TypeNode[], touched: ReadonlySet<string>): boolean {
  if (nodes.some((node) => !OBJECT_KINDS.has(node.kind) || node.directives?.some((directive) => isFederationDirective(directive, 'interfaceObject')))) return false
  return externalFields(nodes).flatMap(typesOfField).every((type) => BUILT_IN.has(type) || (!touched.has(type) && leafText(facts, type) !== undefined))
}

/** Definitions for a made-up subgraph, of what the chosen subgraphs only refer to and none of them has; of no touched type. */
export function standInsFor(chosen: readonly SubgraphFacts[], touched: ReadonlySet<string>, ownField: string): string {
  const types = new Map<string, Map<string, string>>()
  const leaves = new Map<string, string>()
  for (const facts of chosen) {
    for (const [name, nodes] of facts.types) {
      if (touched.has(name) || !refersElsewhere(nodes) || !canStandIn(facts, nodes, touched)) continue
      const fields = types.get(name) ?? new Map([[ownField, 'Int']])
      types.set(name, fields)
      for (const field of externalFields(nodes)) {
        if (chosen.some((other) => hasItself(other, name, field.name.value))) continue
        fields.set(`${field.name.value}${(field.arguments ?? []).length === 0 ? '' : `(${(field.arguments ?? []).map(argumentText).join(', ')})`}`, textOf(field.type))
        for (const type of typesOfField(field)) if (!BUILT_IN.has(type)) leaves.set(type, leafText(facts, type) ?? '')
      }
    }
  }
  const objects = [...types].map(([name, fields]) => `type ${name} { ${[...fields].map(([field, type]) => `${field}: ${type} @shareable`).join('\n')} }`)
  return [...objects, ...leaves.values()].join('\n')
}

const OBJECT_KINDS: ReadonlySet<string> = new Set([Kind.OBJECT_TYPE_DEFINITION, Kind.OBJECT_TYPE_EXTENSION])

function isExtensionOnly(nodes: readonly TypeNode[]): boolean {
  return nodes.every((node) => node.kind.endsWith('Extension') || node.directives?.some((directive) => isFederationDirective(directive, 'extends')))
}

function externalFields(nodes: readonly TypeNode[]): readonly FieldDefinitionNode[] {
  return nodes.flatMap((node) => {
    if (!('fields' in node)) return []
    const whole = isExternal(node)
    return (node.fields ?? []).filter((field): field is FieldDefinitionNode => field.kind === Kind.FIELD_DEFINITION && (whole || isExternal(field)))
  })
}

function isExternal({ directives }: Pick<TypeNode | FieldDefinitionNode, 'directives'>): boolean {
  return directives?.some((directive) => isFederationDirective(directive, 'external')) ?? false
}

function hasItself({ types }: SubgraphFacts, name: string, field: string): boolean {
  return (types.get(name) ?? []).some((node) => 'fields' in node && !isExternal(node) && node.fields?.some((one) => one.name.value === field && !isExternal(one)))
}

function typesOfField({ type, arguments: given = [] }: FieldDefinitionNode): readonly string[] {
  return [type, ...given.map((argument) => argument.type)].map(namedTypeOf)
}

function argumentText({ name, type, defaultValue }: InputValueDefinitionNode): string {
  return `${name.value}: ${textOf(type)}${defaultValue === undefined ? '' : ` = ${textOf(defaultValue)}`}`
}

function leafText({ types }: SubgraphFacts, name: string): string | undefined {
  const nodes = types.get(name) ?? []
  if (nodes.some(({ kind }) => kind === Kind.SCALAR_TYPE_DEFINITION)) return `scalar ${name}`
  const values = nodes.flatMap((node) => ('values' in node ? node.values ?? [] : []))
  return values.length === 0 ? undefined : `enum ${name} { ${values.map((value) => value.name.value).join(' ')} }`
}

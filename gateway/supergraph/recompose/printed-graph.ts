import { Kind, parse, type ConstDirectiveNode, type DefinitionNode, type DocumentNode, type EnumTypeDefinitionNode, type ObjectTypeDefinitionNode } from 'graphql'
import { textOf } from './subgraph-facts.ts'

/** A composed graph's text in parts: links, directive definitions and types, the latter in the order of their names. */
export interface PrintedGraph {
  readonly sdl: string
  /** The schema definition and the directive definitions, as they follow each other. */
  readonly head: readonly DefinitionNode[]
  readonly types: ReadonlyMap<string, DefinitionNode>
  readonly query: ObjectTypeDefinitionNode
  readonly graphs: EnumTypeDefinitionNode
}

/** Takes a text of the composer apart; undefined where putting it together again would give another text. */
export function parsePrintedGraph(sdl: string): PrintedGraph | undefined {
  const { definitions } = parse(sdl)
  const types = new Map<string, DefinitionNode>()
  const head: DefinitionNode[] = []
  for (const definition of definitions) {
    const isHead = definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.DIRECTIVE_DEFINITION
    if (isHead && types.size === 0) head.push(definition)
    else if (!isHead && 'name' in definition && definition.name !== undefined) types.set(definition.name.value, definition)
    else return undefined
  }
  const query = types.get('Query')
  const graphs = types.get('join__Graph')
  if (query?.kind !== Kind.OBJECT_TYPE_DEFINITION || graphs?.kind !== Kind.ENUM_TYPE_DEFINITION || head.length + types.size !== definitions.length) return undefined
  const graph: PrintedGraph = { sdl, head, types, query, graphs }
  return printGraph(graph.head, graph.types).sdl === sdl ? graph : undefined
}

/** Puts a composed graph's text together from parts of others, with the parsed form. */
export function printGraph(head: readonly DefinitionNode[], types: ReadonlyMap<string, DefinitionNode>): { readonly sdl: string; readonly document: DocumentNode } {
  // The order is the composer's own.
  const definitions = [...head, ...[...types].sort(([a], [b]) => a.localeCompare(b)).map(([, definition]) => definition)]
  return { sdl: definitions.map(textOf).join('\n\n'), document: { kind: Kind.DOCUMENT, definitions } }
}

/** Text of the links that a graph declares, one by one. */
export function linksOf({ head }: PrintedGraph): readonly string[] {
  return head.flatMap((definition) => (definition.kind === Kind.SCHEMA_DEFINITION ? definition.directives ?? [] : [])).map(textOf)
}

/** Names of the directives for which a graph has its links, in their order. */
export function composedDirectives(graph: PrintedGraph): readonly string[] {
  return linksOf(graph).flatMap((link) => {
    const imports = [...link.matchAll(/"@(\w+)"/g)].map(([, name = '']) => name)
    return imports.length > 0 ? imports : [/specs\.apollo\.dev\/(\w+)\//.exec(link)?.[1] ?? '']
  })
}

/** Name of each subgraph's value in the graph's enum, by the subgraph's name. */
export function graphValues({ graphs }: PrintedGraph): ReadonlyMap<string, { readonly value: string; readonly text: string }> {
  return new Map((graphs.values ?? []).map((node) => [stringArgument(node.directives?.[0], 'name') ?? '', { value: node.name.value, text: textOf(node) }]))
}

function stringArgument(directive: ConstDirectiveNode | undefined, argument: string): string | undefined {
  const value = directive?.arguments?.find(({ name }) => name.value === argument)?.value
  return value?.kind === Kind.STRING ? value.value : undefined
}

/** The enum of subgraphs, from the text of its values. */
export function printGraphEnum(values: readonly string[]): DefinitionNode | undefined {
  return parse(`enum join__Graph {\n${values.map((text) => `  ${text}`).join('\n')}\n}`).definitions[0]
}

/** `Query` as the composer prints it: every subgraph has one, and no other directive is on it. */
export function printQuery(graphValueNames: readonly string[], fields: readonly string[]): DefinitionNode | undefined {
  const lines = fields.map((text, index) => `${index > 0 && text.startsWith('"') ? '\n' : ''}  ${text}`)
  return parse(`type Query\n${graphValueNames.map((name) => `  @join__type(graph: ${name})`).join('\n')}\n{\n${lines.join('\n')}\n}`).definitions[0]
}

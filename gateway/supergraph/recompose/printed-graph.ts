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
  return joinText(definitions) === sdl ? graph : undefined
}

function joinText(definitions: readonly DefinitionNode[]): string {
  return definitions.map(textOf).join('\n\n')
}

/** A graph's text with some types replaced, taken out or put in at the place that the composer would give them; and its parsed form. */
export function printWith(graph: PrintedGraph, changed: ReadonlyMap<string, DefinitionNode | undefined>): { readonly sdl: string; readonly document: DocumentNode } {
  const added = [...changed].filter(([name, definition]) => definition !== undefined && !graph.types.has(name)).sort(([a], [b]) => a.localeCompare(b))
  const definitions = [...graph.head]
  const place = ([name, definition]: readonly [string, DefinitionNode | undefined]): void => {
    const placed = changed.has(name) ? changed.get(name) : definition
    if (placed !== undefined) definitions.push(placed)
  }
  for (const entry of graph.types) {
    while (added[0] !== undefined && added[0][0].localeCompare(entry[0]) < 0) place(added.shift() ?? entry)
    place(entry)
  }
  for (const entry of added) place(entry)
  return { sdl: joinText(definitions), document: { kind: Kind.DOCUMENT, definitions } }
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

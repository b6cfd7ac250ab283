import { Kind, type DefinitionNode, type DocumentNode } from 'graphql'
import { graphValues, linksOf, printGraphEnum, printQuery, printWith, type PrintedGraph } from './printed-graph.ts'
import { textOf, type SubgraphFacts } from './subgraph-facts.ts'
import type { ChangedSubgraph } from './touched-places.ts'

export interface SpliceParts {
  readonly before: PrintedGraph
  /** Composed of the subgraphs that have what was touched, and one more. */
  readonly reduced: PrintedGraph
  readonly touched: ReadonlySet<string>
  readonly changes: readonly ChangedSubgraph[]
  /** All subgraphs, in composition's order. */
  readonly after: readonly SubgraphFacts[]
}

/** The graph before with what was touched from the reduced one; undefined where a text is not of the form that it is taken to have. */
export function spliceGraph(parts: SpliceParts): { readonly sdl: string; readonly document: DocumentNode } | undefined {
  const { before, reduced, touched } = parts
  if (!hasHeadOf(before, reduced)) return undefined
  const graphs = graphLines(parts)
  const query = graphs === undefined ? undefined : spliceQuery(parts, graphs.map(({ value }) => value))
  const graphEnum = graphs === undefined ? undefined : printGraphEnum(graphs.map(({ text }) => text))
  if (query === undefined || graphEnum === undefined) return undefined
  const types = new Map<string, DefinitionNode | undefined>([['Query', query], ['join__Graph', graphEnum]])
  for (const place of touched) {
    if (place.startsWith('Query.')) continue
    // Names with a separator may be the specifications' own, or make an alias of them necessary.
    if (place.includes('__') || before.head.some((definition) => 'name' in definition && definition.name?.value === place)) return undefined
    const [old, fresh] = [before.types.get(place), reduced.types.get(place)]
    if (old !== undefined && fresh !== undefined && printsValuesOtherwise(old, fresh)) return undefined
    types.set(place, fresh)
  }
  // The schema definition names the root types that there are.
  if (['Mutation', 'Subscription'].some((root) => types.has(root) && (types.get(root) !== undefined) !== before.types.has(root))) return undefined
  return printWith(before, types)
}

/** Whether a default value of the type may be written otherwise than before, wherever it stands: `RED` or `"RED"`. */
function printsValuesOtherwise(old: DefinitionNode, fresh: DefinitionNode): boolean {
  if (old.kind !== fresh.kind) return true
  if (old.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION || fresh.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) return false
  const types = new Map((fresh.fields ?? []).map(({ name, type }) => [name.value, textOf(type)]))
  return (old.fields ?? []).some(({ name, type }) => types.get(name.value) !== textOf(type))
}

/** Whether all that the reduced graph links and defines for it stands in the graph before, links in the same order. */
function hasHeadOf(before: PrintedGraph, reduced: PrintedGraph): boolean {
  const order = linksOf(before)
  // An alias is chosen so that it is nobody's name: it can change with any name.
  if (order.some((link) => link.includes(' as: '))) return false
  const places = linksOf(reduced).map((link) => order.indexOf(link))
  const known = new Set([...before.head, ...[...before.types.values()].filter(isSpecType)].map(textOf))
  return places.every((place, index) => place > (places[index - 1] ?? -1))
    && [...reduced.head, ...[...reduced.types.values()].filter(isSpecType)].every((definition) => definition.kind === Kind.SCHEMA_DEFINITION || known.has(textOf(definition)))
}

function isSpecType(definition: DefinitionNode): boolean {
  return 'name' in definition && definition.name !== undefined && definition.name.value.includes('__') && definition.name.value !== 'join__Graph'
}

interface GraphLine {
  readonly value: string
  readonly text: string
}

/** The values of the subgraphs' enum, in order. */
function graphLines({ before, reduced, changes, after }: SpliceParts): readonly GraphLine[] | undefined {
  const changed = new Set(changes.map(({ name }) => name))
  const [old, fresh] = [graphValues(before), graphValues(reduced)]
  const lines = after.map(({ name }) => (changed.has(name) ? fresh : old).get(name))
  // A number at the end tells names apart that would else be one: it depends on all of them.
  const known = lines.filter((line) => line !== undefined && !/_\d+$/.test(line.value)).map((line) => line as GraphLine)
  const agree = after.every(({ name }) => (fresh.get(name)?.value ?? old.get(name)?.value) === (old.get(name)?.value ?? fresh.get(name)?.value))
  return agree && known.length === after.length && new Set(known.map(({ value }) => value)).size === known.length && ![...old.values()].some(({ value }) => /_\d+$/.test(value)) ? known : undefined
}

/** Fields in the order of their first subgraph's text; those untouched from before. */
function spliceQuery(parts: SpliceParts, graphs: readonly string[]): DefinitionNode | undefined {
  const { before, reduced, touched, changes, after } = parts
  if (changes.some((change) => [change.before, change.after].some((facts) => facts?.queryNodes.some((node) => (node.directives ?? []).length > 0 || ('description' in node && node.description !== undefined)) ?? false))) return undefined
  const [old, fresh] = [fieldTexts(before), fieldTexts(reduced)]
  if (!isQueryOf(before, [...graphValues(before).values()].map(({ value }) => value)) || !isQueryOf(reduced, [...graphValues(reduced).values()].map(({ value }) => value))) return undefined
  const order = queryOrder(after)
  const composed = after.filter(({ name }) => graphValues(reduced).has(name))
  const olds = [...after.filter(({ name }) => !changes.some((change) => change.name === name)), ...changes.flatMap((change) => change.before ?? [])].sort((a, b) => a.name < b.name ? -1 : 1)
  if (!isOrder([...old.keys()], queryOrder(olds)) || !isOrder([...fresh.keys()].filter((field) => order.includes(field)), queryOrder(composed))) return undefined
  const isEverywhere = (field: string): boolean => after.every(({ queryFields }) => queryFields.has(field))
  const fields = order.map((field) => (touched.has(`Query.${field}`) ? fresh : old).get(field))
  if (fields.includes(undefined) || order.some(isEverywhere)) return undefined
  return printQuery(graphs, fields.filter((text) => text !== undefined))
}

function fieldTexts({ query }: PrintedGraph): ReadonlyMap<string, string> {
  return new Map((query.fields ?? []).map((field) => [field.name.value, textOf(field)]))
}

function queryOrder(subgraphs: readonly SubgraphFacts[]): readonly string[] {
  return [...new Set(subgraphs.flatMap(({ queryFields }) => [...queryFields.keys()]))]
}

function isOrder(fields: readonly string[], expected: readonly string[]): boolean {
  return fields.join(' ') === expected.join(' ')
}

/** Whether the type is written as it will be put together again. */
function isQueryOf(graph: PrintedGraph, values: readonly string[]): boolean {
  const again = printQuery(values, [...fieldTexts(graph).values()])
  return again !== undefined && textOf(again) === textOf(graph.query)
}

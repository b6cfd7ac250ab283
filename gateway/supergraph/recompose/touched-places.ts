import { Kind, type FieldDefinitionNode, type InputValueDefinitionNode } from 'graphql'
import { canStandIn, refersElsewhere } from './made-up-subgraphs.ts'
import { namedTypeOf, reachesAcrossTypes, textOf, type SubgraphFacts, type TypeNode } from './subgraph-facts.ts'

/** One subgraph that a change adds (`after` alone), takes away (`before` alone) or alters. */
export interface ChangedSubgraph {
  readonly name: string
  readonly before: SubgraphFacts | undefined
  readonly after: SubgraphFacts | undefined
}

/**
 * The places of the composed graph that a change can alter: names of types, and `Query.field`.
 *
 * A type is merged from its definitions alone, with these exceptions; places that one of them ties together are touched together:
 * - access is carried between an interface and its implementations, and `@interfaceObject` gives them fields;
 * - which of several types a field or argument gets depends on how these relate;
 * - which values an enum keeps that is not the same everywhere depends on where it is used;
 * - where a field set of the changed subgraph reaches into other types, all of that subgraph's types are touched.
 */
export function findTouchedPlaces(changes: readonly ChangedSubgraph[], after: readonly SubgraphFacts[]): ReadonlySet<string> {
  const touched = new Set(changes.flatMap(changedPlaces))
  const ties = tiesBetween(changes, after)
  const open = [...touched]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    for (const tied of ties.get(place) ?? []) {
      if (touched.has(tied)) continue
      touched.add(tied)
      open.push(tied)
    }
  }
  return touched
}

function changedPlaces({ before, after }: ChangedSubgraph): readonly string[] {
  const whole = before === undefined || after === undefined || reachesAcrossTypes(before.document) || reachesAcrossTypes(after.document)
  const textOfPlace = (facts: SubgraphFacts | undefined, place: string): string | undefined => {
    const field = facts?.queryFields.get(place.replace(/^Query\./, ''))
    if (place.startsWith('Query.')) return field === undefined ? undefined : textOf(field)
    return facts?.types.get(place)?.map(textOf).join('\n')
  }
  const places = new Set([before, after].flatMap((facts) => (facts === undefined ? [] : placesOf(facts))))
  return [...places].filter((place) => whole || textOfPlace(before, place) !== textOfPlace(after, place))
}

export function placesOf({ types, queryFields }: SubgraphFacts): readonly string[] {
  return [...types.keys(), ...[...queryFields.keys()].map((field) => `Query.${field}`)]
}

/** Which places have to be merged together. */
function tiesBetween(changes: readonly ChangedSubgraph[], after: readonly SubgraphFacts[]): ReadonlyMap<string, ReadonlySet<string>> {
  const ties = new Map<string, Set<string>>()
  const tie = (places: readonly string[]): void => {
    const [hub, ...others] = places
    if (hub === undefined) return
    for (const other of others) {
      ties.set(hub, (ties.get(hub) ?? new Set()).add(other))
      ties.set(other, (ties.get(other) ?? new Set()).add(hub))
    }
  }
  // What tied places together until now may have left its mark on both.
  const everything = [...after, ...changes.flatMap(({ before }) => before ?? [])]
  for (const { types } of everything) {
    for (const [name, nodes] of types) for (const node of nodes) if ('interfaces' in node) for (const { name: { value } } of node.interfaces ?? []) tie([name, value])
  }
  for (const [place, definers] of definersOf(after)) {
    if (definers.length < 2) continue
    for (const named of typesByElement(definers.flatMap((facts) => nodesAt(facts, place))).values()) if (named.size > 1) tie([place, ...named])
    if (isUneven(definers, place)) for (const facts of everything) if (facts.types.has(place)) tie([place, ...usersOf(facts, place)])
  }
  return ties
}

function usersOf(facts: SubgraphFacts, type: string): readonly string[] {
  return placesOf(facts).filter((place) => [...typesByElement(nodesAt(facts, place)).values()].some((named) => named.has(type)))
}

function definersOf(subgraphs: readonly SubgraphFacts[]): ReadonlyMap<string, readonly SubgraphFacts[]> {
  const definers = new Map<string, SubgraphFacts[]>()
  for (const facts of subgraphs) {
    for (const place of placesOf(facts)) {
      const known = definers.get(place)
      if (known === undefined) definers.set(place, [facts])
      else known.push(facts)
    }
  }
  return definers
}

function nodesAt({ types, queryFields }: SubgraphFacts, place: string): readonly (TypeNode | FieldDefinitionNode)[] {
  const field = place.startsWith('Query.') ? queryFields.get(place.slice('Query.'.length)) : undefined
  return field === undefined ? types.get(place) ?? [] : [field]
}

/** The types that each field and argument is of, in one definition or another. */
function typesByElement(nodes: readonly (TypeNode | FieldDefinitionNode)[]): ReadonlyMap<string, ReadonlySet<string>> {
  const types = new Map<string, Set<string>>()
  const note = (element: string, { name, type }: FieldDefinitionNode | InputValueDefinitionNode): void => {
    const key = `${element}.${name.value}`
    types.set(key, (types.get(key) ?? new Set()).add(namedTypeOf(type)))
  }
  for (const node of nodes) {
    const fields = node.kind === Kind.FIELD_DEFINITION ? [node] : 'fields' in node ? node.fields ?? [] : []
    for (const field of fields) {
      note('', field)
      if ('arguments' in field) for (const argument of field.arguments ?? []) note(`.${field.name.value}`, argument)
    }
  }
  return types
}

/** An enum that has other values in one subgraph than in another. */
function isUneven(subgraphs: readonly SubgraphFacts[], place: string): boolean {
  const valuesOf = (facts: SubgraphFacts): string => (facts.types.get(place) ?? []).flatMap((node) => ('values' in node ? node.values ?? [] : [])).map(({ name }) => name.value).sort().join(' ')
  return new Set(subgraphs.map(valuesOf)).size > 1
}

/** The subgraphs that have to be composed for the touched places to be merged as in the whole graph, and without false errors where that is easily had. */
export function subgraphsToCompose(touched: ReadonlySet<string>, changes: readonly ChangedSubgraph[], after: readonly SubgraphFacts[]): ReadonlySet<SubgraphFacts> {
  const definers = definersOf(after)
  const chosen = new Set(changes.flatMap(({ after: facts }) => facts ?? []))
  for (const place of touched) for (const facts of definers.get(place) ?? []) chosen.add(facts)
  // What a subgraph only refers to has to be had by another: a set grows while it is walked.
  for (const facts of chosen) {
    for (const [name, nodes] of facts.types) {
      if (!touched.has(name) && refersElsewhere(nodes) && !canStandIn(facts, nodes, touched)) for (const definer of definers.get(name) ?? []) chosen.add(definer)
    }
  }
  return chosen
}

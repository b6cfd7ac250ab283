import { composeServices, validateSatisfiability, type CompositionResult } from '@apollo/composition'
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph as ComposedSupergraph } from '@apollo/federation-internals'
import { parse } from 'graphql'
import { writeRequirementsOut } from '../declared-access.ts'
import type { ParsedSubgraph } from '../shared-types.ts'
import type { SubgraphDefinition } from '../supergraph.ts'
import { madeUpSubgraphs, standInsFor } from './made-up-subgraphs.ts'
import { composedDirectives, parsePrintedGraph, type PrintedGraph } from './printed-graph.ts'
import { spliceGraph } from './splice-graph.ts'
import { carriedDirectives, plainFederationVersion, readSubgraphFacts, usesContext, type SubgraphFacts } from './subgraph-facts.ts'
import { findTouchedPlaces, subgraphsToCompose, type ChangedSubgraph } from './touched-places.ts'

/** A graph that was composed before, by the same composer, and what of. */
export interface ComposedBase {
  readonly sdl: string
  readonly subgraphs: readonly SubgraphDefinition[]
}

export type CompositionHints = NonNullable<CompositionResult['hints']>

/** The graph that composing all subgraphs anew would give, byte for byte. */
export interface Recomposed {
  readonly sdl: string
  readonly composed: ComposedSupergraph
  /** Of the touched types and of what can be reached; what was there before elsewhere is not said again. */
  readonly hints: CompositionHints
}

/** Share of the subgraphs up to which composing only the touched ones is tried. */
const MOST = 0.5

/**
 * Composes only what changed since `base` and puts it in place of what was there; that every field can be reached is proved for
 * the whole graph. Undefined where that is not sure to be what composing everything would give, and where anything is wrong: what
 * is wrong, and whether it is, only composing everything tells.
 */
export function recompose(base: ComposedBase, subgraphs: readonly ParsedSubgraph[], { most = MOST }: { readonly most?: number } = {}): Recomposed | undefined {
  try {
    return tryRecompose(base, subgraphs, most)
  } catch {
    // Whatever it is, composing everything meets it too, and says it in the words that are meant for people.
    return undefined
  }
}

function tryRecompose(base: ComposedBase, subgraphs: readonly ParsedSubgraph[], most: number): Recomposed | undefined {
  const after = subgraphs.map(readSubgraphFacts).sort((a, b) => compareNames(a.name, b.name))
  const changes = findChanges(base, after)
  const olds = changes.flatMap(({ before }) => before ?? [])
  const version = newestPlainVersion([...after, ...olds])
  if (version === undefined || !keepsHead(changes, after)) return undefined
  const touched = findTouchedPlaces(changes, after)
  const chosen = subgraphsToCompose(touched, changes, after)
  if (chosen.size > after.length * most || [...chosen, ...olds].some(({ document }) => usesContext(document))) return undefined
  const before = parsePrintedGraph(base.sdl)
  const reduced = before === undefined ? undefined : composeChosen([...chosen], { before, after, touched, version })
  if (before === undefined || reduced === undefined) return undefined
  const spliced = spliceGraph({ before, reduced: reduced.graph, touched, changes, after })
  if (spliced === undefined) return undefined
  const composed = ComposedSupergraph.build(spliced.document, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
  // As the composer does at the end of merging: what is inaccessible must leave a whole schema.
  composed.apiSchema()
  const { errors, hints = [] } = validateSatisfiability({ supergraphSchema: composed.schema })
  if (errors !== undefined) return undefined
  return { sdl: spliced.sdl, composed, hints: [...reduced.hints.filter((hint) => concerns(hint, touched)), ...hints] }
}

/** Composition's order of subgraphs. */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function findChanges(base: ComposedBase, after: readonly SubgraphFacts[]): readonly ChangedSubgraph[] {
  const olds = new Map(base.subgraphs.map((definition) => [definition.name, definition]))
  const news = new Map(after.map((facts) => [facts.name, facts]))
  return [...new Set([...olds.keys(), ...news.keys()])].flatMap((name): readonly ChangedSubgraph[] => {
    const [before, now] = [olds.get(name), news.get(name)]
    if (before !== undefined && now !== undefined && before.url === now.definition.url && before.sdl === now.definition.sdl) return []
    return [{ name, before: before === undefined ? undefined : readSubgraphFacts({ definition: before, document: parse(before.sdl) }), after: now }]
  })
}

function newestPlainVersion(subgraphs: readonly SubgraphFacts[]): number | undefined {
  const versions = subgraphs.map(({ document }) => plainFederationVersion(document))
  return versions.includes(undefined) ? undefined : Math.max(...versions.map((version) => version ?? 0))
}

/** Whether links, directive definitions and their order stay what they are. */
function keepsHead(changes: readonly ChangedSubgraph[], after: readonly SubgraphFacts[]): boolean {
  const changed = new Set(changes.map(({ name }) => name))
  const staying = after.filter(({ name }) => !changed.has(name))
  // A subgraph brings nothing of its own where one before it, that stays, links the same and applies all that it applies.
  const bringsNothing = (facts: SubgraphFacts | undefined): boolean => facts === undefined
    || staying.some((other) => other.header === facts.header && (carriedDirectives(facts.document).isSubsetOf(compareNames(other.name, facts.name) < 0 ? carriedDirectives(other.document) : new Set())))
  return changes.every(({ before, after: now }) => {
    const same = before !== undefined && now !== undefined && before.header === now.header
      && carriedDirectives(before.document).symmetricDifference(carriedDirectives(now.document)).size === 0
    return same || (bringsNothing(before) && bringsNothing(now))
  })
}

interface WholeMesh {
  readonly before: PrintedGraph
  readonly after: readonly SubgraphFacts[]
  readonly touched: ReadonlySet<string>
  /** Minor version of federation that the newest of all subgraphs links. */
  readonly version: number
}

/** Composes the chosen subgraphs with made-up ones, which have what the chosen ones lack without the rest of the mesh. */
function composeChosen(chosen: readonly SubgraphFacts[], { before, after, touched, version }: WholeMesh): { readonly graph: PrintedGraph; readonly hints: CompositionHints } | undefined {
  let name = 'other'
  while (after.some((facts) => facts.name.toLowerCase().includes(name) || facts.definition.sdl.includes(name))) name += 'x'
  const madeUp = madeUpSubgraphs({ name, version, directives: composedDirectives(before), standIns: standInsFor(chosen, touched, name) })
  const services = chosen.map(({ definition, document }) => ({ name: definition.name, url: definition.url, typeDefs: writeRequirementsOut(document) }))
  const { errors, supergraphSdl, hints } = composeServices([...services, ...madeUp], { runSatisfiability: false })
  if (errors !== undefined) return undefined
  const graph = parsePrintedGraph(supergraphSdl)
  return graph === undefined ? undefined : { graph, hints }
}

function concerns({ element }: CompositionHints[number], touched: ReadonlySet<string>): boolean {
  const coordinate = element !== undefined && 'coordinate' in element ? element.coordinate : ''
  const [type = '', field = ''] = coordinate.split(/[.(]/)
  return type === '' || touched.has(type) || touched.has(`${type}.${field}`)
}

import { composeServices, type CompositionResult } from '@apollo/composition'
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph as ComposedSupergraph } from '@apollo/federation-internals'
import { GatewayError, invalid, ok, type Diagnostic, type Result } from '@polyseme/kit/errors'
import { GraphQLError, parse } from 'graphql'
import { buildSupergraph, type ReadGraph } from './build-supergraph.ts'
import { compositionDiagnostic } from './composition-diagnostic.ts'
import { readDeclaredAccess, writeRequirementsOut, type DeclaredAccess } from './declared-access.ts'
import { recompose, type ComposedBase, type CompositionHints } from './recompose/recompose.ts'
import { conjunctionSize } from './requirement.ts'
import { findUndeclaredSharing, type ParsedSubgraph, type SharedType } from './shared-types.ts'
import type { SubgraphDefinition, Supergraph } from './supergraph.ts'

export interface ComposeOptions {
  /** Types that a steward declared to mean the same in several domains; `any` switches the rule off (a federation taken over as it is). */
  readonly sharedTypes?: readonly SharedType[] | 'any'
}

export interface ComposeAgainOptions extends ComposeOptions {
  /**
   * A graph that this process composed before: only what differs from it is composed. The result is the same, byte for byte; of
   * warnings about what did not change there are none. What was read from elsewhere must not be given: nothing says that it is
   * what these subgraphs compose to, by this composer.
   */
  readonly base?: ComposedBase
}

/** Alternatives that one coordinate's joined requirements may have: AND across domains multiplies them. */
const MAX_ALTERNATIVES = 4_096

/**
 * Composes the subgraphs into one graph, with every finding at once, each naming its domain.
 *
 * @throws COMPOSITION_FAILED when composition succeeded but lost a protection that a subgraph declares.
 */
export function composeSupergraph(subgraphs: readonly SubgraphDefinition[], options: ComposeAgainOptions = {}): Result<Supergraph> {
  const parsed = parseAll(subgraphs)
  if (parsed.kind === 'invalid') return parsed
  const access = parsed.value.map(({ definition, document }) => readDeclaredAccess(definition, document))
  const declared = access.flatMap((one) => one.declared)
  const { sharedTypes = [], base } = options
  const findings: readonly Diagnostic[] = [
    ...access.flatMap((one) => one.diagnostics),
    ...findOversizedRequirements(declared),
    ...(sharedTypes === 'any' ? [] : findUndeclaredSharing(parsed.value, sharedTypes)),
  ]
  if (findings.length > 0) return invalid(findings)

  const again = base === undefined ? undefined : recompose(base, parsed.value)
  if (again !== undefined) return ok(buildSupergraph(again, subgraphs, declared), warningsOf(again.hints))
  const composition = runComposer(parsed.value)
  if (composition === undefined) return invalid([COMPOSER_FAILED])
  if (composition.errors !== undefined) return invalid(composition.errors.map(compositionDiagnostic))
  return ok(buildSupergraph(readGraph(composition.supergraphSdl), subgraphs, declared), warningsOf(composition.hints))
}

function warningsOf(hints: CompositionHints): readonly Diagnostic[] {
  return hints.filter(({ definition }) => definition.level.name === 'WARN').map(({ definition, message }) => ({
    rule: `composition-${definition.code.toLowerCase().replaceAll('_', '-')}`, severity: 'warning', what: message,
  }))
}

/** What a composer wrote it has validated. */
function readGraph(sdl: string): ReadGraph {
  return { sdl, composed: ComposedSupergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, validateSupergraph: false }) }
}

const COMPOSER_FAILED: Diagnostic = {
  rule: 'composition-failed', severity: 'error', what: 'The subgraphs could not be composed: the composer itself failed on them.',
  how: 'Take back the last change of a subgraph, and report the SDL that causes this.',
}

function runComposer(subgraphs: readonly ParsedSubgraph[]): CompositionResult | undefined {
  try {
    return composeServices(subgraphs.map(({ definition, document }) => ({ name: definition.name, url: definition.url, typeDefs: writeRequirementsOut(document) })))
  } catch {
    // The composer reports what it finds and throws only where it is wrong itself: no reason to stop what is running.
    return undefined
  }
}

/**
 * The supergraph of an SDL that was composed earlier from the same subgraphs: nothing is composed again, but that no
 * declared protection is lost is checked again. Taken for granted is that the text is a composer's: of a published graph its
 * signed hash says so; only the schema that clients see is validated once more.
 *
 * @throws COMPOSITION_FAILED when a subgraph does not parse or the SDL lacks a protection that a subgraph declares
 */
export function loadSupergraph(sdl: string, subgraphs: readonly SubgraphDefinition[]): Supergraph {
  const parsed = parseAll(subgraphs)
  if (parsed.kind === 'invalid') throw new GatewayError('COMPOSITION_FAILED', parsed.diagnostics.map(({ what }) => what).join(' '))
  return buildSupergraph(readGraph(sdl), subgraphs, parsed.value.flatMap(({ definition, document }) => readDeclaredAccess(definition, document).declared))
}

function parseAll(subgraphs: readonly SubgraphDefinition[]): Result<readonly ParsedSubgraph[]> {
  const parsed: ParsedSubgraph[] = []
  const diagnostics: Diagnostic[] = []
  const names = new Set<string>()
  for (const definition of subgraphs) {
    if (names.has(definition.name)) diagnostics.push({ rule: 'subgraph-name-taken', severity: 'error', what: `Domain "${definition.name}" is given twice.`, how: 'Give each subgraph a name of its own.' })
    names.add(definition.name)
    try {
      parsed.push({ definition, document: parse(definition.sdl) })
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error
      const [location] = error.locations ?? []
      diagnostics.push({
        rule: 'subgraph-syntax', severity: 'error', what: `Domain "${definition.name}": ${error.message}`, how: 'Correct the GraphQL text at that place.',
        ...(location === undefined ? {} : { position: { file: `${definition.name}.graphql`, line: location.line, column: location.column } }),
      })
    }
  }
  return diagnostics.length > 0 ? invalid(diagnostics) : ok(parsed)
}

function findOversizedRequirements(declared: readonly DeclaredAccess[]): readonly Diagnostic[] {
  const byPlace = Map.groupBy(declared, ({ coordinate, directive }) => `${coordinate} @${directive}`)
  return [...byPlace].flatMap(([place, all]): readonly Diagnostic[] => {
    const size = conjunctionSize(all.map(({ requirement }) => requirement))
    if (size <= MAX_ALTERNATIVES) return []
    return [{
      rule: 'access-requirement-too-large', severity: 'error',
      what: `The requirements on ${place} of ${[...new Set(all.map(({ subgraph }) => `"${subgraph}"`))].join(', ')} have ${size} alternatives together; at most ${MAX_ALTERNATIVES} are allowed.`,
      why: 'A caller must meet all domains\' requirements, and joining them multiplies their alternatives.',
      how: 'Use fewer alternatives: a scope of its own for the combination.',
    }]
  })
}

import { assertNever } from '@polyseme/kit/errors'
import { NO_ROW_RESTRICTIONS, type Mask, type Principal, type RowRestrictions } from '@polyseme/kit/identity'
import { Kind, print, visit } from 'graphql'
import type { DocumentNode, FragmentDefinitionNode, OperationDefinitionNode } from 'graphql'
import { hash } from 'node:crypto'
import { OperationErrors, WeightedCache, type ParsedOperation } from '../operation/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import type { AuthorizedOperation } from './authorized-operation.ts'
import { DENY, type Decider, type Decision } from './decision.ts'
import { deniedErrors } from './denied-errors.ts'
import { concernedCoordinates, fragmentsOf } from './document-coordinates.ts'
import { federationDecider } from './federation-decider.ts'
import { assertArgumentsClear, findDoubtfulArguments, type DoubtfulArgument } from './masked-arguments.ts'
import { filterOperation } from './filter-operation.ts'
import { rightsOf } from './read-rights.ts'

export interface AuthorizeOptions {
  /** Who decides; default: the federation directives of the supergraph, no policy granted. */
  readonly decider?: Decider
  /** `filter` (default) removes what is denied and answers the rest; `reject` refuses an operation of which anything is denied. */
  readonly mode?: 'filter' | 'reject'
}

/**
 * Removes from an operation what the caller may not see and attaches the masks that apply. Absence of permission is
 * denial; `undefined` is a caller without a token.
 *
 * Costs one decision per protected coordinate of the document; the rest is cached by their outcome.
 *
 * @throws OperationErrors UNAUTHORIZED_FIELD_OR_TYPE (403) in mode `reject`; FIELD_NOT_CLEAR an argument of a foreign subgraph could
 * tell of what the caller sees masked
 * @throws GatewayError BAD_REQUEST the request names a purpose that there is not
 */
export function authorize(operation: ParsedOperation, principal: Principal | undefined, supergraph: Supergraph, options: AuthorizeOptions = {}): AuthorizedOperation {
  const decider = options.decider ?? federationDecider(supergraph)
  decider.assertPurpose?.(principal)
  const access = accessOf(operation, supergraph, decider)
  const decisions = decider.decideAll?.(access.coordinates, principal) ?? access.coordinates.map((coordinate) => decider.decide(coordinate, principal))
  const around = decider.masksAround?.(access.coordinates, principal) ?? NO_MASKS
  const rowRestrictions = decider.rowRestrictionsAround?.(access.coordinates, principal) ?? NO_ROW_RESTRICTIONS
  const key = `${decisionsKey(decisions)} ${textKey(around, NO_MASKS)} ${textKey(rowRestrictions, NO_ROW_RESTRICTIONS)}`
  let outcome = access.outcomes.get(key)
  if (outcome === undefined) {
    const byCoordinate = new Map(access.coordinates.map((coordinate, index) => [coordinate, decisions[index] ?? DENY]))
    access.outcomes.set(key, (outcome = decideOutcome(operation, supergraph, decider, { byCoordinate, around, rowRestrictions })))
  }
  if (outcome.doubtful.length > 0) assertArgumentsClear(outcome.doubtful, operation.variables, { principal, supergraph, decider })
  // The only cast to this type: what it promises was done above.
  const { doubtful: _, ...promised } = outcome
  const authorized = { ...promised, original: operation, variables: operation.variables } as unknown as AuthorizedOperation
  if (options.mode === 'reject' && outcome.denied.length > 0) {
    const errors = deniedErrors(authorized)
    if (errors.length > 0) throw new OperationErrors('UNAUTHORIZED_FIELD_OR_TYPE', errors, 403)
  }
  return authorized
}

/** How well the decisions about a document are cached; undefined before it was first authorized. */
export function accessCacheStatistics(operation: ParsedOperation, supergraph: Supergraph, decider: Decider = federationDecider(supergraph)): WeightedCache<string, unknown>['statistics'] | undefined {
  return cache.get(decider)?.get(operation.operation)?.outcomes.statistics
}

interface DocumentAccess {
  /** Coordinates of the document that the decider has a say about. */
  readonly coordinates: readonly string[]
  readonly outcomes: WeightedCache<string, Outcome>
}

interface Outcome extends Pick<AuthorizedOperation, 'document' | 'operation' | 'planKey' | 'denied' | 'shape' | 'masks' | 'rowRestrictions' | 'accessFingerprint'> {
  readonly doubtful: readonly DoubtfulArgument[]
}

const MAX_OUTCOMES_PER_OPERATION = 64

// Goes with the decider (a change of rules) and with the document (its own bounded cache, a change of graph).
const cache = new WeakMap<Decider, WeakMap<OperationDefinitionNode, DocumentAccess>>()

function accessOf(operation: ParsedOperation, supergraph: Supergraph, decider: Decider): DocumentAccess {
  let byOperation = cache.get(decider)
  if (byOperation === undefined) cache.set(decider, (byOperation = new WeakMap()))
  let access = byOperation.get(operation.operation)
  if (access === undefined) {
    const coordinates = concernedCoordinates(executed(operation), supergraph, decider)
    byOperation.set(operation.operation, (access = { coordinates, outcomes: new WeightedCache(MAX_OUTCOMES_PER_OPERATION) }))
  }
  return access
}

/** The operation that runs and the fragments of the document; other operations have no say. */
function executed({ document, operation }: ParsedOperation): DocumentNode {
  return { kind: Kind.DOCUMENT, definitions: document.definitions.filter((definition) => definition === operation || definition.kind === Kind.FRAGMENT_DEFINITION) }
}

interface Decided {
  readonly byCoordinate: ReadonlyMap<string, Decision>
  readonly around: Readonly<Record<string, Mask>>
  readonly rowRestrictions: RowRestrictions
}

function decideOutcome(parsed: ParsedOperation, supergraph: Supergraph, decider: Decider, { byCoordinate, around, rowRestrictions }: Decided): Outcome {
  const fragments = fragmentsOf(parsed.document)
  const { operation, denied, shape } = filterOperation(supergraph.apiSchema, fragments, rightsOf(byCoordinate, supergraph, decider), parsed.operation)
  const masks: Record<string, Mask> = { ...around }
  for (const [coordinate, decision] of byCoordinate) if (decision.kind === 'mask') masks[coordinate] = decision.mask
  const accessFingerprint = hash('sha256', JSON.stringify([[...byCoordinate], masks, rowRestrictions]), 'base64url')
  const doubtful = (document: DocumentNode): readonly DoubtfulArgument[] => findDoubtfulArguments(document, supergraph)
  if (operation === parsed.operation) return { doubtful: doubtful(executed(parsed)), document: parsed.document, operation, planKey: parsed.hash, denied, masks, rowRestrictions, accessFingerprint }

  const left = operation === undefined ? EMPTY : withWhatItUses(operation, fragments)
  const planKey = `${parsed.hash}-${hash('sha256', left.document.definitions.map(print).join('\n'), 'base64url')}`
  return { doubtful: doubtful(left.document), document: left.document, operation: left.operation, planKey, denied, shape, masks, rowRestrictions, accessFingerprint }
}

interface Left {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode | undefined
}

const EMPTY: Left = { document: { kind: Kind.DOCUMENT, definitions: [] }, operation: undefined }

/** The operation as a document of its own, without the variables and fragments that it no longer uses. */
function withWhatItUses(operation: OperationDefinitionNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): Left {
  const usedFragments = new Map<string, FragmentDefinitionNode>()
  const usedVariables = new Set<string>()
  const follow = (node: OperationDefinitionNode | FragmentDefinitionNode): void => {
    visit(node, {
      VariableDefinition: () => false,
      Variable: ({ name }) => void usedVariables.add(name.value),
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value)
        if (fragment === undefined || usedFragments.has(name.value)) return
        usedFragments.set(name.value, fragment)
        follow(fragment)
      },
    })
  }
  follow(operation)
  const { variableDefinitions = [] } = operation
  const pruned = { ...operation, variableDefinitions: variableDefinitions.filter(({ variable }) => usedVariables.has(variable.name.value)) }
  return { document: { kind: Kind.DOCUMENT, definitions: [pruned, ...usedFragments.values()] }, operation: pruned }
}

const NO_MASKS: Readonly<Record<string, Mask>> = Object.freeze({})
const textKeys = new WeakMap<object, string>()

/** Of an object that a decider gave: equal for equal ones. */
function textKey(decided: object, none: object): string {
  let key = textKeys.get(decided)
  if (key === undefined) textKeys.set(decided, (key = decided === none ? '' : hash('sha256', JSON.stringify(decided), 'base64')))
  return key
}

const decisionKeys = new WeakMap<readonly Decision[], string>()

function decisionsKey(decisions: readonly Decision[]): string {
  let key = decisionKeys.get(decisions)
  if (key === undefined) decisionKeys.set(decisions, (key = decisions.map(decisionKey).join('')))
  return key
}

function decisionKey(decision: Decision): string {
  switch (decision.kind) {
    case 'allow':
      return '+'
    case 'deny':
      return '-'
    case 'mask':
      return JSON.stringify(decision.mask)
    default:
      return assertNever(decision)
  }
}

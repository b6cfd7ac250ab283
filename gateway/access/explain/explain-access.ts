import type { Principal } from '@polyseme/kit/identity'
import type { ParsedOperation } from '../../operation/index.ts'
import { meets, type Requirement, type Supergraph } from '../../supergraph/index.ts'
import { documentCoordinates } from '../document-coordinates.ts'
import type { PolicyDecider } from '../policies/index.ts'

/** What a caller gets of one coordinate, who says so, and what would change it. */
export interface AccessExplanation {
  readonly coordinate: string
  /** `clear`, `denied`, or `masked` with the mask's kind: `masked partial`. */
  readonly decision: string
  /** Rules that decided: directives with what they ask, policies by file and id. */
  readonly because: readonly string[]
  /** Which rows of a type the caller sees, by whose rule; absent where it is all of them. */
  readonly rows?: readonly string[]
  /** What the caller would need; absent where everything is in clear. */
  readonly change?: string
}

/** Explains every coordinate of an operation about which some rule has a say, the denied ones first. */
export function explainOperation(operation: ParsedOperation, principal: Principal, supergraph: Supergraph, policies: PolicyDecider): readonly AccessExplanation[] {
  const explained = documentCoordinates(operation.document, supergraph).flatMap((coordinate) => explainCoordinate(coordinate, principal, supergraph, policies) ?? [])
  return explained.sort((one, other) => rank(one) - rank(other) || (one.coordinate < other.coordinate ? -1 : 1))
}

/** Explains one coordinate (`Type` or `Type.field`); undefined where no rule has a say, so that everybody may have it. */
export function explainCoordinate(coordinate: string, principal: Principal, supergraph: Supergraph, policies: PolicyDecider): AccessExplanation | undefined {
  const directives = explainDirectives(coordinate, principal, supergraph, policies)
  if (directives?.decision === 'denied') return directives
  const explained = explainPolicies(coordinate, principal, policies) ?? directives
  if (explained?.decision === 'denied') return explained
  return explainRows(coordinate, principal, { supergraph, policies, explained })
}

interface RowQuestion {
  readonly supergraph: Supergraph
  readonly policies: PolicyDecider
  /** What is known of the coordinate so far. */
  readonly explained: AccessExplanation | undefined
}

/** Row filters of the contract that apply to the caller, and of policies. */
function explainRows(coordinate: string, principal: Principal, { supergraph, policies, explained }: RowQuestion): AccessExplanation | undefined {
  const object = [...supergraph.subgraphs.values()].flatMap(({ products }) => products.flatMap(({ objects }) => objects)).find(({ typeName }) => typeName === coordinate)
  const ofContract = (object?.rowFilters ?? []).filter(({ unlessScopes }) => !unlessScopes.some((scope) => principal.scopes.has(scope)))
  const ofPolicies = policies.explainRows(coordinate, principal)
  if (ofContract.length + ofPolicies.length === 0) return explained
  const rows = [
    ...ofContract.map(({ field, claim }) => `${field} in claim.${claim}: the contract`),
    ...ofPolicies.map(({ policy, rows: left = 'none' }) => `${left}: policy ${policy}`),
  ]
  const claims = [...new Set([...ofContract.map(({ claim }) => claim), ...ofPolicies.flatMap(({ rows: left = '' }) => [...left.matchAll(/claim\.(\S+)/g)].map(([, claim = '']) => claim))])]
  const exempt = ofContract.flatMap(({ unlessScopes }) => (unlessScopes.length === 0 ? [] : [`a token with ${unlessScopes.join(' or ')}`]))
  const change = [`more values in the token's claim ${claims.join(', ')}`, ...exempt, ...ofPolicies.map(({ policy }) => `a change of the policy ${policy}, which forbids to readAllRows`)].join(', or ')
  return { coordinate, decision: 'clear', because: [], ...explained, rows, change }
}

function explainDirectives(coordinate: string, principal: Principal, supergraph: Supergraph, policies: PolicyDecider): AccessExplanation | undefined {
  const access = supergraph.access.get(coordinate)
  if (access === undefined) return undefined
  const missingScopes = access.scopes.filter((requirement) => !meets(principal.scopes, requirement))
  const missingPolicies = access.policies.filter((requirement) => requirement.length > 0 && !requirement.some((set) => set.every((name) => policies.isSatisfied(name, principal))))
  const because = [
    ...(access.authenticated ? ['@authenticated'] : []),
    ...access.scopes.map((requirement) => `@requiresScopes(${inWords(requirement)})`),
    ...access.policies.map((requirement) => `@policy(${inWords(requirement)})`),
  ]
  if (missingScopes.length === 0 && missingPolicies.length === 0) return { coordinate, decision: 'clear', because }
  const needs = [...missingScopes.map((requirement) => `a token with ${inWords(requirement)}`), ...missingPolicies.map((requirement) => `a policy that permits \`satisfy\` on ${inWords(requirement)}`)]
  return { coordinate, decision: 'denied', because, change: needs.join(', and ') }
}

function explainPolicies(coordinate: string, principal: Principal, policies: PolicyDecider): AccessExplanation | undefined {
  if (!policies.concerns(coordinate)) return undefined
  const explanation = policies.explain(coordinate, principal)
  const decision = explanation?.decision ?? policies.decide(coordinate, principal)
  if (explanation === undefined) {
    // A type is denied when all of its fields are; the fields say why, and also what of it may be seen.
    return decision.kind === 'deny' ? { coordinate, decision: 'denied', because: ['none of its fields may be read'], change: 'what one of its fields needs' } : undefined
  }
  const { action, policies: ids, needs } = explanation
  const because = ids.length === 0 ? [`no policy permits \`${action}\``] : ids.map((id) => `policy ${id}`)
  if (decision.kind === 'allow') return { coordinate, decision: 'clear', because }
  const shown = decision.kind === 'deny' ? 'denied' : `masked ${decision.mask.kind}`
  return { coordinate, decision: shown, because, change: needs }
}

/** Outer list OR, inner list AND. */
function inWords(requirement: Requirement): string {
  return requirement.map((set) => set.join(' and ')).join(' or ')
}

function rank({ decision }: AccessExplanation): number {
  return decision === 'denied' ? 0 : decision === 'clear' ? 2 : 1
}

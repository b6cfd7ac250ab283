import { BoundedMap, type Principal } from '@polyseme/kit/identity'
import { meets, type CoordinateAccess, type Requirement, type Supergraph } from '../supergraph/index.ts'
import { ALLOW, DENY, type Decider, type Decision } from './decision.ts'

/** Answers the names that `@policy` lists; a name that nobody answers is not granted. */
export type PolicyAnswer = (policy: string, principal: Principal | undefined) => boolean

const NO_POLICY_GRANTED: PolicyAnswer = () => false

const deciders = new WeakMap<Supergraph, Decider>()

/** The decider of `@authenticated`, `@requiresScopes` and `@policy`; without `answerPolicy` no policy is granted. */
export function federationDecider(supergraph: Supergraph, answerPolicy?: PolicyAnswer): Decider {
  if (answerPolicy !== undefined) return new FederationDecider(supergraph, answerPolicy)
  let decider = deciders.get(supergraph)
  if (decider === undefined) deciders.set(supergraph, (decider = new FederationDecider(supergraph, NO_POLICY_GRANTED)))
  return decider
}

class FederationDecider implements Decider {
  readonly #access: ReadonlyMap<string, CoordinateAccess>
  readonly #answerPolicy: PolicyAnswer
  /** All that decides: scopes that some coordinate asks for, and policies. */
  readonly #scopes: ReadonlySet<string>
  readonly #policies: readonly string[]
  readonly #decided = new WeakMap<readonly string[], BoundedMap<string, readonly Decision[]>>()

  constructor(supergraph: Supergraph, answerPolicy: PolicyAnswer) {
    this.#access = supergraph.access
    this.#answerPolicy = answerPolicy
    this.#scopes = new Set([...this.#access.values()].flatMap(({ scopes }) => scopes.flat(2)))
    this.#policies = [...new Set([...this.#access.values()].flatMap(({ policies }) => policies.flat(2)))].sort()
  }

  concerns(coordinate: string): boolean {
    return this.#access.has(coordinate)
  }

  decideAll(coordinates: readonly string[], principal: Principal | undefined): readonly Decision[] {
    let byRights = this.#decided.get(coordinates)
    if (byRights === undefined) this.#decided.set(coordinates, (byRights = new BoundedMap(MAX_RIGHTS)))
    const rights = this.#rightsOf(principal)
    let decisions = byRights.get(rights)
    if (decisions === undefined) byRights.set(rights, (decisions = coordinates.map((coordinate) => this.decide(coordinate, principal))))
    return decisions
  }

  /** Equal for two callers exactly when every decision for them is. */
  #rightsOf(principal: Principal | undefined): string {
    const policies = this.#policies.map((policy) => (this.#answerPolicy(policy, principal) ? '1' : '0')).join('')
    // No scope has a line's end in it.
    if (principal === undefined) return `\n${policies}`
    return `${[...principal.scopes].filter((scope) => this.#scopes.has(scope)).sort().join(' ')} ${policies}`
  }

  decide(coordinate: string, principal: Principal | undefined): Decision {
    const access = this.#access.get(coordinate)
    if (access === undefined) return ALLOW
    if (access.authenticated && principal === undefined) return DENY
    if (!access.scopes.every((requirement) => meets(principal?.scopes ?? NOTHING, requirement))) return DENY
    if (!access.policies.every((requirement) => this.#meetsPolicies(requirement, principal))) return DENY
    return ALLOW
  }

  #meetsPolicies(requirement: Requirement, principal: Principal | undefined): boolean {
    return requirement.length === 0 || requirement.some((set) => set.every((policy) => this.#answerPolicy(policy, principal)))
  }
}

/** Sets of rights for which the decisions about one document are kept. */
const MAX_RIGHTS = 1_000
const NOTHING: ReadonlySet<string> = new Set()

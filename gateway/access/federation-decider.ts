import type { Principal } from '@polyseme/kit/identity'
import { meets, type CoordinateAccess, type Requirement, type Supergraph } from '../supergraph/index.ts'
import { ALLOW, DENY, type Decider } from './decision.ts'

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

  constructor(supergraph: Supergraph, answerPolicy: PolicyAnswer) {
    this.#access = supergraph.access
    this.#answerPolicy = answerPolicy
  }

  concerns(coordinate: string): boolean {
    return this.#access.has(coordinate)
  }

  decide(coordinate: string, principal: Principal | undefined): typeof ALLOW {
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

const NOTHING: ReadonlySet<string> = new Set()

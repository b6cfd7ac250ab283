import { assertNever, findNearestName, GatewayError } from '@polyseme/kit/errors'
import { BoundedMap, NO_ROW_RESTRICTIONS, type Mask, type Principal, type RowRestrictions } from '@polyseme/kit/identity'
import { ALLOW, DENY, type Decider, type Decision } from '../decision.ts'
import { viewCaller, type CallerView } from './caller-view.ts'
import type { CompiledPolicies } from './compile-policies.ts'
import type { FieldView } from './field-view.ts'
import { fitMask } from './fit-mask.ts'
import { ALL_ROWS, explainRows, judgeRows, mayLeaveRowsOut, restrictionsOf, type RowExplanation, type RowVerdict } from './judge-rows.ts'
import { coveredTypes, type CoveredCoordinate } from './covered-types.ts'
import { KnownFields, type KnownField } from './known-fields.ts'
import type { PolicyField } from './policy-mesh.ts'
import { needsOf } from './policy-needs.ts'
import { PolicyQuestions, type ChangeAction } from './policy-questions.ts'

/** Products for which a caller has an agreement in force; for the purpose that the principal names, if it names one. */
export interface AgreementLookup {
  productsFor(principal: Principal): readonly string[]
}

export interface PolicyDeciderOptions {
  /** Default: nobody has an agreement. */
  readonly agreements?: AgreementLookup
  /** What the answer is for; `export` asks for that right as well. Default `read`. */
  readonly use?: 'read' | 'export'
  /** Told about a policy that could not be evaluated; the request it concerned was denied. */
  readonly report?: (policyId: string) => void
}

/** Why a coordinate is decided as it is. */
export interface PolicyExplanation {
  readonly coordinate: string
  readonly decision: Decision
  /** Ids of the policies that say so; empty when nothing permits. */
  readonly policies: readonly string[]
  /** The action that was decided last: `reveal` when the value is masked. */
  readonly action: string
  /** What the caller would need to see the value in clear; empty when it does. */
  readonly needs: string
}

/** The policies as a decider; see `Decider`. */
export interface PolicyDecider extends Decider {
  /**
   * Every field of the coordinates' domains that the caller does not see in clear, with its mask; one that the caller may
   * not see at all counts as masked `null`. The domain's subgraph refuses filters, sorts, groups and aggregates on these.
   * Where a contract guards differences of aggregates, `TypeSums.field` stands for a field that may not be added up either.
   * Keys are left out: the gateway joins by them, whether the caller may see them or not.
   */
  masksAround(coordinates: readonly string[], principal: Principal | undefined): Readonly<Record<string, Mask>>
  /** Policies' row filters on every object of the coordinates' domains, for this caller. */
  rowRestrictionsAround(coordinates: readonly string[], principal: Principal | undefined): RowRestrictions
  /** The policies that leave out rows of a type for this caller, and which rows they leave. Empty: they leave out none. */
  explainRows(object: string, principal: Principal): readonly RowExplanation[]
  /** Answers `@policy`: whether some policy permits `satisfy` on `NamedPolicy::"<name>"`. */
  isSatisfied(name: string, principal: Principal | undefined): boolean
  mayChange(action: ChangeAction, where: { readonly domain: string; readonly product?: string }, principal: Principal): boolean
  /** The decision about a field, and who says so. Undefined for what is no field of a data product. */
  explain(coordinate: string, principal: Principal): PolicyExplanation | undefined
}

/** What Cedar said about one class of fields for one class of callers; the mask still depends on the field's type. */
type Verdict =
  | { readonly kind: 'allow' | 'deny'; readonly action: string; readonly policies: readonly string[] }
  | { readonly kind: 'mask'; readonly action: string; readonly policies: readonly string[]; readonly masks: readonly Mask[] }

interface CallerState {
  readonly view: CallerView
  readonly verdicts: Map<string, Verdict>
  readonly decisions: Map<string, Decision>
  readonly lists: WeakMap<readonly string[], readonly Decision[]>
  readonly satisfied: Map<string, boolean>
  readonly masks: Map<string, Readonly<Record<string, Mask>>>
  readonly rows: Map<string, RowVerdict>
  readonly restrictions: Map<string, RowRestrictions>
}

interface TouchedDomains {
  readonly domains: ReadonlySet<string>
  /** Equal for equal domains. */
  readonly key: string
}

const MAX_CALLER_CLASSES = 2_000
const NO_MASKS: Readonly<Record<string, Mask>> = Object.freeze({})

/** A decider over compiled policies; a change of policies, mesh or agreements is a new decider. */
export function createPolicyDecider(compiled: CompiledPolicies, options: PolicyDeciderOptions = {}): PolicyDecider {
  return new CedarDecider(compiled, options)
}

class CedarDecider implements PolicyDecider {
  readonly #compiled: CompiledPolicies
  readonly #options: PolicyDeciderOptions
  readonly #questions: PolicyQuestions
  readonly #fields: KnownFields
  readonly #covered: ReadonlyMap<string, CoveredCoordinate>
  readonly #askedScopes: ReadonlySet<string>
  readonly #leavesRowsOut: boolean
  readonly #states = new BoundedMap<string, CallerState>(MAX_CALLER_CLASSES)
  readonly #stateOf = new WeakMap<Principal, CallerState>()
  /** Each document asks with the same list for every caller. */
  readonly #touched = new WeakMap<readonly string[], TouchedDomains>()

  constructor(compiled: CompiledPolicies, options: PolicyDeciderOptions) {
    const { mesh } = compiled
    this.#compiled = compiled
    this.#options = options
    this.#questions = new PolicyQuestions(compiled, options.report)
    this.#covered = coveredTypes(mesh)
    this.#askedScopes = new Set([...mesh.products.values(), ...mesh.fields.values()].flatMap(({ readScopes }) => readScopes))
    this.#leavesRowsOut = [...compiled.policies.values()].some(mayLeaveRowsOut)
    this.#fields = new KnownFields(compiled)
  }

  concerns(coordinate: string): boolean {
    return this.#covered.has(coordinate)
  }

  decide(coordinate: string, principal: Principal | undefined): Decision {
    const covered = this.#covered.get(coordinate)
    if (covered === undefined || covered.kind === 'root') return ALLOW
    if (principal === undefined) return DENY
    const state = this.#state(principal)
    let decision = state.decisions.get(coordinate)
    if (decision === undefined) state.decisions.set(coordinate, (decision = this.#decideCovered(covered, state)))
    return decision
  }

  decideAll(coordinates: readonly string[], principal: Principal | undefined): readonly Decision[] {
    if (principal === undefined) return coordinates.map((coordinate) => this.decide(coordinate, principal))
    const { lists } = this.#state(principal)
    let decisions = lists.get(coordinates)
    if (decisions === undefined) lists.set(coordinates, (decisions = coordinates.map((coordinate) => this.decide(coordinate, principal))))
    return decisions
  }

  masksAround(coordinates: readonly string[], principal: Principal | undefined): Readonly<Record<string, Mask>> {
    // Without a caller every field of a product is denied, so nothing reaches a subgraph.
    if (principal === undefined) return NO_MASKS
    const { domains, key } = this.#domainsOf(coordinates)
    const state = this.#state(principal)
    let masks = state.masks.get(key)
    if (masks === undefined) state.masks.set(key, (masks = this.#masksOf(domains, principal)))
    return masks
  }

  rowRestrictionsAround(coordinates: readonly string[], principal: Principal | undefined): RowRestrictions {
    if (principal === undefined || !this.#leavesRowsOut) return NO_ROW_RESTRICTIONS
    const { domains, key } = this.#domainsOf(coordinates)
    const state = this.#state(principal)
    let restrictions = state.restrictions.get(key)
    if (restrictions === undefined) {
      const objects = [...this.#compiled.mesh.objects.keys()].filter((object) => domains.has(this.#someField(object)?.field.domain ?? ''))
      state.restrictions.set(key, (restrictions = restrictionsOf(objects.map((object) => [object, this.#rows(object, state)] as const))))
    }
    return restrictions
  }

  explainRows(object: string, principal: Principal): readonly RowExplanation[] {
    if (!this.#compiled.mesh.objects.has(object)) return []
    return explainRows(this.#rows(object, this.#state(principal)), this.#compiled)
  }

  assertPurpose(principal: Principal | undefined): void {
    const { purposes } = this.#compiled.mesh.vocabulary
    const purpose = principal?.purpose
    if (principal === undefined || purpose === undefined || purposes === undefined || purposes.includes(purpose)) return
    // An agreement may be for a purpose that the vocabulary does not have, or no longer.
    if (this.#state(principal).view.agreements.length > 0) return
    const nearest = findNearestName(purpose, purposes)
    throw new GatewayError('BAD_REQUEST', `\`x-purpose\`: this mesh has no purpose "${purpose}", and you have no agreement for it${nearest === undefined ? '' : `; did you mean ${nearest}?`}`)
  }

  isSatisfied(name: string, principal: Principal | undefined): boolean {
    if (principal === undefined) return false
    const { view, satisfied } = this.#state(principal)
    let answer = satisfied.get(name)
    if (answer === undefined) satisfied.set(name, (answer = this.#questions.ofNamedPolicy(name, view)))
    return answer
  }

  mayChange(action: ChangeAction, where: { readonly domain: string; readonly product?: string }, principal: Principal): boolean {
    return this.#questions.ofChange(action, where, principal)
  }

  explain(coordinate: string, principal: Principal): PolicyExplanation | undefined {
    const { mesh } = this.#compiled
    const covered = this.#covered.get(coordinate)
    const known = covered?.kind === 'field' || covered?.kind === 'aggregate' ? this.#fields.get(covered.field) : undefined
    if (known === undefined) return undefined
    const state = this.#state(principal)
    const ofField = this.#decideField(known.field.coordinate, state).kind
    if (covered?.kind === 'aggregate' && ofField === 'mask' && !this.#mayAddUpMasked(coordinate, known.field)) {
      const { policies } = this.#verdict(known.view, state)
      return { coordinate, decision: DENY, policies, action: 'reveal', needs: needsOf(known.field, { action: 'reveal', policies }, { principal, mesh }) }
    }
    if (covered?.kind === 'aggregate' && ofField !== 'deny') {
      const { allowed, reasons } = this.#questions.ofField('aggregate', known.view, state.view)
      const needs = allowed ? '' : needsOf(known.field, { action: 'aggregate', policies: reasons }, { principal, mesh })
      return { coordinate, decision: allowed ? ALLOW : DENY, policies: reasons, action: 'aggregate', needs }
    }
    const rows = this.#rows(known.field.object, state)
    const { action, policies } = rows.kind === 'none' ? { action: 'readAllRows', policies: rows.policies } : this.#verdict(known.view, state)
    const decision = this.decide(coordinate, principal)
    return { coordinate, decision, policies, action, needs: decision.kind === 'allow' ? '' : needsOf(known.field, { action, policies }, { principal, mesh }) }
  }

  /** Where a contract guards differences of aggregates, its domain adds up what it masks. */
  #mayAddUpMasked(coordinate: string, { object }: PolicyField): boolean {
    return this.#compiled.mesh.dimensions.has(object) && /^\w+(?:Sums|Averages)\./.test(coordinate)
  }

  #state(principal: Principal): CallerState {
    let state = this.#stateOf.get(principal)
    if (state !== undefined) return state
    const view = viewCaller(principal, this.#options.agreements?.productsFor(principal) ?? [], { reach: this.#compiled.reach, askedScopes: this.#askedScopes })
    state = this.#states.get(view.classKey) ?? { view, verdicts: new Map(), decisions: new Map(), lists: new WeakMap(), satisfied: new Map(), masks: new Map(), rows: new Map(), restrictions: new Map() }
    this.#states.set(view.classKey, state)
    this.#stateOf.set(principal, state)
    return state
  }

  #decideCovered(covered: CoveredCoordinate, state: CallerState): Decision {
    switch (covered.kind) {
      case 'field':
        return this.#decideField(covered.field, state)
      case 'aggregate': {
        const decision = this.#decideField(covered.field, state)
        const known = this.#fields.get(covered.field)
        if (decision.kind === 'deny' || known === undefined) return DENY
        return this.#questions.ofField('aggregate', known.view, state.view).allowed ? ALLOW : DENY
      }
      case 'type':
        // Rows of which nothing may be seen may not even be counted.
        return covered.fields.every((field) => this.#decideField(field, state).kind === 'deny') ? DENY : ALLOW
      case 'root':
        return ALLOW
      default:
        return assertNever(covered)
    }
  }

  #decideField(coordinate: string, state: CallerState): Decision {
    const known = this.#fields.get(coordinate)
    if (known === undefined || this.#rows(known.field.object, state).kind === 'none') return DENY
    const verdict = this.#verdict(known.view, state)
    if (verdict.kind !== 'mask') return verdict.kind === 'allow' ? ALLOW : DENY
    const mask = fitMask(verdict.masks, known.field)
    return mask === undefined ? DENY : { kind: 'mask', mask }
  }

  #verdict(view: FieldView, state: CallerState): Verdict {
    let verdict = state.verdicts.get(view.classKey)
    if (verdict === undefined) state.verdicts.set(view.classKey, (verdict = this.#judge(view, state)))
    return verdict
  }

  #judge(view: FieldView, state: CallerState): Verdict {
    for (const action of this.#options.use === 'export' ? ['read', 'export'] : ['read']) {
      const answer = this.#questions.ofField(action, view, state.view)
      if (!answer.allowed) return { kind: 'deny', action, policies: answer.reasons }
    }
    const { allowed, reasons } = this.#questions.ofField('reveal', view, state.view)
    if (allowed) return { kind: 'allow', action: 'reveal', policies: reasons }
    const masks = reasons.flatMap((id) => this.#compiled.policies.get(id)?.mask ?? [])
    // A policy that forbids to reveal without naming a mask wants nothing to be seen.
    const unnamed = reasons.length === 0 || masks.length < reasons.length
    return { kind: 'mask', action: 'reveal', policies: reasons, masks: unnamed ? [...masks, { kind: 'null' }] : masks }
  }

  #masksOf(domains: ReadonlySet<string>, principal: Principal): Readonly<Record<string, Mask>> {
    const masks: Record<string, Mask> = {}
    for (const [coordinate, field] of this.#compiled.mesh.fields) {
      if (field.key || !domains.has(field.domain)) continue
      const decision = this.decide(coordinate, principal)
      if (decision.kind === 'mask') masks[coordinate] = decision.mask
      else if (decision.kind === 'deny') masks[coordinate] = { kind: 'null' }
      // Its domain adds up what is masked, and cannot tell a value that is masked from one that is closed.
      const sums = this.#compiled.mesh.dimensions.has(field.object) ? `${field.object}Sums${coordinate.slice(field.object.length)}` : undefined
      if (sums !== undefined && this.decide(sums, principal).kind === 'deny') masks[sums] = { kind: 'null' }
    }
    return Object.freeze(masks)
  }

  #domainsOf(coordinates: readonly string[]): TouchedDomains {
    const known = this.#touched.get(coordinates)
    if (known !== undefined) return known
    const domains = new Set<string>()
    for (const coordinate of coordinates) {
      const domain = this.#covered.get(coordinate)?.domain
      if (domain !== undefined) domains.add(domain)
    }
    const touched = { domains, key: [...domains].sort().join(' ') }
    this.#touched.set(coordinates, touched)
    return touched
  }

  #rows(object: string, state: CallerState): RowVerdict {
    if (!this.#leavesRowsOut) return ALL_ROWS
    let verdict = state.rows.get(object)
    if (verdict === undefined) state.rows.set(object, (verdict = judgeRows(this.#questions.ofRows(object, this.#someField(object)?.view, state.view), object, this.#compiled)))
    return verdict
  }

  #someField(object: string): KnownField | undefined {
    const [first = ''] = this.#compiled.mesh.objects.get(object) ?? []
    return this.#fields.get(first)
  }

}

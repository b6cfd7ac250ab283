import { NO_ROW_RESTRICTIONS, type Mask, type Principal, type RowRestrictions } from '@polyseme/kit/identity'

/** What a caller may have of a schema coordinate (`Type` or `Type.field`). */
export type Decision =
  | { readonly kind: 'allow' }
  /** The value is shown, but not in clear. */
  | { readonly kind: 'mask'; readonly mask: Mask }
  | { readonly kind: 'deny' }

export const ALLOW: Decision = { kind: 'allow' }
export const DENY: Decision = { kind: 'deny' }

/**
 * Decides who may have what. Federation's directives are one decider, policies and agreements are others;
 * `allOf` joins them. A decider is immutable: a change of rules is a new decider.
 */
export interface Decider {
  /** Whether `decide` can answer anything but allow for this coordinate; only such coordinates are asked about. */
  concerns(coordinate: string): boolean
  /** Pure: equal coordinates and principals give equal decisions. `undefined` is a caller without a token. */
  decide(coordinate: string, principal: Principal | undefined): Decision
  /** `decide` of each coordinate; the same list for callers who get the same, as long as the coordinates are the same object. */
  decideAll?(coordinates: readonly string[], principal: Principal | undefined): readonly Decision[]
  /**
   * Masks of everything that the caller does not see in clear around these coordinates, selected or not: a document may
   * filter, sort and group by fields that it does not select. The same object for the same answer.
   */
  masksAround?(coordinates: readonly string[], principal: Principal | undefined): Readonly<Record<string, Mask>>
  /**
   * A purpose that a request names must be one that is known here: policies and the audit log go by it.
   *
   * @throws GatewayError BAD_REQUEST
   */
  assertPurpose?(principal: Principal | undefined): void
  /** What the rows around these coordinates are restricted to, in whichever way they are asked for. The same object for the same answer. */
  rowRestrictionsAround?(coordinates: readonly string[], principal: Principal | undefined): RowRestrictions
}

/** Allows what every decider allows; a denial wins over a mask, the first mask over later ones; all restrictions of rows hold. */
export function allOf(deciders: readonly Decider[]): Decider {
  const joined: JoinedDecisions = new WeakMap()
  return {
    concerns: (coordinate) => deciders.some((decider) => decider.concerns(coordinate)),
    decide(coordinate, principal) {
      let result = ALLOW
      for (const decider of deciders) {
        if (!decider.concerns(coordinate)) continue
        const decision = decider.decide(coordinate, principal)
        if (decision.kind === 'deny') return decision
        if (decision.kind === 'mask' && result.kind === 'allow') result = decision
      }
      return result
    },
    decideAll(coordinates, principal) {
      const [first, ...later] = deciders.map((decider) => decider.decideAll?.(coordinates, principal) ?? coordinates.map((coordinate) => decider.decide(coordinate, principal)))
      return first === undefined ? coordinates.map(() => ALLOW) : later.reduce((known, next) => joinDecisions(joined, known, next), first)
    },
    masksAround(coordinates, principal) {
      const masks = deciders.map((decider) => decider.masksAround?.(coordinates, principal) ?? NO_MASKS).filter((one) => one !== NO_MASKS)
      const [first = NO_MASKS, ...later] = masks
      // The first mask wins, as above.
      return later.reduce((known, next) => ({ ...next, ...known }), first)
    },
    assertPurpose(principal) {
      for (const decider of deciders) decider.assertPurpose?.(principal)
    },
    rowRestrictionsAround(coordinates, principal) {
      const found = deciders.map((decider) => decider.rowRestrictionsAround?.(coordinates, principal) ?? NO_ROW_RESTRICTIONS).filter((one) => one !== NO_ROW_RESTRICTIONS)
      const [first = NO_ROW_RESTRICTIONS, ...later] = found
      return later.reduce(joinRestrictions, first)
    },
  }
}

type JoinedDecisions = WeakMap<readonly Decision[], WeakMap<readonly Decision[], readonly Decision[]>>

/** Place by place, as `allOf` decides; the same list for the same two. */
function joinDecisions(joined: JoinedDecisions, known: readonly Decision[], next: readonly Decision[]): readonly Decision[] {
  let ofKnown = joined.get(known)
  if (ofKnown === undefined) joined.set(known, (ofKnown = new WeakMap()))
  let decisions = ofKnown.get(next)
  if (decisions === undefined) {
    decisions = known.map((decision, at) => {
      const other = next[at] ?? DENY
      return decision.kind === 'deny' || other.kind === 'allow' ? decision : other.kind === 'deny' || decision.kind === 'allow' ? other : decision
    })
    ofKnown.set(next, decisions)
  }
  return decisions
}

function joinRestrictions(known: RowRestrictions, next: RowRestrictions): RowRestrictions {
  const types = new Set([...Object.keys(known), ...Object.keys(next)])
  return Object.fromEntries([...types].map((type) => [type, [...(known[type] ?? []), ...(next[type] ?? [])]]))
}

const NO_MASKS: Readonly<Record<string, Mask>> = Object.freeze({})

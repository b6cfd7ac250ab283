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

function joinRestrictions(known: RowRestrictions, next: RowRestrictions): RowRestrictions {
  const types = new Set([...Object.keys(known), ...Object.keys(next)])
  return Object.fromEntries([...types].map((type) => [type, [...(known[type] ?? []), ...(next[type] ?? [])]]))
}

const NO_MASKS: Readonly<Record<string, Mask>> = Object.freeze({})

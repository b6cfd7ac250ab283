import { NO_ROW_RESTRICTIONS, type RowRestriction, type RowRestrictions } from '@polyseme/kit/identity'
import type { CedarAnswer } from './cedar-engine.ts'
import { rowConditions } from './check-rows.ts'
import type { CompiledPolicies } from './compile-policies.ts'
import type { PolicyRecord } from './policy-record.ts'

/** What of an object's rows a class of callers may see, and who says so. */
export type RowVerdict =
  | { readonly kind: 'all' }
  | { readonly kind: 'some'; readonly policies: readonly string[]; readonly restrictions: readonly RowRestriction[] }
  | { readonly kind: 'none'; readonly policies: readonly string[] }

/** A policy's row filter as it meets a caller. */
export interface RowExplanation {
  readonly policy: string
  /** `region in claim.regions`; undefined: it leaves none. */
  readonly rows: string | undefined
}

export const ALL_ROWS: RowVerdict = { kind: 'all' }

/** Whether a policy can leave rows out: by name, or because it forbids any action. */
export function mayLeaveRowsOut({ json: { effect, action } }: PolicyRecord): boolean {
  return effect === 'forbid' && (action.op === 'All' || JSON.stringify(action).includes('"readAllRows"'))
}

/** What the answer to `readAllRows` means; a policy whose rows cannot be told, or that names none, leaves none. */
export function judgeRows({ allowed, reasons, failed }: CedarAnswer, object: string, { policies, mesh }: CompiledPolicies): RowVerdict {
  if (allowed) return ALL_ROWS
  const restrictions = reasons.map((id) => {
    const policy = policies.get(id)
    return policy === undefined ? undefined : rowConditions(policy, object, mesh)
  })
  const told = failed.length === 0 && reasons.length > 0 && restrictions.every((anyOf) => anyOf !== undefined)
  return told ? { kind: 'some', policies: reasons, restrictions: restrictions.map((anyOf) => ({ anyOf })) } : { kind: 'none', policies: reasons }
}

export function restrictionsOf(verdicts: Iterable<readonly [object: string, verdict: RowVerdict]>): RowRestrictions {
  const restrictions: Record<string, readonly RowRestriction[]> = {}
  for (const [object, verdict] of verdicts) {
    if (verdict.kind === 'some') restrictions[object] = verdict.restrictions
    // It is denied as well; no condition lets no row through.
    if (verdict.kind === 'none') restrictions[object] = [{ anyOf: [] }]
  }
  return Object.keys(restrictions).length === 0 ? NO_ROW_RESTRICTIONS : Object.freeze(restrictions)
}

export function explainRows(verdict: RowVerdict, { policies }: CompiledPolicies): readonly RowExplanation[] {
  if (verdict.kind === 'all') return []
  return verdict.policies.map((policy) => ({ policy, rows: policies.get(policy)?.rows?.map(({ property, claim }) => `${property} in claim.${claim}`).join(' or ') }))
}

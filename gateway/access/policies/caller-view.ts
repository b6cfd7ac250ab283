import type { Principal } from '@polyseme/kit/identity'
import type { CedarRequest } from './cedar-engine.ts'
import { entityKey, type PolicyReach } from './policy-reach.ts'

type Entity = CedarRequest['entities'][number]

/** A caller as policies see it. */
export interface CallerView {
  readonly uid: { readonly type: 'Caller'; readonly id: string }
  readonly entities: Entity[]
  readonly purpose: string | undefined
  /** Products for which the caller has an agreement in force. */
  readonly agreements: readonly string[]
  /** Equal for two callers for whom every decision is equal, as far as the policies' reach tells. */
  readonly classKey: string
}

/**
 * Shows a principal to Cedar. The class key leaves out what no policy looks at, so that a thousand analysts are one.
 *
 * @param askedScopes scopes that contracts ask for; absent: whatever the caller may do with any scope is asked
 */
export function viewCaller(principal: Principal, agreements: readonly string[], { reach, askedScopes }: { readonly reach: PolicyReach; readonly askedScopes?: ReadonlySet<string> }): CallerView {
  const id = `${principal.issuer}|${principal.subject}`
  // Policies know roles and groups by name only.
  const roles = distinct(principal.roles).filter((role) => reach.entities.has(entityKey('Role', role)))
  const groups = distinct(namesIn(principal.claims['groups'])).filter((group) => reach.entities.has(entityKey('Group', group)))
  const regions = distinct(namesIn(principal.claims['regions']))
  const named = reach.scopes
  const counts = (scope: string): boolean => named === 'all' || askedScopes === undefined || named.has(scope) || askedScopes.has(scope)
  const scopes = distinct(principal.scopes).filter(counts)
  const sees = (attribute: string): boolean => reach.attributes.has(attribute) || reach.comparedTexts.has(attribute)
  const classKey = JSON.stringify([
    scopes,
    roles,
    groups,
    agreements,
    sees('regions') ? regions : null,
    sees('purpose') ? principal.purpose : null,
    reach.namesCallers || sees('issuer') ? principal.issuer : null,
    reach.namesCallers || sees('subject') ? principal.subject : null,
    sees('client') ? principal.clientId : null,
  ])
  const uid = { type: 'Caller', id } as const
  const attrs = {
    issuer: principal.issuer,
    subject: principal.subject,
    ...(principal.clientId === undefined ? {} : { client: principal.clientId }),
    scopes,
    regions: regions.map((region) => ({ __entity: { type: 'Region', id: region } })),
  }
  const parents = [...roles.map((role) => ({ type: 'Role', id: role })), ...groups.map((group) => ({ type: 'Group', id: group }))]
  return { uid, entities: [{ uid, attrs, parents }], purpose: principal.purpose, agreements, classKey }
}

function distinct(names: Iterable<string>): string[] {
  return [...new Set(names)].sort()
}

/** A claim that is a list of names, or one name; anything else counts as none. */
function namesIn(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return [claim]
  return Array.isArray(claim) ? claim.filter((name) => typeof name === 'string') : []
}

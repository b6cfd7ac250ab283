import type { ProductProperty, RowFilter } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import type { CallIdentity, Mask, RowRestriction } from '../identity/index.ts'
import type { ObjectModel } from './domain-model.ts'

/** Schema coordinate of a property, as masks and errors name it. */
export function coordinate(object: ObjectModel, property: ProductProperty): string {
  return `${object.object.typeName}.${property.field}`
}

/** @throws UNAUTHORIZED_FIELD_OR_TYPE the caller has none of the product's scopes. The gateway checks first; this is the second lock. */
export function assertObjectReadable(call: CallIdentity, object: ObjectModel): void {
  if (hasAnyScope(call, object.product.readScopes)) return
  throw new GatewayError('UNAUTHORIZED_FIELD_OR_TYPE', `${object.object.typeName} may not be read by this caller`)
}

/** @throws UNAUTHORIZED_FIELD_OR_TYPE the caller has none of the property's own scopes. */
export function assertPropertyReadable(call: CallIdentity, object: ObjectModel, property: ProductProperty): void {
  if (hasAnyScope(call, property.readScopes)) return
  throw new GatewayError('UNAUTHORIZED_FIELD_OR_TYPE', `${coordinate(object, property)} may not be read by this caller`)
}

/**
 * Allows a property where its clear value decides the answer: filter, order, group, aggregate.
 *
 * @throws FIELD_NOT_CLEAR the caller sees it masked; UNAUTHORIZED_FIELD_OR_TYPE the caller does not see it at all.
 */
export function assertPropertyClear(call: CallIdentity, object: ObjectModel, property: ProductProperty): void {
  assertPropertyReadable(call, object, property)
  if (findMask(call, object, property) === undefined) return
  throw new GatewayError('FIELD_NOT_CLEAR', `${coordinate(object, property)} is masked for this caller and cannot be filtered, sorted, grouped or aggregated`)
}

/**
 * Allows a property where only sums over whole cells tell of it.
 *
 * @throws FIELD_NOT_CLEAR the gateway says that it may not be added up; UNAUTHORIZED_FIELD_OR_TYPE the caller does not see it at all.
 */
export function assertPropertySummable(call: CallIdentity, object: ObjectModel, property: ProductProperty): void {
  assertPropertyReadable(call, object, property)
  const key = `${object.names.sums}.${property.field}`
  if (Object.hasOwn(call.masks, key)) throw new GatewayError('FIELD_NOT_CLEAR', `${coordinate(object, property)} may not be added up by this caller`)
}

export function findMask(call: CallIdentity, object: ObjectModel, property: ProductProperty): Mask | undefined {
  const key = coordinate(object, property)
  return Object.hasOwn(call.masks, key) ? call.masks[key] : undefined
}

/**
 * Values among which a row's field must be for this caller; undefined: the filter does not apply.
 *
 * A claim that is missing, empty, or holds no text, number or boolean allows no value at all.
 */
export function allowedValues(call: CallIdentity, filter: RowFilter): readonly string[] | undefined {
  return filter.unlessScopes.some((scope) => call.principal.scopes.has(scope)) ? undefined : claimValues(call, filter.claim)
}

/** What policies restrict an object's rows to, for this caller; all of it holds together. */
export function rowRestrictionsOf({ rowRestrictions }: CallIdentity, object: ObjectModel): readonly RowRestriction[] {
  const { typeName } = object.object
  return rowRestrictions !== undefined && Object.hasOwn(rowRestrictions, typeName) ? (rowRestrictions[typeName] ?? []) : []
}

/** All that decides which of an object's rows this caller sees; equal for two callers who see the same ones. Undefined: all rows. */
export function rowScope(call: CallIdentity, object: ObjectModel): readonly unknown[] | undefined {
  const ofContract = object.object.rowFilters.map((filter) => allowedValues(call, filter) ?? null)
  const ofPolicies = rowRestrictionsOf(call, object).map(({ anyOf }) => anyOf.map(({ field, claim }) => [field, claimValues(call, claim)]))
  return ofPolicies.length === 0 && ofContract.every((values) => values === null) ? undefined : [...ofContract, ...ofPolicies]
}

/** The values of a claim that rows can be compared with: texts, numbers, booleans; none for a claim that is not there. */
export function claimValues({ principal: { claims } }: CallIdentity, name: string): readonly string[] {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
  return values.flatMap((value) => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : []))
}

function hasAnyScope(call: CallIdentity, scopes: readonly string[]): boolean {
  return scopes.length === 0 || scopes.some((scope) => call.principal.scopes.has(scope))
}

import type { Mask } from '@polyseme/kit/identity'
import type { PolicyField } from './policy-mesh.ts'

/** Shown for a text that must not be null and must not be seen. */
export const HIDDEN_TEXT = '•••'

/** From the mask that tells least to the one that tells most. */
const STRICTNESS: readonly Mask['kind'][] = ['null', 'constant', 'hash', 'year', 'range', 'partial']

const TEXT_TYPES: ReadonlySet<PolicyField['type']> = new Set<PolicyField['type']>(['string', 'id'])
const TYPES_OF: Readonly<Record<Mask['kind'], ReadonlySet<PolicyField['type']> | undefined>> = {
  null: undefined,
  constant: TEXT_TYPES,
  hash: TEXT_TYPES,
  partial: TEXT_TYPES,
  year: new Set<PolicyField['type']>(['date', 'timestamp']),
  range: new Set<PolicyField['type']>(['integer', 'bigint', 'number', 'decimal']),
}

/**
 * The mask that a field gets when several policies ask for one: the one that tells least, changed to `null` where the
 * field's type could not stay what it is. Undefined when no mask fits, so that the field must be denied: a key (its
 * records could not be found in other domains), or a value that the graph promises and that is no text.
 */
export function fitMask(asked: readonly Mask[], field: PolicyField): Mask | undefined {
  if (field.key) return undefined
  const mask = asked.reduce<Mask | undefined>((strictest, next) => (strictest === undefined || tellsLess(next, strictest) ? next : strictest), undefined) ?? { kind: 'null' }
  const types = TYPES_OF[mask.kind]
  const fits = types === undefined || (types.has(field.type) && !field.list && !field.enumerated)
  if (fits && (mask.kind !== 'null' || !field.nonNull)) return mask
  if (!field.nonNull) return { kind: 'null' }
  return TEXT_TYPES.has(field.type) && !field.list && !field.enumerated ? { kind: 'constant', value: HIDDEN_TEXT } : undefined
}

function tellsLess(one: Mask, other: Mask): boolean {
  if (one.kind === 'range' && other.kind === 'range') return one.step > other.step
  return STRICTNESS.indexOf(one.kind) < STRICTNESS.indexOf(other.kind)
}

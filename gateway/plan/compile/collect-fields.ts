import type { Condition, ResponseShape, ShapeField } from '../../access/index.ts'

/** A shape that counts only while its conditions hold. */
export interface GuardedShape {
  readonly shape: ResponseShape
  readonly when: readonly Condition[]
}

/** One field that the client asks of a runtime type under one response key. */
export interface CollectedField {
  readonly key: string
  /** Any of the occurrences; they agree on name and type. */
  readonly field: ShapeField
  /** When the key is in the answer here: any of these holds. */
  readonly asked: Guard
  /** And none of these, which put it further to the front. */
  readonly unless: Guard
  /** When it has a value rather than null, denied occurrences left out. */
  readonly allowed: Guard
  readonly selections: readonly GuardedShape[]
}

/** A disjunction of conjunctions; empty: never. */
export type Guard = readonly (readonly Condition[])[]

interface Occurrence {
  readonly field: ShapeField
  readonly when: readonly Condition[]
}

/**
 * The fields that shapes ask of a runtime type, in the client's order; undefined: what is asked of every type.
 *
 * A key stands where its first occurrence whose conditions hold stands, so a key that first occurs under conditions
 * and then again is listed at each of these places.
 */
export function collectFields(shapes: readonly GuardedShape[], type: string | undefined): readonly CollectedField[] {
  const occurrences: Occurrence[] = []
  for (const { shape, when } of shapes) collect(shape, type, when, occurrences)
  const byKey = Map.groupBy(occurrences, ({ field }) => field.key)
  const fields: CollectedField[] = []
  occurrences.forEach((occurrence) => {
    const { key } = occurrence.field
    const all = byKey.get(key) ?? []
    const earlier = all.slice(0, all.indexOf(occurrence))
    if (earlier.some(({ when }) => when.length === 0)) return
    const unconditional = occurrence.when.length === 0
    const allowed = all.filter(({ field }) => !field.denied)
    fields.push({
      key,
      field: allowed[0]?.field ?? occurrence.field,
      asked: unconditional ? ALWAYS : [occurrence.when],
      unless: earlier.map(({ when }) => when),
      allowed: guardOf(allowed),
      selections: selectionsOf(allowed),
    })
  })
  return fields
}

/** When what is asked depends on the runtime type; empty: never, so that the type need not be known. */
export function typeDependence(shapes: readonly GuardedShape[]): Guard {
  const guard: (readonly Condition[])[] = []
  const look = (shape: ResponseShape, outer: readonly Condition[], narrowed: boolean): void => {
    for (const entry of shape) {
      const when = merged(outer, entry.when)
      if (when === undefined) continue
      if (entry.kind === 'fragment') look(entry.selections, when, narrowed || entry.types !== undefined)
      else if (narrowed || entry.name === '__typename') guard.push(when)
    }
  }
  for (const { shape, when } of shapes) look(shape, when, false)
  return guard.some((when) => when.length === 0) ? ALWAYS : guard
}

function collect(shape: ResponseShape, type: string | undefined, outer: readonly Condition[], found: Occurrence[]): void {
  for (const entry of shape) {
    const when = merged(outer, entry.when)
    if (when === undefined) continue
    if (entry.kind === 'fragment') {
      if (entry.types === undefined || (type !== undefined && entry.types.has(type))) collect(entry.selections, type, when, found)
      continue
    }
    found.push({ field: entry, when })
  }
}

/** Both sets of conditions; undefined when they contradict each other. */
function merged(left: readonly Condition[], right: readonly Condition[]): readonly Condition[] | undefined {
  if (right.length === 0) return left
  const all = [...left]
  for (const condition of right) {
    const same = all.find((other) => other.variable === condition.variable)
    if (same === undefined) all.push(condition)
    else if (same.value !== condition.value) return undefined
  }
  return all
}

function guardOf(occurrences: readonly Occurrence[]): Guard {
  return occurrences.some(({ when }) => when.length === 0) ? ALWAYS : occurrences.map(({ when }) => when)
}

/** A single occurrence's conditions hold whenever its key is in the answer, so only several need to keep theirs. */
function selectionsOf(occurrences: readonly Occurrence[]): readonly GuardedShape[] {
  const shapes = new Map<ResponseShape, readonly Condition[]>()
  for (const { field, when } of occurrences) if (field.selections !== undefined) shapes.set(field.selections, when)
  const alone = shapes.size === 1 && occurrences.length === 1
  return [...shapes].map(([shape, when]) => ({ shape, when: alone ? [] : when }))
}

export const ALWAYS: Guard = [[]]

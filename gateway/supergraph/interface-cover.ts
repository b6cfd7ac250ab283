import { isInterfaceType, type Schema } from '@apollo/federation-internals'
import type { AccessTable, CoordinateAccess, Requirement } from './access-table.ts'
import { conjunction, conjunctionSize, implies } from './requirement.ts'

/** Alternatives up to which requirements of implementations are joined; composition itself joined them before. */
const MAX_ALTERNATIVES = 65_536

/**
 * Interfaces and their fields that are protected more than all their implementations together.
 *
 * Access is decided by the type that an object really has, so such a protection could be passed by with a fragment on
 * an implementation. Composition refuses to make one; a graph that has one is not served.
 */
export function findUncoveredInterfaces(schema: Schema, table: AccessTable): readonly string[] {
  const uncovered: string[] = []
  for (const type of schema.types()) {
    if (!isInterfaceType(type)) continue
    const implementations = type.possibleRuntimeTypes().map(({ name }) => name)
    if (implementations.length === 0) continue
    const places: readonly string[] = ['', ...type.fields().map(({ name }) => `.${name}`)]
    for (const place of places) {
      const own = table.get(`${type.name}${place}`)
      const theirs = implementations.flatMap((name) => table.get(`${name}${place}`) ?? [])
      if (own !== undefined && !covers(theirs, own)) uncovered.push(`${type.name}${place}`)
    }
  }
  return uncovered
}

function covers(theirs: readonly CoordinateAccess[], own: CoordinateAccess): boolean {
  return (!own.authenticated || theirs.some(({ authenticated }) => authenticated))
    && own.scopes.every((requirement) => together(theirs.flatMap(({ scopes }) => scopes), requirement))
    && own.policies.every((requirement) => together(theirs.flatMap(({ policies }) => policies), requirement))
}

function together(theirs: readonly Requirement[], own: Requirement): boolean {
  const distinct = [...new Map(theirs.map((requirement) => [JSON.stringify(requirement), requirement])).values()]
  return conjunctionSize(distinct) <= MAX_ALTERNATIVES && implies(conjunction(distinct), own)
}

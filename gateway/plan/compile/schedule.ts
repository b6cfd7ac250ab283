import type { RequiredSelection } from '../plan-node.ts'
import { fieldNames, type FetchUnit } from './fetch-unit.ts'
import type { Position, PositionTree } from './position.ts'
import type { Slot } from './slot.ts'

/** Fetches that go to one subgraph in one request. */
export interface ScheduledGroup {
  readonly units: readonly number[]
  /** Groups whose answers it reads. */
  readonly after: ReadonlySet<number>
}

export interface Schedule {
  readonly groups: readonly ScheduledGroup[]
  /** For each fetch, those whose data it reads. */
  readonly dependencies: readonly ReadonlySet<number>[]
}

/**
 * Puts the fetches of a plan into requests. A fetch waits for those whose data it reads, not for all that the plan
 * writes before it; entity fetches of one level to one subgraph go together.
 *
 * A fetch that nothing waits for is put off to a later request to its subgraph, if there is one: it costs no time, since
 * the answer waits for that request anyway, and saves a call. Mutations keep the plan's order.
 */
export function scheduleFetches(units: readonly FetchUnit[], slots: readonly Slot[], tree: PositionTree): Schedule {
  const dependencies = units.map((unit) => dependenciesOf(unit, slots.filter((slot) => slot.unit === unit.index), tree))
  const levels: number[] = []
  // Dependencies stand before their dependents in plan order.
  units.forEach((_unit, index) => { levels[index] = Math.max(-1, ...[...dependencies[index] ?? []].map((other) => levels[other] ?? 0)) + 1 })
  if (units.every((unit) => unit.node.operationKind === 'query')) putOffLeaves(units, dependencies, levels)

  const members = new Map<string, number[]>()
  for (const unit of units) {
    const joinable = unit.node.parts.length > 0 && unit.node.operationKind === 'query'
    const key = joinable ? `${levels[unit.index] ?? 0} ${unit.node.subgraph}` : `alone ${unit.index}`
    const known = members.get(key)
    if (known === undefined) members.set(key, [unit.index])
    else known.push(unit.index)
  }
  const groups = [...members.values()].sort((left, right) => (levels[left[0] ?? 0] ?? 0) - (levels[right[0] ?? 0] ?? 0))
  const groupOf = new Map(groups.flatMap((group, index) => group.map((unit) => [unit, index] as const)))
  return {
    dependencies,
    groups: groups.map((group) => ({
      units: group,
      after: new Set(group.flatMap((unit) => [...dependencies[unit] ?? []].map((other) => groupOf.get(other) ?? 0))),
    })),
  }
}

function putOffLeaves(units: readonly FetchUnit[], dependencies: readonly ReadonlySet<number>[], levels: number[]): void {
  const needed = new Set(dependencies.flatMap((each) => [...each]))
  const isLeaf = (index: number): boolean => !needed.has(index)
  for (const unit of units) {
    if (unit.node.parts.length === 0 || !isLeaf(unit.index)) continue
    const own = levels[unit.index] ?? 0
    const same = units.filter((other) => other.node.parts.length > 0 && other.node.subgraph === unit.node.subgraph)
    // Others of its level and subgraph that cannot move keep the request, so moving would save nothing.
    if (same.some((other) => levels[other.index] === own && !isLeaf(other.index))) continue
    const later = same.map((other) => levels[other.index] ?? 0).filter((level) => level > own)
    if (later.length > 0) levels[unit.index] = Math.min(...later)
  }
}

/** Fetches that bring something on the way to a unit's entities or in their representations. */
function dependenciesOf(unit: FetchUnit, slots: readonly Slot[], tree: PositionTree): ReadonlySet<number> {
  if (unit.node.operationKind === 'mutation') return unit.before
  const found = new Set<number>()
  const need = (position: Position, key: string): void => {
    for (const source of position.sources) if (unit.before.has(source.unit) && source.provision.provides(key)) found.add(source.unit)
  }
  const walk = (names: readonly string[]): Position => names.reduce((position, name) => {
    need(position, name)
    return position.child(name)
  }, tree.root)
  const needAll = (position: Position, selections: readonly RequiredSelection[]): void => {
    need(position, '__typename')
    for (const selection of selections) {
      if (selection.kind === 'type') {
        needAll(position, selection.selections)
        continue
      }
      need(position, selection.key)
      if (selection.selections !== undefined) needAll(position.child(selection.key), selection.selections)
    }
  }
  for (const slot of slots) {
    for (const path of slot.part.paths) {
      needAll(walk(fieldNames(path)), slot.part.requires)
      for (const context of slot.part.context) needContext(context, fieldNames(path), { walk, need })
    }
  }
  if (unit.node.parts.length === 0) walk(fieldNames(unit.node.path))
  return found
}

function needContext(context: Slot['part']['context'][number], names: readonly string[], at: { readonly walk: (names: readonly string[]) => Position; readonly need: (position: Position, key: string) => void }): void {
  let position = at.walk(names.slice(0, Math.max(0, names.length - context.up)))
  for (const segment of context.path) {
    if (segment.kind !== 'field') continue
    at.need(position, segment.name)
    position = position.child(segment.name)
  }
}

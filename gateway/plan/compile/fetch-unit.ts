import { Kind, parse, type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'
import type { EntityPart, FetchNode, PathSegment, PlanNode } from '../plan-node.ts'

/** A variable's value on which a fetch depends. */
export interface UnitCondition {
  readonly variable: string
  readonly value: boolean
}

/** One fetch of a plan, out of its tree. */
export interface FetchUnit {
  readonly index: number
  readonly node: FetchNode
  readonly operation: OperationDefinitionNode
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly when: readonly UnitCondition[]
  /** Fetches that the plan's own order puts before this one. */
  readonly before: ReadonlySet<number>
}

/** Fetches of a plan in plan order. */
export function fetchUnitsOf(node: PlanNode | undefined): readonly FetchUnit[] {
  const units: FetchUnit[] = []
  if (node !== undefined) collect(node, [], new Set(), units)
  return units
}

function collect(node: PlanNode, when: readonly UnitCondition[], before: ReadonlySet<number>, units: FetchUnit[]): void {
  switch (node.kind) {
    case 'sequence': {
      const seen = new Set(before)
      for (const child of node.nodes) {
        const from = units.length
        collect(child, when, new Set(seen), units)
        for (let index = from; index < units.length; index++) seen.add(index)
      }
      return
    }
    case 'parallel':
      for (const child of node.nodes) collect(child, when, before, units)
      return
    case 'condition':
      if (node.whenTrue !== undefined) collect(node.whenTrue, [...when, { variable: node.variable, value: true }], before, units)
      if (node.whenFalse !== undefined) collect(node.whenFalse, [...when, { variable: node.variable, value: false }], before, units)
      return
    case 'fetch':
      units.push({ index: units.length, node, when, before, ...parseFetch(node) })
  }
}

function parseFetch(node: FetchNode): Pick<FetchUnit, 'operation' | 'fragments'> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  let operation: OperationDefinitionNode | undefined
  for (const definition of parse(node.text, { noLocation: true }).definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
    if (definition.kind === Kind.OPERATION_DEFINITION) operation = definition
  }
  if (operation === undefined) throw new TypeError('the planner made a fetch without an operation')
  return { operation, fragments }
}

/** Selections of an entity part within its fetch. */
export function entitySelection(unit: FetchUnit, part: EntityPart): SelectionSetNode {
  for (const selection of unit.operation.selectionSet.selections) {
    if (selection.kind === Kind.FIELD && (selection.alias?.value ?? selection.name.value) === part.key && selection.selectionSet !== undefined) return selection.selectionSet
  }
  throw new TypeError('the planner made an entity fetch without entities')
}

/** Names of the fields along a path; lists and types left out. */
export function fieldNames(path: readonly PathSegment[]): readonly string[] {
  return path.flatMap((segment) => (segment.kind === 'field' ? [segment.name] : []))
}

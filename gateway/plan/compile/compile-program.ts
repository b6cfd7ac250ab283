import type { GraphQLObjectType, GraphQLSchema } from 'graphql'
import type { ResponseShape } from '../../access/index.ts'
import type { PlanNode } from '../plan-node.ts'
import type { RepresentationCollector, RunState } from '../run-state.ts'
import { codeEnvironment } from './code-environment.ts'
import type { Guard } from './collect-fields.ts'
import { addGather } from './compile-gather.ts'
import { compileLargeLists, type LargeLists } from './compile-large-lists.ts'
import { addProjection } from './compile-projection.ts'
import { entitySelection, fetchUnitsOf, type FetchUnit, type UnitCondition } from './fetch-unit.ts'
import { CodeModule } from './generated-code.ts'
import { entityFieldText, type EntityFieldText, type RequestText } from './group-operation.ts'
import type { PlanKeys } from './plan-keys.ts'
import { PositionTree, type Position } from './position.ts'
import { scheduleFetches, type ScheduledGroup } from './schedule.ts'
import { Provision } from './provision.ts'
import type { Site } from './site.ts'
import type { Slot } from './slot.ts'
import type { TypeIndex } from './type-index.ts'

/** A plan compiled into steps: which requests wait for which, what each sends, and how the answer is made. */
export interface Program {
  readonly requests: readonly ProgramRequest[]
  readonly slotCount: number
  readonly rootCount: number
  readonly unitCount: number
  readonly guards: readonly Guard[]
  readonly sites: readonly Site[]
  /** For each fetch, itself and those whose failure takes its data away. */
  readonly causes: readonly ReadonlySet<number>[]
  /** For each fetch, the conditions of itself and of those whose data it reads. */
  readonly conditions: readonly (readonly UnitCondition[])[]
  /** Subgraph of each fetch. */
  readonly subgraphs: readonly string[]
  readonly projection: (state: RunState) => Readonly<Record<string, unknown>> | null
  readonly places: ErrorPlaces
  readonly types: TypeIndex
  /** For a plan that is one query of root fields: the lists that may be completed piece by piece. Compiled when first asked for. */
  readonly largeLists: (() => LargeLists) | undefined
}

/** For translating the paths of subgraphs' errors. */
export interface ErrorPlaces {
  readonly root: Position
  /** Response keys that the client sees, by place. */
  readonly asked: ReadonlyMap<Position, ReadonlyMap<string, string>>
}

/** One request to a subgraph, or several fetches joined in one. */
export interface ProgramRequest {
  readonly index: number
  readonly subgraph: string
  /** Requests that wait for this one. */
  readonly next: readonly number[]
  /** For how many it waits. */
  readonly waitsFor: number
  readonly work: RootWork | EntityWork
}

export interface RootWork {
  readonly kind: 'root'
  readonly unit: number
  readonly root: number
  /** Its fields belong to a place further down that returns the root type again. */
  readonly nested: boolean
  readonly when: readonly UnitCondition[]
  readonly operation: RequestText
  readonly variables: readonly string[]
}

export interface EntityWork {
  readonly kind: 'entities'
  readonly name: string | undefined
  readonly members: readonly EntityMember[]
}

export interface EntityMember {
  /** Fetches that it stands for; several where equal ones were merged. */
  readonly units: readonly number[]
  readonly slot: number
  readonly when: readonly UnitCondition[]
  readonly gather: (state: RunState, collector: RepresentationCollector) => void
  readonly field: EntityFieldText
  /** Key of the answers that repeats the first value of each representation, if the fetch selects one. */
  readonly repeatedKey: string | undefined
  /** Variables of the fetch that take values from ancestors, in the order in which the collector gets them. */
  readonly contextVariables: readonly string[]
}

export interface ProgramInput {
  readonly schema: GraphQLSchema
  readonly types: TypeIndex
  readonly keys: PlanKeys
  readonly root: GraphQLObjectType
  readonly shape: ResponseShape
  readonly node: PlanNode | undefined
}

/** Compiles a plan for an answer's shape. */
export function compileProgram(input: ProgramInput): Program {
  const units = fetchUnitsOf(input.node)
  const single = slotsOf(units)
  const { groups, dependencies } = scheduleFetches(units, single, new PositionTree(units, single, input.types))
  const causes = causesOf(dependencies)
  const slots = mergeEqualParts(units, single, groups)
  const tree = new PositionTree(units, slots, input.types)

  const module = new CodeModule()
  const sites: Site[] = []
  const guards: Guard[] = []
  const asked = new Map<Position, Map<string, string>>()
  const making = { schema: input.schema, types: input.types, keys: input.keys, sites, guards, asked }
  const root = { position: tree.root, type: input.root, shape: input.shape }
  const projection = addProjection({ module, ...making }, root)
  const gathers = slots.map((slot) => addGather({ module, types: input.types }, units, tree.root, slot))
  const symbols = Object.fromEntries(slots.map((slot) => [`s${slot.index}`, Symbol(`entities ${slot.index}`)]))
  const linked = module.link({ ...symbols, ...codeEnvironment(input.types) }, `{project:${projection},gathers:[${gathers.join(',')}]}`) as {
    readonly project: Program['projection']
    readonly gathers: readonly EntityMember['gather'][]
  }
  return {
    requests: requestsOf(units, { slots, groups, gathers: linked.gathers, types: input.types }),
    slotCount: slots.length,
    rootCount: units.filter((unit) => unit.node.parts.length === 0).length,
    unitCount: units.length,
    guards,
    sites,
    causes,
    conditions: causes.map((own) => [...own].flatMap((unit) => units[unit]?.when ?? [])),
    subgraphs: units.map((unit) => unit.node.subgraph),
    projection: linked.project,
    places: { root: tree.root, asked },
    types: input.types,
    largeLists: isOneQuery(units) ? once(() => compileLargeLists(making, root)) : undefined,
  }
}

function isOneQuery([only, ...others]: readonly FetchUnit[]): boolean {
  return only !== undefined && others.length === 0 && only.node.parts.length === 0 && only.node.path.length === 0 && only.node.operationKind === 'query'
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

function slotsOf(units: readonly FetchUnit[]): readonly Slot[] {
  const slots: Slot[] = []
  for (const unit of units) for (const part of unit.node.parts) slots.push({ index: slots.length, unit: unit.index, part, places: part.paths.map((path) => ({ path, unit: unit.index })) })
  return slots
}

/** For each fetch, itself and all that it reads from, directly or not. */
function causesOf(dependencies: readonly ReadonlySet<number>[]): readonly ReadonlySet<number>[] {
  const causes: Set<number>[] = []
  // Dependencies stand before their dependents in plan order.
  dependencies.forEach((own, index) => { causes[index] = new Set([index, ...[...own].flatMap((other) => [...causes[other] ?? []])]) })
  return causes
}

/** Entity parts of one request that ask the same of the same representations become one, with the places of all. */
function mergeEqualParts(units: readonly FetchUnit[], slots: readonly Slot[], groups: readonly ScheduledGroup[]): readonly Slot[] {
  const merged = new Map<string, Slot>()
  for (const slot of slots) {
    const unit = units[slot.unit]
    if (unit === undefined) continue
    const { requires, inputRewrites, outputRewrites, context, variable } = slot.part
    const group = groups.findIndex(({ units: members }) => members.includes(slot.unit))
    const field = entityFieldText(unit, entitySelection(unit, slot.part), variable)
    const key = JSON.stringify([group, unit.when, field.selection, [...field.variableDefinitions], requires, inputRewrites, outputRewrites, context.length > 0 ? slot.index : ''])
    const known = merged.get(key)
    merged.set(key, known === undefined ? slot : { ...known, places: [...known.places, ...slot.places] })
  }
  return [...merged.values()].map((slot, index) => ({ ...slot, index }))
}

interface Made {
  readonly slots: readonly Slot[]
  readonly groups: readonly ScheduledGroup[]
  readonly gathers: readonly EntityMember['gather'][]
  readonly types: TypeIndex
}

function requestsOf(units: readonly FetchUnit[], made: Made): readonly ProgramRequest[] {
  const roots = units.filter((unit) => unit.node.parts.length === 0)
  return made.groups.map((group, index) => {
    const next = made.groups.flatMap((other, at) => (other.after.has(index) ? [at] : []))
    const first = units[group.units[0] ?? 0]
    if (first === undefined) throw new TypeError('a request without a fetch')
    const common = { index, subgraph: first.node.subgraph, next, waitsFor: group.after.size }
    const { node, when } = first
    if (node.parts.length === 0) {
      const operation = { text: node.text, name: node.operationName, kind: node.operationKind }
      return { ...common, work: { kind: 'root', unit: first.index, root: roots.indexOf(first), nested: node.path.length > 0, when, operation, variables: node.variables } }
    }
    const members = made.slots.filter((slot) => group.units.includes(slot.unit)).map((slot) => memberOf(units, slot, made))
    return { ...common, work: { kind: 'entities', name: node.operationName, members } }
  })
}

function memberOf(units: readonly FetchUnit[], slot: Slot, { gathers, types }: Made): EntityMember {
  const unit = units[slot.unit]
  const gather = gathers[slot.index]
  if (unit === undefined || gather === undefined) throw new TypeError('a slot without a fetch')
  return {
    units: [...new Set(slot.places.map((place) => place.unit))],
    slot: slot.index,
    when: unit.when,
    gather,
    field: entityFieldText(unit, entitySelection(unit, slot.part), slot.part.variable),
    repeatedKey: repeatedKeyOf(unit, slot, types),
    contextVariables: slot.part.context.map(({ variable }) => variable),
  }
}

/** Where an entity's answer says again which entity it is; answers in another order are found out by it. */
function repeatedKeyOf(unit: FetchUnit, slot: Slot, types: TypeIndex): string | undefined {
  const [only, ...others] = slot.part.requires
  if (only?.kind !== 'type' || others.length > 0 || types.isAbstract(only.name) || slot.part.outputRewrites.length > 0) return undefined
  const key = only.selections.find((selection) => selection.kind === 'field' && selection.selections === undefined && types.isKeyField(only.name, selection.name))
  if (key?.kind !== 'field') return undefined
  const selected = new Provision({ types, fragments: unit.fragments }, [{ set: entitySelection(unit, slot.part), conditional: false }], []).fields(only.name)
  return selected.find((field) => field.fieldName === key.name && !field.conditional)?.jsonKey
}

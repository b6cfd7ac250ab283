import type { Random } from '../../testkit/random.ts'
import { parseFieldSet, type FieldSetEntry } from './field-set.ts'
import { namedType, type EntityModel, type FieldModel, type MeshModel, type TypeModel } from './mesh-model.ts'

/** What is wrong with the data or with the subgraphs. */
export interface Faults {
  /** By `Entity-id.field` or `Query.field`: it throws, it is null, or the last item of its list throws. */
  readonly fields: ReadonlyMap<string, FieldFault>
  /** Entities that a subgraph does not know. */
  readonly missing?: { readonly subgraph: string; readonly ids: ReadonlySet<string> }
  /** A subgraph that calls the objects of a type by a name that no schema has. */
  readonly untyped?: { readonly subgraph: string; readonly type: string }
  /** A subgraph that does not answer. */
  readonly down?: string
}

export type FieldFault = 'throws' | 'null' | 'item'
export type FaultKind = 'fields' | 'missing' | 'untyped' | 'down'

export const NO_FAULTS: Faults = { fields: new Map() }

/** Random faults of a kind; of single fields where a mesh has no place for the kind. */
export function makeFaults(random: Random, mesh: MeshModel, kind: FaultKind): Faults {
  switch (kind) {
    case 'missing':
      return missingEntities(random, mesh) ?? makeFaults(random, mesh, 'fields')
    case 'untyped':
      return { fields: new Map(), untyped: { subgraph: random.pick(mesh.subgraphs), type: random.pick(mesh.entities).name } }
    case 'down':
      return { fields: new Map(), down: random.pick(mesh.subgraphs) }
    case 'fields':
      return { fields: fieldFaults(random, mesh) }
    default:
      return kind
  }
}

function fieldFaults(random: Random, mesh: MeshModel): ReadonlyMap<string, FieldFault> {
  const faults = new Map<string, FieldFault>()
  const needed = requiredFields(mesh)
  const objectFields = new Set(mesh.interfaces.flatMap((type) => type.objectFields))
  const nested = new Set<EntityModel | undefined>([...needed].map(({ type }) => namedType(type)).filter((type) => type.kind === 'entity').map((type) => type.entity))
  const add = (key: string, field: FieldModel, entity?: EntityModel): void => {
    // Where it cannot be null, it takes down with it what else was asked of its object: for others to be computed from, or,
    // of an interface object, for all of its types.
    if (field.type.kind === 'nonNull' && (needed.has(field) || nested.has(entity) || objectFields.has(field))) return
    const isList = (field.type.kind === 'nonNull' ? field.type.of : field.type).kind === 'list'
    faults.set(key, random.pick(isList && !needed.has(field) ? ['throws', 'null', 'item', 'item'] as const : ['throws', 'throws', 'null'] as const))
  }
  const byType = new Map<EntityModel, readonly FieldModel[]>(mesh.entities.map((entity) => [entity, [...entity.fields, ...mesh.interfaces.filter((type) => type.members.includes(entity)).flatMap((type) => type.objectFields)]]))
  for (const [entity, fields] of byType) {
    for (const instance of entity.instances) {
      for (const field of fields) if (random.chance(0.12)) add(`${String(instance.values.get('id'))}.${field.name}`, field, entity)
    }
  }
  for (const root of mesh.roots) if (random.chance(0.05)) add(`Query.${root.name}`, root)
  for (const root of mesh.mutations) if (random.chance(0.2)) add(`Mutation.${root.name}`, root)
  return faults
}

/**
 * Entities that a subgraph does not know: of a type through which the subgraph leads nowhere else, since what an answer
 * lacks then depends on the way that the plan takes.
 */
function missingEntities(random: Random, mesh: MeshModel): Faults | undefined {
  const needed = new Set([...requiredFields(mesh), ...providedFields(mesh)])
  const choices = mesh.entities
    .flatMap((entity) => entity.homes.map(({ subgraph }) => ({ entity, subgraph })))
    .filter(({ entity, subgraph }) => !isWayThrough(entity, subgraph) && !mesh.interfaces.some((type) => type.home === subgraph && type.members.includes(entity)))
    .filter(({ entity, subgraph }) => !entity.fields.some((field) => field.owners.includes(subgraph) && needed.has(field)))
  if (choices.length === 0) return undefined
  const { subgraph, entity } = random.pick(choices)
  return { fields: new Map(), missing: { subgraph, ids: new Set(random.some(entity.instances, 1).map((instance) => String(instance.values.get('id')))) } }
}

/** Fields that others are computed from, or take as an argument. */
export function requiredFields(mesh: MeshModel): ReadonlySet<FieldModel> {
  const found = new Set<FieldModel>()
  const follow = (fields: readonly FieldModel[], set: readonly FieldSetEntry[]): void => {
    for (const { name, selections } of set) {
      const field = fields.find((one) => one.name === name)
      if (field === undefined) continue
      found.add(field)
      const named = namedType(field.type)
      if (selections !== undefined && named.kind === 'entity') follow(named.entity.fields, selections)
    }
  }
  for (const entity of mesh.entities) for (const field of entity.fields) if (field.requires !== undefined) follow(entity.fields, parseFieldSet(field.requires))
  for (const type of mesh.interfaces) for (const field of type.objectFields) if (field.requires !== undefined) follow(type.fields, parseFieldSet(field.requires))
  for (const entity of mesh.entities) if (entity.context !== undefined) for (const field of entity.fields) if (field.name === 'currency') found.add(field)
  return found
}

/** Fields that some subgraph gives along with a reference. */
export function providedFields(mesh: MeshModel): ReadonlySet<FieldModel> {
  return new Set([...mesh.roots, ...mesh.entities.flatMap((entity) => entity.fields)].flatMap(({ type, provides }) => {
    const named = namedType(type)
    return named.kind === 'entity' ? named.entity.fields.filter((field) => field.name === provides) : []
  }))
}

/** Others that know the entity by another key are reached through this home. */
export function isWayThrough(entity: EntityModel, subgraph: string): boolean {
  return entity.homes[0]?.subgraph === subgraph && (entity.keyStyle === 'two' || entity.keyStyle === 'nested')
}

/** Whether a type, within lists, is told apart by name in a subgraph. */
export function isAbstractIn(type: TypeModel, subgraph: string): boolean {
  const named = namedType(type)
  return named.kind === 'union' || (named.kind === 'interface' && (named.type.home === undefined || named.type.home === subgraph))
}

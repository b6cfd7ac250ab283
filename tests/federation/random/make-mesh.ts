import type { EntityModel, FieldModel, Instance, InterfaceModel, MeshModel, TypeModel, UnionModel, ValueModel } from './mesh-model.ts'
import type { Random } from '../../testkit/random.ts'

const SCALARS = ['String', 'Int', 'Float', 'Boolean', 'ID', 'Color'] as const

/** A random mesh that composes: entities spread over subgraphs, with keys of several kinds, references, requirements. */
export function makeMesh(random: Random): MeshModel {
  const subgraphs = Array.from({ length: random.between(2, 4) }, (_none, index) => `s${index}`)
  const values = Array.from({ length: random.between(0, 2) }, (_none, index): ValueModel => ({
    name: `Value${index}`,
    fields: Array.from({ length: random.between(1, 3) }, (_nothing, at) => ({ name: `part${at}`, type: scalar(random), hasArgument: random.chance(0.2), owners: [] })),
  }))
  const plain = Array.from({ length: random.between(2, 5) }, (_none, index) => makeEntity(random, index, subgraphs))
  const entities = [...plain]
  const unions: UnionModel[] = random.chance(0.5) ? [{ name: 'Some', members: random.some(plain, 2) }] : []
  const interfaces: InterfaceModel[] = random.chance(0.6) ? [{ name: 'Node', members: random.some(plain, 1), objectFields: [], home: undefined }] : []
  if (random.chance(0.4)) {
    const media = makeMedia(random, subgraphs)
    interfaces.push(media)
    entities.push(...media.members)
  }
  const world = { random, entities: plain, values, unions, interfaces }
  for (const entity of entities) addFields(world, entity)
  for (const entity of entities) addRequirements(world, entity)
  const roots = subgraphs.flatMap((subgraph) => Array.from({ length: random.between(1, 2) }, (_none, index): FieldModel => ({
    name: `${subgraph}_root${index}`, type: reference(world), hasArgument: false, owners: [subgraph],
  })))
  const mesh = { subgraphs, entities, interfaces, unions, values, roots }
  fill(random, mesh)
  return mesh
}

interface World {
  readonly random: Random
  readonly entities: readonly EntityModel[]
  readonly values: readonly ValueModel[]
  readonly unions: readonly UnionModel[]
  readonly interfaces: readonly InterfaceModel[]
}

const ID: FieldModel = { name: 'id', type: { kind: 'nonNull', of: { kind: 'scalar', name: 'ID' } }, hasArgument: false, owners: [] }

/** Keys: `id` everywhere, or `id` and `code` so that some subgraphs are reached through others only, or composite. */
function makeEntity(random: Random, index: number, subgraphs: readonly string[]): EntityModel {
  const name = `Entity${index}`
  const homes = random.some(subgraphs, 1, 0.7)
  const style = random.pick(['id', 'id', 'two', 'composite', 'nested'] as const)
  const keyFields: FieldModel[] = [ID]
  if (style === 'two' || style === 'composite') keyFields.push({ name: 'code', type: nonNull({ kind: 'scalar', name: 'String' }), hasArgument: false, owners: [] })
  if (style === 'nested') keyFields.push({ name: 'tag', type: nonNull({ kind: 'value', value: TAG }), hasArgument: false, owners: [] })
  const keysOf = (position: number): readonly string[] => {
    if (style === 'composite') return ['id code']
    if (style === 'nested') return position === 0 ? ['id', 'tag { mark }'] : [random.pick(['id', 'tag { mark }'])]
    // The first home knows both keys, so every other can be reached through it.
    if (style === 'two') return position === 0 ? ['id', 'code'] : [random.pick(['id', 'code'])]
    return ['id']
  }
  return { name, homes: homes.map((subgraph, position) => ({ subgraph, keys: keysOf(position) })), fields: [], instances: makeInstances(random, name), keyFields }
}

/** Part of nested keys. */
export const TAG: ValueModel = { name: 'Tag', fields: [{ name: 'mark', type: nonNull({ kind: 'scalar', name: 'String' }), hasArgument: false, owners: [] }] }

function makeInstances(random: Random, typeName: string): readonly Instance[] {
  return Array.from({ length: random.between(2, 4) }, (_none, index) => ({
    typeName,
    values: new Map<string, unknown>([['id', `${typeName}-${index}`], ['code', `code ${index} of ${typeName}`], ['tag', { mark: `mark ${index} of ${typeName}` }]]),
  }))
}

/** An interface with a key that lives in one subgraph; others know it as an `@interfaceObject` and add fields to it. */
function makeMedia(random: Random, subgraphs: readonly string[]): InterfaceModel {
  const home = random.pick(subgraphs)
  const members = ['Movie', 'Book'].map((name): EntityModel => ({
    name, homes: [{ subgraph: home, keys: ['id'] }], fields: [], instances: makeInstances(random, name), keyFields: [ID],
  }))
  const objectFields = subgraphs.filter((subgraph) => subgraph !== home && random.chance(0.6)).map((subgraph): FieldModel => ({
    name: `${subgraph}_media`, type: leaf(random), hasArgument: random.chance(0.2), owners: [subgraph],
  }))
  return { name: 'Media', members, objectFields, home }
}

function addFields(world: World, entity: EntityModel): void {
  const { random } = world
  for (const { subgraph } of entity.homes) {
    const count = random.between(1, 3)
    for (let index = 0; index < count; index++) {
      const name = `${subgraph}_f${index}`
      const type = random.chance(0.5) ? leaf(random) : random.chance(0.3) && world.values.length > 0 ? wrap(random, { kind: 'value', value: random.pick(world.values) }) : reference(world)
      const others = entity.homes.map((home) => home.subgraph).filter((other) => other !== subgraph)
      const isLeaf = type.kind === 'scalar' || (type.kind === 'nonNull' && type.of.kind === 'scalar')
      const shared = isLeaf && others.length > 0 && random.chance(0.15)
      const overrides = isLeaf && !shared && others.length > 0 && random.chance(0.1) ? random.pick(others) : undefined
      entity.fields.push({
        name, type, hasArgument: isLeaf && random.chance(0.3), owners: shared ? [subgraph, random.pick(others)] : [subgraph],
        ...(overrides === undefined ? {} : { overrides }),
      })
    }
  }
}

/** Fields computed from those of other homes, and references that give a field along. */
function addRequirements(world: World, entity: EntityModel): void {
  const { random } = world
  for (const { subgraph } of entity.homes) {
    const foreign = entity.fields.filter((field) => !field.owners.includes(subgraph) && field.requires === undefined && field.overrides === undefined && !field.hasArgument && isScalar(field.type))
    if (foreign.length > 0 && random.chance(0.5)) {
      const needed = random.some(foreign, 1, 0.4)
      entity.fields.push({ name: `${subgraph}_computed`, type: { kind: 'scalar', name: 'String' }, hasArgument: false, owners: [subgraph], requires: needed.map((field) => field.name).join(' ') })
    }
  }
}

function isScalar(type: TypeModel): boolean {
  return type.kind === 'scalar' || (type.kind === 'nonNull' && isScalar(type.of))
}

function scalar(random: Random): TypeModel {
  const type: TypeModel = { kind: 'scalar', name: random.pick(SCALARS) }
  return random.chance(0.3) ? nonNull(type) : type
}

function leaf(random: Random): TypeModel {
  return random.chance(0.2) ? wrap(random, scalar(random)) : scalar(random)
}

function reference(world: World): TypeModel {
  const { random } = world
  const choice = random.next()
  if (choice < 0.2 && world.unions.length > 0) return wrap(random, { kind: 'union', type: random.pick(world.unions) })
  if (choice < 0.4 && world.interfaces.length > 0) return wrap(random, { kind: 'interface', type: random.pick(world.interfaces) })
  return wrap(random, { kind: 'entity', entity: random.pick(world.entities) })
}

function wrap(random: Random, type: TypeModel): TypeModel {
  const inner = type.kind !== 'nonNull' && random.chance(0.3) ? nonNull(type) : type
  const listed: TypeModel = random.chance(0.5) ? { kind: 'list', of: inner } : inner
  const deeper: TypeModel = listed.kind === 'list' && random.chance(0.1) ? { kind: 'list', of: listed } : listed
  return deeper.kind !== 'nonNull' && random.chance(0.2) ? nonNull(deeper) : deeper
}

function nonNull(type: TypeModel): TypeModel {
  return { kind: 'nonNull', of: type }
}

/** Gives every field of every instance a value; nulls only where they may be. */
function fill(random: Random, mesh: MeshModel): void {
  for (const entity of mesh.entities) {
    for (const instance of entity.instances) {
      for (const field of entity.fields) if (field.requires === undefined) instance.values.set(field.name, makeValue(random, field.type))
    }
  }
  for (const type of mesh.interfaces) {
    for (const member of type.members) for (const instance of member.instances) for (const field of type.objectFields) instance.values.set(field.name, makeValue(random, field.type))
  }
  for (const root of mesh.roots) rootValues.set(root, makeValue(random, root.type))
}

/** What root fields return. */
export const rootValues = new WeakMap<FieldModel, unknown>()

function makeValue(random: Random, type: TypeModel, nullable = true): unknown {
  if (type.kind === 'nonNull') return makeValue(random, type.of, false)
  if (nullable && random.chance(0.12)) return null
  switch (type.kind) {
    case 'list':
      return Array.from({ length: random.between(0, 3) }, () => makeValue(random, type.of))
    case 'entity':
      return random.pick(type.entity.instances)
    case 'interface':
    case 'union':
      return random.pick(random.pick(type.type.members).instances)
    case 'value':
      return Object.fromEntries(type.value.fields.map((field) => [field.name, makeValue(random, field.type)]))
    case 'scalar':
      return makeScalar(random, type.name)
    default:
      return type
  }
}

function makeScalar(random: Random, name: (typeof SCALARS)[number]): unknown {
  switch (name) {
    case 'Int':
      return random.between(-100, 100)
    case 'Float':
      return random.between(0, 1_000) / 8
    case 'Boolean':
      return random.chance(0.5)
    case 'Color':
      return random.pick(['RED', 'GREEN', 'BLUE'])
    case 'ID':
    case 'String':
      return random.pick(['plain', 'with "quotes" and \\', 'líne\nbreak', '\u{1f600} astral', '', '__proto__', 'a/b']) + random.below(100)
    default:
      return name
  }
}

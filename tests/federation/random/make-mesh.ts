import type { Random } from '../../testkit/random.ts'
import { addRequirements, pickProvided } from './make-requirements.ts'
import { makeMedia, makeReceipt, makeShop } from './make-special-types.ts'
import { leaf, scalar, wrap } from './make-types.ts'
import { fillMesh, makeInstances } from './make-values.ts'
import { ID, isScalar, nonNull, TAG, type ArgumentKind, type EntityModel, type FieldModel, type InterfaceModel, type MeshModel, type TypeModel, type UnionModel, type ValueModel } from './mesh-model.ts'

/** A random mesh that composes: entities spread over subgraphs, with keys of several kinds, references, requirements. */
export function makeMesh(random: Random): MeshModel {
  const subgraphs = Array.from({ length: random.between(2, 4) }, (_none, index) => `s${index}`)
  const values = makeValues(random)
  const plain = Array.from({ length: random.between(2, 5) }, (_none, index) => makeEntity(random, index, subgraphs))
  const entities = [...plain]
  const unions: UnionModel[] = random.chance(0.5) ? [{ name: 'Some', members: random.some(plain, 2) }] : []
  const interfaces: InterfaceModel[] = random.chance(0.6) ? [{ name: 'Node', members: random.some(plain, 1), fields: [], objectFields: [], home: undefined }] : []
  const referable = [...plain]
  if (random.chance(0.4)) {
    const media = makeMedia(random, subgraphs)
    interfaces.push(media)
    entities.push(...media.members)
  }
  const shop = random.chance(0.35) ? makeShop(random, subgraphs) : undefined
  if (shop !== undefined) {
    entities.push(...shop.entities)
    referable.push(shop.entities[0])
  }
  const world: World = { random, entities: referable, values, unions, interfaces }
  for (const entity of plain) addFields(world, entity)
  for (const type of interfaces) addInterfaceField(world, type)
  for (const entity of plain) addRequirements(random, entity)
  const roots = [...makeRoots(world, subgraphs), ...(shop?.roots ?? [])]
  const receipt = makeReceipt(random.pick(plain))
  const mutations = random.chance(0.5) ? makeMutations(random, subgraphs, receipt) : []
  const mesh = { subgraphs, entities, interfaces, unions, values: [...values, receipt], roots, mutations }
  fillMesh(random, mesh)
  return mesh
}

/** What fields may refer to. */
interface World {
  readonly random: Random
  readonly entities: readonly EntityModel[]
  readonly values: readonly ValueModel[]
  readonly unions: readonly UnionModel[]
  readonly interfaces: readonly InterfaceModel[]
}

function makeValues(random: Random): readonly ValueModel[] {
  const values: ValueModel[] = []
  for (let index = random.between(0, 2); index > 0; index--) {
    const nested = random.chance(0.4) ? values.at(-1) : undefined
    values.push({
      name: `Value${values.length}`,
      fields: [
        ...Array.from({ length: random.between(1, 3) }, (_nothing, at): FieldModel => ({ name: `part${at}`, type: scalar(random), argument: random.chance(0.2) ? 'number' : undefined, owners: [] })),
        ...(nested === undefined ? [] : [{ name: 'inner', type: wrap(random, { kind: 'value', value: nested }), owners: [] }]),
      ],
    })
  }
  return values
}

/** Keys: `id` everywhere, or `id` and another so that some subgraphs are reached through others only, or composite. */
function makeEntity(random: Random, index: number, subgraphs: readonly string[]): EntityModel {
  const name = `Entity${index}`
  const homes = random.some(subgraphs, 1, 0.7)
  const keyStyle = random.pick(['id', 'id', 'two', 'composite', 'nested', 'both'] as const)
  const keyFields: FieldModel[] = [ID]
  if (keyStyle === 'two' || keyStyle === 'composite') keyFields.push({ name: 'code', type: nonNull({ kind: 'scalar', name: 'String' }), owners: [], inaccessible: random.chance(0.25) })
  if (keyStyle === 'nested' || keyStyle === 'both') keyFields.push({ name: 'tag', type: nonNull({ kind: 'value', value: TAG }), owners: [] })
  const keysOf = (position: number): readonly string[] => {
    if (keyStyle === 'composite') return ['id code']
    if (keyStyle === 'both') return ['id tag { mark }']
    // The first home knows both keys, so every other can be reached through it.
    if (keyStyle === 'nested') return position === 0 ? ['id', 'tag { mark }'] : [random.pick(['id', 'tag { mark }'])]
    if (keyStyle === 'two') return position === 0 ? ['id', 'code'] : [random.pick(['id', 'code'])]
    return ['id']
  }
  return { name, homes: homes.map((subgraph, position) => ({ subgraph, keys: keysOf(position) })), keyStyle, fields: [], instances: makeInstances(random, name), keyFields }
}

function addFields(world: World, entity: EntityModel): void {
  const { random } = world
  for (const { subgraph } of entity.homes) {
    const count = random.between(1, 3)
    for (let index = 0; index < count; index++) {
      const name = `${subgraph}_f${index}`
      const type = random.chance(0.5) ? leaf(random) : random.chance(0.3) && world.values.length > 0 ? wrap(random, { kind: 'value', value: random.pick(world.values) }) : reference(world)
      const others = entity.homes.map((home) => home.subgraph).filter((other) => other !== subgraph)
      const isLeaf = isScalar(type)
      const shared = isLeaf && others.length > 0 && random.chance(0.15)
      const overrides = isLeaf && !shared && others.length > 0 && random.chance(0.1) ? random.pick(others) : undefined
      entity.fields.push({
        name, type, argument: argumentFor(random, type), owners: shared ? [subgraph, random.pick(others)] : [subgraph], overrides,
        inaccessible: isLeaf && random.chance(0.06), provides: shared ? undefined : pickProvided(random, type, subgraph),
      })
    }
  }
}

/** A field that the interface promises in a subgraph in which all of its members live. */
function addInterfaceField({ random }: World, type: InterfaceModel): void {
  const homes = type.members.map((member) => new Set(member.homes.map(({ subgraph }) => subgraph)))
  const [owner] = [...homes[0] ?? []].filter((subgraph) => homes.every((home) => home.has(subgraph)))
  if (type.home !== undefined || owner === undefined || random.chance(0.3)) return
  const note: FieldModel = { name: 'note', type: scalar(random), argument: random.chance(0.3) ? 'number' : undefined, owners: [owner] }
  type.fields.push(note)
  for (const member of type.members) member.fields.push(note)
}

function makeRoots(world: World, subgraphs: readonly string[]): readonly FieldModel[] {
  const { random } = world
  const roots = subgraphs.flatMap((subgraph) => Array.from({ length: random.between(1, 2) }, (_none, index): FieldModel => {
    const type = reference(world)
    return { name: `${subgraph}_root${index}`, type, argument: random.chance(0.2) ? 'number' : undefined, owners: [subgraph], provides: pickProvided(random, type, subgraph) }
  }))
  if (random.chance(0.3)) roots.push({ name: 'shared_root', type: wrap(random, { kind: 'entity', entity: random.pick(world.entities) }), owners: random.some(subgraphs, 2) })
  return roots
}

function makeMutations(random: Random, subgraphs: readonly string[], receipt: ValueModel): readonly FieldModel[] {
  return subgraphs.flatMap((subgraph) => Array.from({ length: random.between(0, 2) }, (_none, index): FieldModel => (
    { name: `${subgraph}_do${index}`, type: random.chance(0.5) ? { kind: 'value', value: receipt } : nonNull({ kind: 'value', value: receipt }), argument: random.pick(['number', 'filter', 'color'] as const), owners: [subgraph] }
  )))
}

function argumentFor(random: Random, type: TypeModel): ArgumentKind | undefined {
  const named = type.kind === 'nonNull' ? type.of : type
  if (named.kind === 'scalar') {
    if (!random.chance(0.4)) return undefined
    return named.name === 'String' ? random.pick(['number', 'color', 'filter', 'stamp'] as const) : 'number'
  }
  // Of a list, it tells how many.
  return named.kind === 'list' && random.chance(0.25) ? 'number' : undefined
}

function reference(world: World): TypeModel {
  const { random } = world
  const choice = random.next()
  if (choice < 0.2 && world.unions.length > 0) return wrap(random, { kind: 'union', type: random.pick(world.unions) })
  if (choice < 0.4 && world.interfaces.length > 0) return wrap(random, { kind: 'interface', type: random.pick(world.interfaces) })
  return wrap(random, { kind: 'entity', entity: random.pick(world.entities) })
}

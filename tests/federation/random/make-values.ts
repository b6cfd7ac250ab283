import type { Random } from '../../testkit/random.ts'
import type { FieldModel, Instance, MeshModel, ScalarName, TypeModel } from './mesh-model.ts'

/** What root fields return, mutations too. */
export const rootValues = new WeakMap<FieldModel, unknown>()

/** Gives every field of every instance a value; nulls only where they may be. */
export function fillMesh(random: Random, mesh: MeshModel): void {
  const fillField = (instance: Instance, field: FieldModel): void => {
    if (field.requires === undefined) instance.values.set(field.name, makeValue(random, field.type))
  }
  for (const entity of mesh.entities) for (const instance of entity.instances) for (const field of entity.fields) fillField(instance, field)
  for (const type of mesh.interfaces) {
    for (const member of type.members) for (const instance of member.instances) for (const field of type.objectFields) fillField(instance, field)
  }
  for (const root of [...mesh.roots, ...mesh.mutations]) rootValues.set(root, makeValue(random, root.type))
}

export function makeInstances(random: Random, typeName: string): readonly Instance[] {
  return Array.from({ length: random.between(2, 4) }, (_none, index) => ({
    typeName,
    values: new Map<string, unknown>([['id', `${typeName}-${index}`], ['code', `code ${index} of ${typeName}`], ['tag', { mark: `mark ${index} of ${typeName}` }]]),
  }))
}

function makeValue(random: Random, type: TypeModel, nullable = true): unknown {
  if (type.kind === 'nonNull') return makeValue(random, type.of, false)
  if (nullable && random.chance(0.1)) return null
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

function makeScalar(random: Random, name: ScalarName): unknown {
  switch (name) {
    case 'Int':
      return random.between(-100, 100)
    case 'Float':
      return random.between(0, 1_000) / 8
    case 'Boolean':
      return random.chance(0.5)
    case 'Color':
      return random.pick(['RED', 'GREEN', 'BLUE'])
    case 'Stamp':
      return random.pick([{ at: random.below(100), zone: [null, { name: 'UTC' }] }, [1, [2.5, 'x']], 'now', 17, false])
    case 'ID':
    case 'String':
      return random.pick(['plain', 'with "quotes" and \\', 'líne\nbreak', '\u{1f600} astral', '', '__proto__', 'a/b']) + random.below(100)
    default:
      return name
  }
}

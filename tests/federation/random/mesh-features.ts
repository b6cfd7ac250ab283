import { parseFieldSet } from './field-set.ts'
import { requiredFields } from './faults.ts'
import { namedType, type EntityModel, type FieldModel, type MeshModel } from './mesh-model.ts'

/** For each field of the graph, as `Type.field`, what of federation is needed to answer it. */
export function meshFeatures(mesh: MeshModel): ReadonlyMap<string, readonly string[]> {
  const features = new Map<string, readonly string[]>()
  for (const entity of mesh.entities) for (const field of entity.fields) features.set(`${entity.name}.${field.name}`, [...fieldFeatures(field, entity.fields), ...keyFeatures(entity)])
  for (const type of mesh.interfaces) {
    for (const field of type.fields) features.set(`${type.name}.${field.name}`, ['field of an interface', ...fieldFeatures(field, type.fields)])
    for (const field of type.objectFields) for (const { name } of [type, ...type.members]) features.set(`${name}.${field.name}`, ['@interfaceObject', ...fieldFeatures(field, type.fields)])
  }
  for (const field of mesh.roots) features.set(`Query.${field.name}`, fieldFeatures(field, []))
  for (const field of mesh.mutations) features.set(`Mutation.${field.name}`, fieldFeatures(field, []))
  const needed = requiredFields(mesh)
  for (const entity of mesh.entities) {
    for (const field of entity.fields) {
      const name = `${entity.name}.${field.name}`
      if (field.requires !== undefined && parseFieldSet(field.requires).some((entry) => entity.fields.some((one) => one.name === entry.name && one.inaccessible === true && needed.has(one)))) features.set(name, [...features.get(name) ?? [], '@inaccessible, required'])
    }
  }
  return features
}

function keyFeatures(entity: EntityModel): readonly string[] {
  const found = { id: [], two: ['several keys'], composite: ['compound key'], nested: ['several keys', 'nested key'], both: ['compound key', 'nested key'] }[entity.keyStyle]
  return entity.keyFields.some((field) => field.inaccessible === true) ? [...found, '@inaccessible key'] : found
}

function fieldFeatures(field: FieldModel, siblings: readonly FieldModel[]): readonly string[] {
  const found: string[] = []
  const add = (feature: string, holds: boolean): void => void (holds && found.push(feature))
  const named = namedType(field.type)
  const required = field.requires === undefined ? [] : parseFieldSet(field.requires)
  add('@requires', required.length > 0)
  add('@requires, nested', required.some(({ selections }) => selections !== undefined))
  add('@requires with arguments', required.some(({ args }) => Object.keys(args).length > 0))
  add('@requires of a @requires', required.some(({ name }) => siblings.some((one) => one.name === name && one.requires !== undefined)))
  add('@provides', field.provides !== undefined)
  add('@override', field.overrides !== undefined)
  add('@shareable', field.owners.length > 1)
  add('@fromContext', field.fromContext !== undefined)
  add('default value', field.argument !== undefined)
  add('enum', named.kind === 'scalar' && named.name === 'Color')
  add('custom scalar', named.kind === 'scalar' && named.name === 'Stamp')
  return found
}

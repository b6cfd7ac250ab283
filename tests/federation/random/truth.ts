import { execute, isAbstractType, type DocumentNode, type ExecutionResult, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import { rootValues } from './make-mesh.ts'
import { namedType, type EntityModel, type FieldModel, type Instance, type MeshModel, type TypeModel } from './mesh-model.ts'

/** Something that a resolver is asked about: an entity, a representation of one, or a plain value. */
type Source = Instance | Representation | Readonly<Record<string, unknown>>

export interface Representation {
  readonly __typename: string
  readonly [field: string]: unknown
}

/** Faults in the data: fields that throw, by `Entity-id.field`. */
export type Faults = ReadonlySet<string>

/** Answers questions about a mesh's data: as one schema that has everything, or as one of the subgraphs. */
export class Truth {
  readonly #mesh: MeshModel
  readonly #entities: ReadonlyMap<string, EntityModel>
  faults: Faults = new Set()

  constructor(mesh: MeshModel) {
    this.#mesh = mesh
    this.#entities = new Map(mesh.entities.map((entity) => [entity.name, entity]))
  }

  /** Executes a document; `subgraph` undefined: as one schema. */
  async run(schema: GraphQLSchema, document: DocumentNode, options: { readonly variables: Readonly<Record<string, unknown>>; readonly subgraph?: string }): Promise<ExecutionResult> {
    return execute({
      schema,
      document,
      variableValues: options.variables,
      rootValue: {},
      fieldResolver: (source: Source, args: Readonly<Record<string, unknown>>, _context, info) => this.#resolve(source, args, info, options.subgraph),
      typeResolver: (value: Source, _context, info) => this.#typeOf(value, info.schema),
    })
  }

  #typeOf(value: Source, schema: GraphQLSchema): string {
    const name = isInstance(value) ? value.typeName : (value as Representation)['__typename']
    if (schema.getType(name) !== undefined) return name
    // Where the entity's type is not known, an interface object stands for it.
    return this.#mesh.interfaces.find((type) => type.members.some((member) => member.name === name))?.name ?? name
  }

  #resolve(source: Source, args: Readonly<Record<string, unknown>>, info: GraphQLResolveInfo, subgraph: string | undefined): unknown {
    const name = info.fieldName
    if (info.parentType.name === info.schema.getQueryType()?.name) return rootValues.get(this.#root(name))
    if (isInstance(source)) return this.#entityField(source, source, name, { args, subgraph })
    if (!Object.hasOwn(source, '__typename')) return withArgument(source[name], args)
    const instance = this.#find(source as Representation)
    return this.#entityField(instance, source as Representation, name, { args, subgraph })
  }

  #root(name: string): FieldModel {
    const root = this.#mesh.roots.find((field) => field.name === name)
    if (root === undefined) throw new Error(`no root field ${name}`)
    return root
  }

  #entityField(instance: Instance, source: Instance | Representation, name: string, asked: { readonly args: Readonly<Record<string, unknown>>; readonly subgraph: string | undefined }): unknown {
    if (this.faults.has(`${String(instance.values.get('id'))}.${name}`)) throw new Error('a fault of the data')
    const entity = this.#entities.get(instance.typeName)
    const field = entity?.fields.find((one) => one.name === name)
    if (field?.overrides !== undefined && field.overrides === asked.subgraph) return staleValue(field.type)
    if (field?.requires !== undefined) {
      // A subgraph knows of the required values only what the representation says.
      const values = field.requires.split(' ').map((required) => (isInstance(source) ? instance.values.get(required) : source[required]))
      return JSON.stringify(values)
    }
    return withArgument(instance.values.get(name), asked.args)
  }

  #find(representation: Representation): Instance {
    const name = representation['__typename']
    const candidates = this.#entities.get(name)?.instances ?? this.#mesh.interfaces.find((type) => type.name === name)?.members.flatMap((member) => member.instances) ?? []
    const found = candidates.filter((instance) => ['id', 'code', 'tag'].every((key) => (
      !Object.hasOwn(representation, key) || JSON.stringify(representation[key]) === JSON.stringify(instance.values.get(key))
    )))
    const [only] = found
    if (only === undefined || found.length > 1) throw new Error(`a representation that fits ${found.length} entities: ${JSON.stringify(representation)}`)
    return only
  }

  /** What `_entities` gives for a representation: of an interface the entity itself, whose type is to be found out. */
  entity(schema: GraphQLSchema, representation: Representation): unknown {
    return isAbstractType(schema.getType(representation['__typename'])) ? this.#find(representation) : representation
  }
}

function isInstance(value: Source): value is Instance {
  return (value as Partial<Instance>).values instanceof Map
}

function withArgument(value: unknown, args: Readonly<Record<string, unknown>>): unknown {
  const n = args['n']
  if (typeof n !== 'number') return value
  if (typeof value === 'string' && !['RED', 'GREEN', 'BLUE'].includes(value)) return `${value}${n}`
  return typeof value === 'number' ? value + n : value
}

function staleValue(type: TypeModel): unknown {
  const named = namedType(type)
  if (named.kind !== 'scalar') return null
  return { String: 'stale', ID: 'stale', Int: -999, Float: -999.5, Boolean: true, Color: 'RED' }[named.name]
}

import { execute, isAbstractType, type DocumentNode, type ExecutionResult, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import { isAbstractIn, isWayThrough, NO_FAULTS, providedFields, type Faults } from './faults.ts'
import { parseFieldSet, type FieldSetEntry } from './field-set.ts'
import { rootValues } from './make-values.ts'
import { namedType, type EntityModel, type FieldModel, type Instance, type MeshModel, type TypeModel, type ValueModel } from './mesh-model.ts'

/** Something that a resolver is asked about: an entity, a representation of one, or a plain value. */
type Source = Instance | Representation | PlainValue

export interface Representation {
  readonly __typename: string
  readonly [field: string]: unknown
}

type PlainValue = Readonly<Record<string, unknown>>
type Arguments = Readonly<Record<string, unknown>>

/**
 * What becomes of a value that some plans lose to a fault and others do not, in the answer as one schema: the answers to
 * `lost` and `kept` are the bounds between which every right answer lies.
 */
export type Doubtful = 'lost' | 'kept'

export interface RunOptions {
  readonly variables: Readonly<Record<string, unknown>>
  /** Undefined: as one schema that has everything. */
  readonly subgraph?: string
  /** Default `kept`. As one schema only. */
  readonly doubtful?: Doubtful
}

interface Asked {
  readonly args: Arguments
  readonly info: GraphQLResolveInfo
  readonly run: Run
}

interface Run extends RunOptions {
  /** What stands at each place of the answer, for values that come from an ancestor. */
  readonly sources: WeakMap<object, Source>
}

/** Answers questions about a mesh's data: as one schema that has everything, or as one of the subgraphs. */
export class Truth {
  readonly #mesh: MeshModel
  readonly #entities: ReadonlyMap<string, EntityModel>
  readonly #fields = new Map<string, FieldModel>()
  readonly #provided: ReadonlySet<FieldModel>
  #calls: string[] = []
  faults: Faults = NO_FAULTS

  constructor(mesh: MeshModel) {
    this.#mesh = mesh
    this.#provided = providedFields(mesh)
    this.#entities = new Map(mesh.entities.map((entity) => [entity.name, entity]))
    for (const type of mesh.interfaces) {
      for (const field of type.objectFields) for (const { name } of [type, ...type.members]) this.#fields.set(`${name}.${field.name}`, field)
    }
    for (const entity of mesh.entities) for (const field of [...entity.keyFields, ...entity.fields]) this.#fields.set(`${entity.name}.${field.name}`, field)
    for (const field of mesh.roots) this.#fields.set(`Query.${field.name}`, field)
    for (const field of mesh.mutations) this.#fields.set(`Mutation.${field.name}`, field)
  }

  /** Forgets the mutations so far. */
  reset(): void {
    this.#calls = []
  }

  async run(schema: GraphQLSchema, document: DocumentNode, options: RunOptions): Promise<ExecutionResult> {
    const run: Run = { ...options, sources: new WeakMap() }
    return execute({
      schema,
      document,
      variableValues: options.variables,
      rootValue: {},
      fieldResolver: (source: Source, args: Arguments, _context, info) => this.#resolve(source, { args, info, run }),
      typeResolver: (value: Source, _context, info) => this.#typeOf(value, info.schema),
    })
  }

  /** What `_entities` gives for a representation: of an interface the entity itself, whose type is to be found out. */
  entity(schema: GraphQLSchema, subgraph: string, representation: Representation): unknown {
    const instance = this.#find(representation)
    const { missing } = this.faults
    if (missing?.subgraph === subgraph && missing.ids.has(idOf(instance))) return null
    return isAbstractType(schema.getType(representation['__typename'])) ? instance : representation
  }

  #typeOf(value: Source, schema: GraphQLSchema): string {
    const name = isInstance(value) ? value.typeName : (value as Representation)['__typename']
    if (schema.getType(name) !== undefined) return name
    // Where the entity's type is not known, an interface object stands for it.
    return this.#mesh.interfaces.find((type) => type.members.some((member) => member.name === name))?.name ?? name
  }

  #resolve(source: Source, asked: Asked): unknown {
    const { info, args } = asked
    const { fieldName: name, parentType } = info
    if (parentType === info.schema.getQueryType() || parentType === info.schema.getMutationType()) return this.#root(parentType === info.schema.getMutationType(), name, asked)
    if (info.path.prev !== undefined) asked.run.sources.set(info.path.prev, source)
    if (isInstance(source)) return this.#entityField(source, source, name, asked)
    if (!Object.hasOwn(source, '__typename')) return withArgument(source[name], args)
    return this.#entityField(this.#find(source as Representation), source as Representation, name, asked)
  }

  #root(isMutation: boolean, name: string, asked: Asked): unknown {
    const field = this.#fields.get(`${isMutation ? 'Mutation' : 'Query'}.${name}`)
    if (field === undefined) throw new Error(`no root field ${name}`)
    const found = rootValues.get(field)
    if (!isMutation) return this.#faulty(`Query.${name}`, field, withArgument(found, asked.args), asked)
    if (asked.run.subgraph === undefined && field.owners[0] === this.faults.down) throw new Error('gone')
    this.#calls.push(name + JSON.stringify(asked.args))
    const value = found === null ? null : { ...found as PlainValue, order: this.#calls.length, log: this.#calls.join(' ') }
    return this.#faulty(`Mutation.${name}`, field, value, asked)
  }

  #entityField(instance: Instance, source: Instance | Representation, name: string, asked: Asked): unknown {
    const field = this.#fields.get(`${instance.typeName}.${name}`)
    if (field === undefined) throw new Error(`no field ${instance.typeName}.${name}`)
    if (field.overrides !== undefined && field.overrides === asked.run.subgraph) return staleValue(field.type)
    const isMissing = this.faults.missing?.ids.has(idOf(instance)) === true && this.#isLost(field, this.faults.missing.subgraph, asked.run)
    if (isMissing) return null
    return this.#faulty(`${idOf(instance)}.${name}`, field, this.#value(instance, source, field, asked), asked)
  }

  /** A key is known to whoever refers to the entity; the rest is gone with its only owner. */
  #isLost(field: FieldModel, from: string, run: Run): boolean {
    if (!field.owners.includes(from)) return false
    if (run.subgraph !== undefined) return run.subgraph === from
    return field.owners.length === 1 || run.doubtful === 'lost'
  }

  #value(instance: Instance, source: Instance | Representation, field: FieldModel, asked: Asked): unknown {
    if (field.requires !== undefined) {
      // A subgraph knows of the required values only what the representation says.
      if (asked.run.subgraph === undefined) return JSON.stringify(this.#required(instance, parseFieldSet(field.requires)))
      if (!isInstance(source)) return JSON.stringify(picked(source, parseFieldSet(field.requires)))
      if (!this.#isGiven(instance, field, asked.run.subgraph)) throw new Error(`${field.name} was asked for without what it requires`)
      return JSON.stringify(this.#required(instance, parseFieldSet(field.requires)))
    }
    const args = field.fromContext === undefined ? asked.args : { c: asked.run.subgraph === undefined ? this.#fromContext(field.fromContext, asked) : asked.args['c'] ?? null, ...withoutC(asked.args) }
    return withArgument(instance.values.get(field.name), args)
  }

  /** Whether the subgraph gives along, somewhere, all that it requires of others. */
  #isGiven(instance: Instance, { requires = '' }: FieldModel, subgraph: string): boolean {
    return parseFieldSet(requires).every(({ name }) => [...this.#fields.values()].some((field) => field.provides === name && field.owners.includes(subgraph) && (namedType(field.type) as { readonly entity?: EntityModel }).entity?.name === instance.typeName))
  }

  #fromContext({ context, field }: NonNullable<FieldModel['fromContext']>, { info, run }: Asked): unknown {
    for (let path = info.path.prev; path !== undefined; path = path.prev) {
      const source = run.sources.get(path)
      if (source !== undefined && isInstance(source) && this.#entities.get(source.typeName)?.context === context) return this.faults.fields.has(`${idOf(source)}.${field}`) ? null : source.values.get(field) ?? null
    }
    throw new Error(`no ancestor gives the context ${context}`)
  }

  /** Values of required fields, as a complete representation has them; what fails is null. */
  #required(instance: Instance, set: readonly FieldSetEntry[]): readonly unknown[] {
    return set.map(({ name, args, selections }) => {
      const field = this.#fields.get(`${instance.typeName}.${name}`)
      const fault = this.faults.fields.get(`${idOf(instance)}.${name}`)
      if (field === undefined) throw new Error(`no field ${instance.typeName}.${name}`)
      if (fault === 'throws' || fault === 'null') return null
      if (field.requires !== undefined) return JSON.stringify(this.#required(instance, parseFieldSet(field.requires)))
      return this.#projected(withArgument(instance.values.get(name), { ...defaultArguments(field), ...args }), field.type, selections)
    })
  }

  #projected(value: unknown, type: TypeModel, selections: readonly FieldSetEntry[] | undefined): unknown {
    if (value === null || value === undefined || selections === undefined) return value ?? null
    if (Array.isArray(value)) return value.map((item) => this.#projected(item, type, selections))
    const named = namedType(type)
    return named.kind === 'value' ? selections.map(({ name }) => partOf(named.value, value as PlainValue, name)) : this.#required(value as Instance, selections)
  }

  /** The value with the faults that hit it. */
  #faulty(key: string, field: FieldModel, value: unknown, { run }: Asked): unknown {
    const fault = this.faults.fields.get(key)
    if (fault === 'throws') throw new Error('a fault of the data')
    if (fault === 'null') return null
    const { down, untyped } = this.faults
    if (run.subgraph === undefined && down !== undefined) {
      if (field.owners.length === 1 && field.owners[0] === down && !this.#provided.has(field)) throw new Error('gone')
      if (run.doubtful === 'lost' && this.#mayNeed(key, field, down)) throw new Error('gone')
    }
    if (run.subgraph === undefined && untyped !== undefined && field.owners[0] === untyped.subgraph && isAbstractIn(field.type, untyped.subgraph)) return withUntyped(value, untyped.type)
    return fault === 'item' && Array.isArray(value) && value.length > 0 ? [...value.slice(0, -1), new Error('a fault of the data')] : value
  }

  /** Whether some plan asks the subgraph for the field, or on the way to it. */
  #mayNeed(key: string, field: FieldModel, subgraph: string): boolean {
    if (field.owners.includes(subgraph) || field.requires !== undefined || field.fromContext !== undefined) return true
    const named = namedType(field.type)
    if (named.kind === 'interface' && named.type.home === subgraph) return true
    const instance = key.split('-')[0] ?? ''
    const entity = this.#entities.get(instance)
    if (entity === undefined) return false
    // Plans put a subgraph's other fields into the request for what it computes, which waits for what is required.
    const types = this.#mesh.interfaces.filter((type) => type.members.includes(entity))
    const computes = [...entity.fields, ...types.flatMap((type) => type.objectFields)].some((one) => one.requires !== undefined || one.fromContext !== undefined)
    return computes || isWayThrough(entity, subgraph) || types.some((type) => type.home === subgraph)
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
}

function idOf(instance: Instance): string {
  return String(instance.values.get('id'))
}

function isInstance(value: Source): value is Instance {
  return (value as Partial<Instance>).values instanceof Map
}

function withoutC({ c: _c, ...rest }: Arguments): Arguments {
  return rest
}

/** Required values out of a representation, or of a value in it. */
function picked(source: unknown, set: readonly FieldSetEntry[]): readonly unknown[] {
  return set.map(({ name, selections }) => pickedValue((source as PlainValue)[name], selections))
}

function pickedValue(value: unknown, selections: readonly FieldSetEntry[] | undefined): unknown {
  if (value === null || value === undefined || selections === undefined) return value ?? null
  return Array.isArray(value) ? value.map((item) => pickedValue(item, selections)) : picked(value, selections)
}

/** Arguments that a field set leaves out have their defaults. */
function defaultArguments(field: FieldModel): Arguments {
  return field.argument === 'number' ? { n: 1 } : {}
}

function partOf(type: ValueModel, value: PlainValue, name: string): unknown {
  const part = type.fields.find((field) => field.name === name)
  return withArgument(value[name], part === undefined ? {} : defaultArguments(part))
}

/** A value that tells what its field was asked with; of a list, the argument says how many. */
function withArgument(value: unknown, args: Arguments): unknown {
  const { n } = args
  const isNumberOnly = typeof n === 'number' && Object.keys(args).length === 1
  if (Object.keys(args).length === 0) return value
  if (Array.isArray(value)) return typeof n === 'number' ? value.slice(0, n + 1) : value
  if (typeof value === 'string' && !['RED', 'GREEN', 'BLUE', 'now'].includes(value)) return isNumberOnly ? `${value}${n}` : value + JSON.stringify(args)
  return typeof value === 'number' && typeof n === 'number' ? value + n : value
}

function withUntyped(value: unknown, type: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withUntyped(item, type))
  return value !== null && typeof value === 'object' && (value as Instance).typeName === type ? new Error('an unknown type') : value
}

function staleValue(type: TypeModel): unknown {
  const named = namedType(type)
  if (named.kind !== 'scalar') return null
  return { String: 'stale', ID: 'stale', Int: -999, Float: -999.5, Boolean: true, Color: 'RED', Stamp: 'stale' }[named.name]
}

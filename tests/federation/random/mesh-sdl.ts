import { parseFieldSet, type FieldSetEntry } from './field-set.ts'
import { ARGUMENT_TEXT, namedType, TAG, typeText, type EntityModel, type FieldModel, type InterfaceModel, type MeshModel, type TypeModel, type ValueModel } from './mesh-model.ts'

const HEADER = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@provides", "@shareable", "@override", "@interfaceObject", "@inaccessible", "@context", "@fromContext"])
enum Color { RED GREEN BLUE }
scalar Stamp
input Filter { min: Int! = 2 colors: [Color!] = [RED] text: String inner: Filter when: Stamp }
`

/** SDL of every subgraph of a mesh. */
export function meshSdl(mesh: MeshModel): Readonly<Record<string, string>> {
  return Object.fromEntries(mesh.subgraphs.map((subgraph) => [subgraph, new SdlWriter(mesh, subgraph).write()]))
}

class SdlWriter {
  readonly #mesh: MeshModel
  readonly #subgraph: string
  readonly #values = new Set<ValueModel>()
  readonly #interfaces = new Set<InterfaceModel>()
  readonly #stubs = new Set<EntityModel>()
  readonly #unions = new Set<string>()
  /** Fields of entities that this subgraph names but does not own. */
  readonly #externals = new Map<EntityModel, Set<FieldModel>>()

  constructor(mesh: MeshModel, subgraph: string) {
    this.#mesh = mesh
    this.#subgraph = subgraph
  }

  write(): string {
    const entities = this.#mesh.entities.filter((entity) => this.#isHome(entity))
    const roots = this.#mesh.roots.filter((root) => root.owners.includes(this.#subgraph))
    const mutations = this.#mesh.mutations.filter((root) => root.owners.includes(this.#subgraph))
    for (const field of [...roots, ...mutations, ...entities.flatMap((entity) => [...this.#ownFields(entity), ...entity.keyFields])]) this.#use(field.type)
    for (const type of this.#mesh.interfaces) if (type.objectFields.some((field) => field.owners.includes(this.#subgraph)) || type.home === this.#subgraph) this.#interfaces.add(type)
    for (const entity of entities) for (const field of this.#ownFields(entity)) if (field.requires !== undefined) this.#useSet(entity, parseFieldSet(field.requires))
    for (const field of this.#providing()) this.#useSet(entityOf(field.type), parseFieldSet(field.provides ?? ''))
    for (const type of this.#interfaces) {
      if (type.home === undefined || type.home === this.#subgraph) for (const member of type.members) this.#addEntity(member)
      for (const field of type.objectFields) if (field.owners.includes(this.#subgraph)) this.#use(field.type)
    }
    this.#closeOverKeys()
    return HEADER + [
      `type Query { ${roots.map((root) => this.#field(root, (root.owners.length > 1 ? ' @shareable' : '') + this.#providesText(root))).join(' ')} }`,
      mutations.length === 0 ? '' : `type Mutation { ${mutations.map((root) => this.#field(root, '')).join(' ')} }`,
      ...entities.map((entity) => this.#entity(entity)),
      ...[...this.#stubs].map((entity) => this.#stub(entity)),
      ...[...this.#values].map((value) => `type ${value.name} @shareable { ${value.fields.map((field) => this.#field(field, '')).join(' ')} }`),
      ...[...this.#interfaces].map((type) => this.#interface(type)),
      ...this.#mesh.unions.filter((union) => this.#unions.has(union.name)).map((union) => `union ${union.name} = ${union.members.map((member) => member.name).join(' | ')}`),
    ].join('\n')
  }

  #isHome(entity: EntityModel): boolean {
    return entity.homes.some((home) => home.subgraph === this.#subgraph)
  }

  #ownFields(entity: EntityModel): readonly FieldModel[] {
    return entity.fields.filter((field) => field.owners.includes(this.#subgraph) || field.overrides === this.#subgraph)
  }

  #use(type: TypeModel): void {
    const named = namedType(type)
    if (named.kind === 'value' && !this.#values.has(named.value)) {
      this.#values.add(named.value)
      for (const field of named.value.fields) this.#use(field.type)
    }
    if (named.kind === 'entity') this.#addEntity(named.entity)
    if (named.kind === 'interface') this.#interfaces.add(named.type)
    if (named.kind === 'union') {
      this.#unions.add(named.type.name)
      for (const member of named.type.members) this.#addEntity(member)
    }
  }

  /** Makes all that a field set names known here. */
  #useSet(entity: EntityModel, set: readonly FieldSetEntry[]): void {
    this.#addEntity(entity)
    for (const { name, selections } of set) {
      const field = entity.fields.find((one) => one.name === name)
      if (field === undefined) throw new Error(`no field ${entity.name}.${name}`)
      if (!this.#ownFields(entity).includes(field)) {
        const known = this.#externals.get(entity) ?? new Set()
        this.#externals.set(entity, known.add(field))
        this.#use(field.type)
      }
      const named = namedType(field.type)
      if (selections !== undefined && named.kind === 'entity') this.#useSet(named.entity, selections)
    }
  }

  #addEntity(entity: EntityModel): void {
    if (!this.#isHome(entity)) this.#stubs.add(entity)
  }

  #closeOverKeys(): void {
    const present = [...this.#stubs, ...this.#mesh.entities.filter((entity) => this.#isHome(entity))]
    if (present.some((entity) => this.#keysHere(entity).some((key) => key.includes('tag')))) this.#values.add(TAG)
  }

  #keysHere(entity: EntityModel): readonly string[] {
    return entity.homes.find((home) => home.subgraph === this.#subgraph)?.keys ?? entity.homes[0]?.keys.slice(0, 1) ?? []
  }

  #entity(entity: EntityModel): string {
    const keys = this.#keysHere(entity)
    const gives = entity.context !== undefined && entity.homes[0]?.subgraph === this.#subgraph
    return `type ${entity.name}${this.#implements(entity)}${gives ? ` @context(name: "${entity.context}")` : ''} ${keys.map((key) => `@key(fields: "${key}")`).join(' ')} { ${[
      ...this.#keyFields(entity, keys),
      ...this.#ownFields(entity).map((field) => this.#field(field, this.#directives(entity, field) + this.#providesText(field))),
      ...this.#external(entity),
    ].join(' ')} }`
  }

  #stub(entity: EntityModel): string {
    const keys = this.#keysHere(entity)
    return `type ${entity.name}${this.#implements(entity)} ${keys.map((key) => `@key(fields: "${key}", resolvable: false)`).join(' ')} { ${[...this.#keyFields(entity, keys), ...this.#external(entity)].join(' ')} }`
  }

  #external(entity: EntityModel): readonly string[] {
    return [...this.#externals.get(entity) ?? []].map((field) => this.#field(field, ' @external'))
  }

  #keyFields(entity: EntityModel, keys: readonly string[]): readonly string[] {
    const needsId = [...this.#interfaces].some((type) => type.members.includes(entity))
    return entity.keyFields.flatMap((field) => {
      const hidden = field.inaccessible === true ? ' @inaccessible' : ''
      const isKey = keys.some((key) => key.split(' ').includes(field.name))
      if (isKey) return [`${field.name}: ${typeText(field.type)}${hidden}`]
      return needsId && field.name === 'id' ? [`id: ${typeText(field.type)} @shareable`] : []
    })
  }

  #implements(entity: EntityModel): string {
    const types = [...this.#interfaces].filter((type) => type.members.includes(entity)).map((type) => type.name)
    return types.length === 0 ? '' : ` implements ${types.join(' & ')}`
  }

  #interface(type: InterfaceModel): string {
    const promised = type.fields.filter((field) => field.owners.includes(this.#subgraph)).map((field) => this.#field(field, '')).join(' ')
    if (type.home === undefined) return `interface ${type.name} { id: ID! ${promised} }`
    if (type.home === this.#subgraph) return `interface ${type.name} @key(fields: "id") { id: ID! ${promised} }`
    const own = type.objectFields.filter((field) => field.owners.includes(this.#subgraph))
    const required = new Set(own.flatMap((field) => (field.requires === undefined ? [] : parseFieldSet(field.requires).map(({ name }) => name))))
    const external = type.fields.filter((field) => required.has(field.name)).map((field) => this.#field(field, ' @external'))
    return `type ${type.name} @interfaceObject @key(fields: "id") { id: ID! ${[...own.map((field) => this.#field(field, requiresText(field))), ...external].join(' ')} }`
  }

  #providing(): readonly FieldModel[] {
    return providingFields(this.#mesh).filter((field) => field.owners.includes(this.#subgraph))
  }

  #providesText(field: FieldModel): string {
    return field.provides === undefined ? '' : ` @provides(fields: "${field.provides}")`
  }

  #directives(entity: EntityModel, field: FieldModel): string {
    const hidden = field.inaccessible === true ? ' @inaccessible' : ''
    if (field.requires !== undefined) return requiresText(field) + hidden
    if (field.overrides !== undefined && field.owners.includes(this.#subgraph)) return ` @override(from: "${field.overrides}")${hidden}`
    const isProvided = providingFields(this.#mesh).some((other) => entityOf(other.type) === entity && other.provides === field.name)
    return (field.owners.length > 1 || isProvided ? ' @shareable' : '') + hidden
  }

  #field(field: FieldModel, directives: string): string {
    const args = [
      ...(field.fromContext === undefined ? [] : [`c: String @fromContext(field: "$${field.fromContext.context} { ${field.fromContext.field} }")`]),
      ...(field.argument === undefined ? [] : [ARGUMENT_TEXT[field.argument]]),
    ]
    return `${field.name}${args.length === 0 ? '' : `(${args.join(', ')})`}: ${typeText(field.type)}${directives}`
  }
}

function requiresText({ requires }: FieldModel): string {
  return requires === undefined ? '' : ` @requires(fields: "${requires}")`
}

function providingFields(mesh: MeshModel): readonly FieldModel[] {
  return [...mesh.roots, ...mesh.entities.flatMap((entity) => entity.fields)].filter((field) => field.provides !== undefined)
}

function entityOf(type: TypeModel): EntityModel {
  const named = namedType(type)
  if (named.kind !== 'entity') throw new Error('only of entities fields are given along')
  return named.entity
}

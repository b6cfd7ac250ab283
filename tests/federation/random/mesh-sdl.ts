import { TAG } from './make-mesh.ts'
import { namedType, typeText, type EntityModel, type FieldModel, type InterfaceModel, type MeshModel, type TypeModel, type ValueModel } from './mesh-model.ts'

const HEADER = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@provides", "@shareable", "@override", "@interfaceObject"])\nenum Color { RED GREEN BLUE }\n'

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

  constructor(mesh: MeshModel, subgraph: string) {
    this.#mesh = mesh
    this.#subgraph = subgraph
  }

  write(): string {
    const entities = this.#mesh.entities.filter((entity) => this.#isHome(entity))
    const roots = this.#mesh.roots.filter((root) => root.owners.includes(this.#subgraph))
    for (const field of [...roots, ...entities.flatMap((entity) => [...this.#ownFields(entity), ...entity.keyFields])]) this.#use(field.type)
    for (const type of this.#mesh.interfaces) if (type.objectFields.some((field) => field.owners.includes(this.#subgraph)) || type.home === this.#subgraph) this.#interfaces.add(type)
    for (const type of this.#interfaces) {
      if (type.home === undefined || type.home === this.#subgraph) for (const member of type.members) this.#addEntity(member)
      for (const field of type.objectFields) if (field.owners.includes(this.#subgraph)) this.#use(field.type)
    }
    this.#closeOverKeys()
    return HEADER + [
      `type Query { ${roots.map((root) => this.#field(root, this.#providesText(root))).join(' ')} }`,
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
    if (named.kind === 'value') this.#values.add(named.value)
    if (named.kind === 'entity') this.#addEntity(named.entity)
    if (named.kind === 'interface') this.#interfaces.add(named.type)
    if (named.kind === 'union') {
      this.#unions.add(named.type.name)
      for (const member of named.type.members) this.#addEntity(member)
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
    const required = new Set(this.#ownFields(entity).flatMap((field) => field.requires?.split(' ') ?? []))
    for (const field of this.#providing()) if (namedType(field.type).kind === 'entity' && (namedType(field.type) as { entity: EntityModel }).entity === entity) required.add(field.provides ?? '')
    const external = entity.fields.filter((field) => required.has(field.name) && !field.owners.includes(this.#subgraph))
    return `type ${entity.name}${this.#implements(entity)} ${keys.map((key) => `@key(fields: "${key}")`).join(' ')} { ${[
      ...this.#keyFields(entity, keys),
      ...this.#ownFields(entity).map((field) => this.#field(field, this.#directives(field) + this.#providesText(field))),
      ...external.map((field) => this.#field(field, ' @external')),
    ].join(' ')} }`
  }

  #stub(entity: EntityModel): string {
    const keys = this.#keysHere(entity)
    return `type ${entity.name}${this.#implements(entity)} ${keys.map((key) => `@key(fields: "${key}", resolvable: false)`).join(' ')} { ${this.#keyFields(entity, keys).join(' ')} }`
  }

  #keyFields(entity: EntityModel, keys: readonly string[]): readonly string[] {
    const needsId = [...this.#interfaces].some((type) => type.members.includes(entity))
    return entity.keyFields.flatMap((field) => {
      const isKey = keys.some((key) => key.split(' ').includes(field.name))
      if (isKey) return [`${field.name}: ${typeText(field.type)}`]
      return needsId && field.name === 'id' ? [`id: ${typeText(field.type)} @shareable`] : []
    })
  }

  #implements(entity: EntityModel): string {
    const types = [...this.#interfaces].filter((type) => type.members.includes(entity)).map((type) => type.name)
    return types.length === 0 ? '' : ` implements ${types.join(' & ')}`
  }

  #interface(type: InterfaceModel): string {
    if (type.home === undefined) return `interface ${type.name} { id: ID! }`
    if (type.home === this.#subgraph) return `interface ${type.name} @key(fields: "id") { id: ID! }`
    const own = type.objectFields.filter((field) => field.owners.includes(this.#subgraph))
    return `type ${type.name} @interfaceObject @key(fields: "id") { id: ID! ${own.map((field) => this.#field(field, '')).join(' ')} }`
  }

  #providing(): readonly FieldModel[] {
    return [...this.#mesh.roots, ...this.#mesh.entities.flatMap((entity) => entity.fields)].filter((field) => field.provides !== undefined && field.owners.includes(this.#subgraph))
  }

  #providesText(field: FieldModel): string {
    return field.provides === undefined ? '' : ` @provides(fields: "${field.provides}")`
  }

  #directives(field: FieldModel): string {
    if (field.requires !== undefined) return ` @requires(fields: "${field.requires}")`
    if (field.overrides !== undefined && field.owners.includes(this.#subgraph)) return ` @override(from: "${field.overrides}")`
    return field.owners.length > 1 || this.#isProvided(field) ? ' @shareable' : ''
  }

  #isProvided(field: FieldModel): boolean {
    return [...this.#mesh.roots, ...this.#mesh.entities.flatMap((entity) => entity.fields)].some((other) => other.provides === field.name)
  }

  #field(field: FieldModel, directives: string): string {
    return `${field.name}${field.hasArgument ? '(n: Int = 1)' : ''}: ${typeText(field.type)}${directives}`
  }
}

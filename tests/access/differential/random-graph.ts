import type { CaseGraph } from '../../testkit/access-case.ts'
import type { Random } from '../../testkit/random.ts'

/** What one declaration asks of the caller. */
export type Demand = { readonly kind: 'authenticated' } | { readonly kind: 'scopes' | 'policies'; readonly anyOf: readonly (readonly string[])[] }

/** How a type is wrapped, outermost first: `!` never null, `[` a list; `![!` on `T` is `[T!]!`. */
type Wrapping = string

export interface ModelField {
  readonly name: string
  /** Named type. */
  readonly type: string
  readonly wrapping: Wrapping
  /** Subgraphs that serve it, each with the demands that it declares there. */
  readonly served: ReadonlyMap<string, readonly Demand[]>
  /** Leaf of the same type that it reads, from another subgraph. */
  readonly reads?: string
}

export interface ModelType {
  readonly name: string
  readonly fields: readonly ModelField[]
  readonly interfaces: readonly string[]
  /** Demands on the type, by subgraph. */
  readonly demands: ReadonlyMap<string, readonly Demand[]>
}

/** A random data graph, known from its making and not from composition: what the oracle goes by. */
export interface Model {
  readonly types: readonly ModelType[]
  readonly interfaces: readonly { readonly name: string; readonly fields: readonly ModelField[] }[]
  readonly unions: readonly { readonly name: string; readonly members: readonly string[] }[]
  readonly leaves: ReadonlyMap<string, readonly Demand[]>
  readonly root: readonly ModelField[]
  /** Values: each text names the field that it belongs to, `Type.field#n`. */
  readonly graph: CaseGraph
}

const LEAVES = ['String', 'Secret', 'Level'] as const
const SCOPES = ['a', 'b', 'c'] as const
const POLICIES = ['p', 'q'] as const
const WRAPPINGS: readonly Wrapping[] = ['', '', '!', '[', '[!', '![', '![!', '[[']

/** A random supergraph of two subgraphs with entities, interfaces, unions, protections and data. */
export function randomModel(random: Random): Model {
  const names = Array.from({ length: random.between(3, 5) }, (_, index) => `T${index}`)
  const interfaceNames = ['I0', ...(random.chance(0.5) ? ['I1'] : [])]
  const implementing = new Map(names.map((name) => [name, random.some(interfaceNames, 0, 0.55)]))
  const unionMembers = names.filter(() => random.chance(0.6))
  const unions = unionMembers.length > 0 ? [{ name: 'U0', members: unionMembers }] : []
  const usedInterfaces = interfaceNames.filter((name) => names.some((type) => implementing.get(type)?.includes(name)))
  const targets = [...names, ...usedInterfaces, ...unions.map(({ name }) => name)]

  const interfaces = usedInterfaces.map((name) => ({ name, fields: interfaceFields(name, targets, random) }))
  const leaves = new Map<string, readonly Demand[]>([['Secret', demands(random, 0.4)], ['Level', demands(random, 0.2)]])
  const types = names.map((name): ModelType => {
    const own = implementing.get(name)?.filter((one) => usedInterfaces.includes(one)) ?? []
    return randomType({ name, interfaces: own, inherited: interfaces.filter((one) => own.includes(one.name)).flatMap(({ fields }) => fields), targets, leaves }, random)
  })
  const root = Array.from({ length: random.between(2, 4) }, (_, index): ModelField => ({ name: `r${index}`, type: random.pick([...targets, 'String']), wrapping: random.pick(WRAPPINGS.filter((wrapping) => wrapping !== '!')), served: new Map([['a', demands(random, 0.1)]]) }))
  const model = { types, interfaces, unions, leaves, root }
  return { ...model, graph: { subgraphs: { a: sdlOf(model, 'a'), b: sdlOf(model, 'b') }, data: randomData(model, random) } }
}

function demands(random: Random, probability: number): readonly Demand[] {
  if (!random.chance(probability)) return []
  return [random.pick<() => Demand>([
    () => ({ kind: 'authenticated' }),
    () => ({ kind: 'scopes', anyOf: anyOf(SCOPES, random) }),
    () => ({ kind: 'scopes', anyOf: anyOf(SCOPES, random) }),
    () => ({ kind: 'policies', anyOf: anyOf(POLICIES, random) }),
  ])()]
}

function anyOf(names: readonly string[], random: Random): readonly (readonly string[])[] {
  return Array.from({ length: random.between(1, 2) }, () => {
    const set = random.some(names, 0, 0.5)
    return set.length > 0 ? set : [random.pick(names)]
  })
}

function interfaceFields(name: string, targets: readonly string[], random: Random): readonly ModelField[] {
  const fields: ModelField[] = [{ name: `${name.toLowerCase()}n`, type: random.pick(LEAVES), wrapping: random.pick(['', '!']), served: new Map() }]
  if (random.chance(0.6)) fields.push({ name: `${name.toLowerCase()}r`, type: random.pick(targets), wrapping: random.pick(WRAPPINGS), served: new Map() })
  return fields
}

interface TypePlan {
  readonly name: string
  readonly interfaces: readonly string[]
  readonly inherited: readonly ModelField[]
  readonly targets: readonly string[]
  readonly leaves: ReadonlyMap<string, readonly Demand[]>
}

function randomType({ name, interfaces, inherited, targets, leaves }: TypePlan, random: Random): ModelType {
  const lower = name.toLowerCase()
  const typeDemands = new Map([['a', demands(random, 0.25)], ['b', demands(random, 0.1)]])
  const own = Array.from({ length: random.between(1, 4) }, (_, index): ModelField => ({
    name: `${lower}f${index}`, type: random.chance(0.5) ? random.pick(LEAVES) : random.pick(targets), wrapping: random.pick(WRAPPINGS), served: new Map(),
  }))
  const fields = [...inherited, ...own].map((field): ModelField => {
    // What an interface has must be where the interface is: in the first subgraph.
    const subgraphs = inherited.includes(field) ? ['a'] : random.pick([['a'], ['b'], ['a', 'b']])
    return { ...field, served: new Map(subgraphs.map((subgraph) => [subgraph, demands(random, 0.25)])) }
  })
  const leaf = fields.find((field) => field.served.size === 1 && field.served.has('a') && field.type in { String: 1, Secret: 1 } && field.wrapping === '')
  if (leaf !== undefined && random.chance(0.6)) {
    // Composition wants a field that reads another to ask for at least what that one asks for.
    const asked = [...(leaf.served.get('a') ?? []), ...(leaves.get(leaf.type) ?? [])]
    if (new Set(asked.map(({ kind }) => kind)).size === asked.length) fields.push({ name: `${lower}q`, type: 'String', wrapping: '', served: new Map([['b', asked]]), reads: leaf.name })
  }
  return { name, fields, interfaces, demands: typeDemands }
}

function sdlOf(model: Omit<Model, 'graph'>, subgraph: string): string {
  const first = subgraph === 'a'
  const lines = [`scalar Secret${text(first ? model.leaves.get('Secret') : [])}`, `enum Level${text(first ? model.leaves.get('Level') : [])} { LOW HIGH }`]
  if (first) lines.push(`type Query { ${model.root.map((field) => `${field.name}: ${typeText(field)}${text(field.served.get('a'))}`).join(' ')} }`)
  for (const { name, members } of model.unions) lines.push(`union ${name} = ${members.join(' | ')}`)
  for (const { name, fields } of model.interfaces) lines.push(`interface ${name} { id: ID! ${first ? fields.map((field) => `${field.name}: ${typeText(field)}`).join(' ') : ''} }`)
  for (const type of model.types) {
    const implemented = type.interfaces.length > 0 ? ` implements ${type.interfaces.join(' & ')}` : ''
    const fields = type.fields.filter(({ served }) => served.has(subgraph)).map((field) => {
      const shared = field.served.size > 1 ? ' @shareable' : ''
      const reads = field.reads === undefined ? '' : ` @requires(fields: "${field.reads}")`
      return `${field.name}: ${typeText(field)}${shared}${reads}${text(field.served.get(subgraph))}`
    })
    const external = first ? [] : type.fields.flatMap(({ reads }) => type.fields.filter(({ name }) => name === reads)).map((field) => `${field.name}: ${typeText(field)} @external`)
    lines.push(`type ${type.name}${implemented} @key(fields: "id")${text(type.demands.get(subgraph))} { id: ID! ${[...fields, ...external].join(' ')} }`)
  }
  return lines.join('\n')
}

function text(all: readonly Demand[] | undefined): string {
  return (all ?? []).map((demand) => {
    if (demand.kind === 'authenticated') return ' @authenticated'
    return demand.kind === 'scopes' ? ` @requiresScopes(scopes: ${JSON.stringify(demand.anyOf)})` : ` @policy(policies: ${JSON.stringify(demand.anyOf)})`
  }).join('')
}

/** The type of a field as GraphQL writes it. */
export function typeText({ type, wrapping }: Pick<ModelField, 'type' | 'wrapping'>): string {
  if (wrapping === '') return type
  const inner = typeText({ type, wrapping: wrapping.slice(1) })
  return wrapping.startsWith('!') ? `${inner}!` : `[${inner}]`
}

type Objects = Record<string, Record<string, unknown>[]>

function randomData(model: Omit<Model, 'graph'>, random: Random): Readonly<Record<string, unknown>> {
  const objects: Objects = Object.fromEntries(model.types.map(({ name }) => [name, Array.from({ length: 2 }, (_, index) => ({ __typename: name, id: `${name}${index}` }))]))
  for (const type of model.types) for (const object of objects[type.name] ?? []) for (const field of type.fields) object[field.name] = value(model, objects, field, `${type.name}.${field.name}`, random)
  return Object.fromEntries(model.root.map((field) => [field.name, value(model, objects, field, `Query.${field.name}`, random)]))
}

let serial = 0

function value(model: Omit<Model, 'graph'>, objects: Objects, field: ModelField, coordinate: string, random: Random): unknown {
  const nullable = (wrapping: Wrapping): unknown => {
    if (wrapping.startsWith('!')) return present(wrapping.slice(1))
    return random.chance(0.12) ? null : present(wrapping)
  }
  const present = (wrapping: Wrapping): unknown => {
    if (wrapping.startsWith('[')) return Array.from({ length: random.between(0, 2) }, () => nullable(wrapping.slice(1)))
    if (field.type === 'Level') return random.pick(['LOW', 'HIGH'])
    if (field.type === 'String' || field.type === 'Secret') return `${coordinate}#${serial++}`
    return random.pick(objects[random.pick(objectTypesOf(model, field.type))] ?? [])
  }
  return nullable(field.wrapping)
}

/** Object types that something of this type can be. */
export function objectTypesOf(model: Omit<Model, 'graph'>, name: string): readonly string[] {
  if (model.interfaces.some((one) => one.name === name)) return model.types.filter(({ interfaces }) => interfaces.includes(name)).map((type) => type.name)
  return model.unions.find((one) => one.name === name)?.members ?? [name]
}

import { Kind, parse, parseConstValue, parseType, print } from 'graphql'
import type { ConstDirectiveNode, DefinitionNode, DocumentNode, FieldDefinitionNode, InterfaceTypeDefinitionNode, NamedTypeNode, ObjectTypeDefinitionNode, TypeDefinitionNode, TypeNode } from 'graphql'
import type { SubgraphDefinition } from '../../../gateway/supergraph/index.ts'
import type { Random } from '../../testkit/random.ts'

const IMPORTS = ['@key', '@external', '@requires', '@provides', '@shareable', '@override', '@interfaceObject', '@inaccessible', '@tag', '@context', '@fromContext', '@extends', '@authenticated', '@requiresScopes', '@policy', '@cost']

const EVERY_DIRECTIVE = 'type Query { everyDirective: Int @tag(name: "t") @authenticated @requiresScopes(scopes: [["a"]]) @policy(policies: [["p"]]) @cost(weight: 1) hidden: Int @inaccessible }'

/** The mesh's subgraphs with everything imported that a change may use, printed in one form; one more applies every directive, so that a change that does brings none. */
export function meshDefinitions(sdls: Readonly<Record<string, string>>): readonly SubgraphDefinition[] {
  return Object.entries({ ...sdls, a0: EVERY_DIRECTIVE }).map(([name, sdl]) => {
    const definitions = parse(sdl).definitions.filter(({ kind }) => kind !== Kind.SCHEMA_EXTENSION)
    return definitionOf(name, `http://${name}.test/graphql`, [...headOf(IMPORTS), ...definitions])
  })
}

function headOf(imports: readonly string[]): readonly DefinitionNode[] {
  return parse(`extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ${JSON.stringify(imports)})`).definitions
}

function definitionOf(name: string, url: string, definitions: readonly DefinitionNode[]): SubgraphDefinition {
  return { name, url, sdl: print({ kind: Kind.DOCUMENT, definitions }), products: [] }
}

type Fielded = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
interface Named {
  readonly name: string
  readonly document: DocumentNode
}

type Mutation = (random: Random, document: DocumentNode, others: readonly Named[]) => DocumentNode | undefined

/** The mesh after one random change of one subgraph, and what kind it was; many of them make a mesh that does not compose. */
export function mutateMesh(random: Random, mesh: readonly SubgraphDefinition[]): { readonly mesh: readonly SubgraphDefinition[]; readonly kind: string } {
  for (;;) {
    const kind = random.pick([...WHOLE, ...Object.keys(MUTATIONS), ...Object.keys(MUTATIONS)])
    const subgraph = random.pick(mesh)
    const others = mesh.filter((other) => other !== subgraph)
    if (kind === 'url changed') return { kind, mesh: [...others, { ...subgraph, url: `${subgraph.url}?${random.below(100)}` }] }
    if (kind === 'subgraph removed' && mesh.length > 2) return { kind, mesh: others }
    if (kind === 'subgraph added') return { kind, mesh: [...mesh, addedSubgraph(random, mesh, parse(subgraph.sdl))] }
    const document = MUTATIONS[kind]?.(random, parse(subgraph.sdl), others.map(({ name, sdl }) => ({ name, document: parse(sdl) })))
    if (document !== undefined) return { kind, mesh: [...others, definitionOf(subgraph.name, subgraph.url, document.definitions)] }
  }
}

const WHOLE = ['url changed', 'subgraph removed', 'subgraph added'] as const

function addedSubgraph(random: Random, mesh: readonly SubgraphDefinition[], from: DocumentNode): SubgraphDefinition {
  let name = random.pick(['a', 's1b', 'zz', 'a_1', 'S0'])
  while (mesh.some((other) => other.name === name)) name += random.pick(['x', '-', '_2'])
  const own = parse(`type Query { ${name.replaceAll(/\W/g, '')}Root: ${random.pick(['String', 'Added!'])} } type Added @key(fields: "id") { id: ID! ${random.pick(['', 'note: String'])} }`).definitions
  const copied = random.chance(0.5) ? from.definitions.filter((definition) => 'name' in definition && definition.name?.value !== 'Query' && random.chance(0.7)) : []
  return definitionOf(name, `http://${name}.test`, [...headOf(random.chance(0.7) ? IMPORTS : ['@key', '@shareable']), ...own, ...copied.filter((definition) => 'name' in definition && definition.name?.value !== 'Added')])
}

function typesOf(document: DocumentNode): readonly TypeDefinitionNode[] {
  return document.definitions.filter((definition): definition is TypeDefinitionNode => definition.kind.endsWith('TypeDefinition'))
}

function fieldedOf(document: DocumentNode): readonly Fielded[] {
  return typesOf(document).filter((type): type is Fielded => type.kind === Kind.OBJECT_TYPE_DEFINITION || type.kind === Kind.INTERFACE_TYPE_DEFINITION)
}

function replace(document: DocumentNode, from: DefinitionNode, to: DefinitionNode | undefined): DocumentNode {
  return { ...document, definitions: document.definitions.flatMap((definition) => (definition === from ? to ?? [] : [definition])) }
}

function add(document: DocumentNode, text: string): DocumentNode {
  return { ...document, definitions: [...document.definitions, ...parse(text).definitions] }
}

function directiveOf(text: string): ConstDirectiveNode {
  const [node] = parse(`scalar S ${text}`).definitions
  const [directive] = node !== undefined && 'directives' in node ? node.directives ?? [] : []
  if (directive === undefined) throw new TypeError(text)
  return directive as ConstDirectiveNode
}

function fieldOf(text: string): FieldDefinitionNode {
  const [node] = parse(`type T { ${text} }`).definitions
  const [field] = node?.kind === Kind.OBJECT_TYPE_DEFINITION ? node.fields ?? [] : []
  if (field === undefined) throw new TypeError(text)
  return field
}

function named(name: string): NamedTypeNode {
  return { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } }
}

function pick<T>(random: Random, items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : random.pick(items)
}

/** One field of one type, replaced, or taken out with nothing in its place. */
function onField(random: Random, document: DocumentNode, change: (field: FieldDefinitionNode, type: Fielded) => readonly FieldDefinitionNode[] | undefined): DocumentNode | undefined {
  const type = pick(random, fieldedOf(document))
  const field = pick(random, type?.fields ?? [])
  const changed = type === undefined || field === undefined ? undefined : change(field, type)
  if (type === undefined || changed === undefined) return undefined
  return replace(document, type, { ...type, fields: (type.fields ?? []).flatMap((one) => (one === field ? changed : [one])) })
}

function onType(random: Random, document: DocumentNode, change: (type: TypeDefinitionNode) => TypeDefinitionNode | undefined): DocumentNode | undefined {
  const type = pick(random, typesOf(document))
  const changed = type === undefined ? undefined : change(type)
  return type === undefined || changed === undefined ? undefined : replace(document, type, changed)
}

const ACCESS = ['@authenticated', '@requiresScopes(scopes: [["a"]])', '@requiresScopes(scopes: [["b", "c"], ["d"]])', '@policy(policies: [["p"]])'] as const
const ON_TYPES = [...ACCESS, '@inaccessible', '@tag(name: "t")', '@tag(name: "u")', '@shareable', '@cost(weight: 2)'] as const
const ON_FIELDS = [...ACCESS, '@inaccessible', '@tag(name: "t")', '@shareable', '@shareable', '@external', '@deprecated(reason: "old")', '@override(from: "s0")', '@override(from: "s1")', '@cost(weight: 3)'] as const

function randomType(random: Random, document: DocumentNode): string {
  const name = random.pick(['String', 'Int', 'ID', 'Boolean', ...typesOf(document).filter(({ kind }) => kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION).map((type) => type.name.value)].filter((one) => !['Query', 'Mutation'].includes(one)))
  return random.pick([name, name, `${name}!`, `[${name}]`])
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'field added': (random, document) => {
    const type = pick(random, fieldedOf(document))
    const argument = random.chance(0.2) ? `(n: Int${random.pick(['', ' = 1'])})` : ''
    const described = random.chance(0.2) ? '"what it is" ' : ''
    return type === undefined ? undefined : replace(document, type, { ...type, fields: random.chance(0.3) ? [fieldOf(`${described}aFirst${argument}: ${randomType(random, document)}`), ...type.fields ?? []] : [...type.fields ?? [], fieldOf(`${described}added${random.below(3)}${argument}: ${randomType(random, document)}${random.chance(0.3) ? ' @shareable' : ''}`)] })
  },
  'field of a leaf type added': (random, document) => {
    const type = pick(random, fieldedOf(document).filter(({ kind }) => kind === Kind.OBJECT_TYPE_DEFINITION))
    return type === undefined ? undefined : replace(document, type, { ...type, fields: [...type.fields ?? [], fieldOf(`leaf${random.below(3)}: ${random.pick(['String', 'Int!'])} @shareable`)] })
  },
  'field removed': (random, document) => onField(random, document, () => []),
  'field renamed': (random, document) => onField(random, document, (field) => [{ ...field, name: { ...field.name, value: `${field.name.value}B` } }]),
  'field doubled': (random, document) => onField(random, document, (field) => [field, { ...field, name: { ...field.name, value: `${field.name.value}C` } }]),
  'type of a field': (random, document) => onField(random, document, (field) => [{ ...field, type: changedType(random, field.type, document) }]),
  'argument added': (random, document) => onField(random, document, (field) => [{ ...field, arguments: [...field.arguments ?? [], ...fieldOf(`f(extra: ${random.pick(['Int', 'Int = 3', 'Int!', 'Color = RED', 'Filter = { min: 1 }'])}): Int`).arguments ?? []] }]),
  'argument removed': (random, document) => onField(random, document, (field) => ((field.arguments ?? []).length === 0 ? undefined : [{ ...field, arguments: (field.arguments ?? []).slice(1) }])),
  'directive on a field': (random, document) => onField(random, document, (field) => [{ ...field, directives: [...field.directives ?? [], directiveOf(random.pick(ON_FIELDS))] }]),
  'access on a field': (random, document) => onField(random, document, (field) => [{ ...field, directives: [...field.directives ?? [], directiveOf(random.pick(ACCESS))] }]),
  'directive off a field': (random, document) => onField(random, document, (field) => ((field.directives ?? []).length === 0 ? undefined : [{ ...field, directives: (field.directives ?? []).slice(1) }])),
  '@requires': (random, document) => {
    const type = pick(random, fieldedOf(document).filter((one) => (one.fields ?? []).length > 2))
    const [first, second] = [pick(random, type?.fields ?? []), pick(random, type?.fields ?? [])]
    if (type === undefined || first === undefined || second === undefined || first === second) return undefined
    return replace(document, type, { ...type, fields: (type.fields ?? []).map((field) => (field === first ? { ...field, directives: [directiveOf('@external')] } : field === second ? { ...field, directives: [...field.directives ?? [], directiveOf(`@requires(fields: "${first.name.value}")`)] } : field)) })
  },
  '@provides': (random, document) => onField(random, document, (field) => {
    const target = fieldedOf(document).find(({ name }) => name.value === print(field.type).replaceAll(/\W/g, ''))
    const provided = pick(random, target?.fields ?? [])
    return provided === undefined ? undefined : [{ ...field, directives: [...field.directives ?? [], directiveOf(`@provides(fields: "${provided.name.value}")`)] }]
  }),
  '@key': (random, document) => {
    const type = pick(random, fieldedOf(document).filter(({ name }) => !['Query', 'Mutation'].includes(name.value)))
    const field = pick(random, type?.fields ?? [])
    if (type === undefined || field === undefined) return undefined
    const keys = (type.directives ?? []).filter(({ name }) => name.value === 'key')
    if (keys.length > 0 && random.chance(0.4)) return replace(document, type, { ...type, directives: (type.directives ?? []).filter((one) => one !== keys[0]) })
    return replace(document, type, { ...type, directives: [...type.directives ?? [], directiveOf(`@key(fields: "${field.name.value}"${random.pick(['', ', resolvable: false'])})`)] })
  },
  'directive on a type': (random, document) => onType(random, document, (type) => ({ ...type, directives: [...type.directives ?? [], directiveOf(random.pick(ON_TYPES))] })),
  'directive off a type': (random, document) => onType(random, document, (type) => ((type.directives ?? []).length === 0 ? undefined : { ...type, directives: (type.directives ?? []).slice(1) })),
  '@interfaceObject': (random, document) => {
    const type = pick(random, fieldedOf(document).filter(({ kind, directives = [] }) => kind === Kind.INTERFACE_TYPE_DEFINITION && directives.some(({ name }) => name.value === 'key')))
    return type === undefined ? undefined : replace(document, type, { ...type, kind: Kind.OBJECT_TYPE_DEFINITION, directives: [...type.directives ?? [], directiveOf('@interfaceObject')] })
  },
  'description': (random, document) => onType(random, document, (type) => ({ ...type, description: { kind: Kind.STRING, value: random.pick(['what it is', 'two\n\nlines "and more"', '']), block: true } })),
  'description of a field': (random, document) => onField(random, document, (field) => [{ ...field, description: { kind: Kind.STRING, value: random.pick(['a field', 'type Query {\n\n  a: Int\n}', 'other']), block: true } }]),
  'type added': (random, document) => add(document, `${random.pick(['', '"new" '])}type ${random.pick(['AddedOne', 'Zed', 'added_two', 'tag'])} { a: ${randomType(random, document)} }`),
  'type in use added': (random, document) => onField(random, add(document, 'type Fresh { a: String @shareable b: Color @shareable }'), (field) => [field, fieldOf(`fresh: Fresh`)]),
  'type removed': (random, document) => onType(random, document, (type) => (type.name.value === 'Query' ? undefined : undefined)) ?? removeType(random, document),
  'type renamed': (random, document) => {
    const type = pick(random, typesOf(document).filter(({ name }) => !['Query', 'Mutation'].includes(name.value)))
    return type === undefined ? undefined : parse(print(document).replaceAll(new RegExp(`\\b${type.name.value}\\b`, 'g'), `${type.name.value}N`))
  },
  'type of another subgraph': (random, document, others) => {
    const here = new Set(typesOf(document).map(({ name }) => name.value))
    const type = pick(random, others.flatMap(({ document: other }) => typesOf(other)).filter(({ name }) => !here.has(name.value)))
    return type === undefined ? undefined : { ...document, definitions: [...document.definitions, type] }
  },
  'field of another subgraph': (random, document, others) => {
    const type = pick(random, fieldedOf(document))
    const field = pick(random, others.flatMap(({ document: other }) => fieldedOf(other)).filter(({ name }) => name.value === type?.name.value).flatMap(({ fields = [] }) => fields))
    return type === undefined || field === undefined || type.fields?.some(({ name }) => name.value === field.name.value) ? undefined : replace(document, type, { ...type, fields: [...type.fields ?? [], random.chance(0.5) ? { ...field, directives: [directiveOf('@shareable')] } : field] })
  },
  '@override': (random, document, others) => {
    const shared = fieldedOf(document).filter(({ kind, name, directives = [] }) => kind === Kind.OBJECT_TYPE_DEFINITION && name.value !== 'Query' && directives.some((one) => one.name.value === 'key'))
    const type = pick(random, shared)
    const candidates = others.flatMap((other) => fieldedOf(other.document).filter(({ name }) => name.value === type?.name.value).flatMap(({ fields = [] }) => fields.filter(({ directives = [] }) => directives.every(({ name }) => name.value === 'shareable')).map((field) => ({ field, from: other.name }))))
    const taken = pick(random, candidates.filter(({ field }) => !(type?.fields ?? []).some(({ name }) => name.value === field.name.value)))
    return type === undefined || taken === undefined ? undefined : replace(document, type, { ...type, fields: [...type.fields ?? [], { ...taken.field, directives: [directiveOf(`@override(from: "${taken.from}"${random.pick(['', '', ', label: "percent(20)"'])})`)] }] })
  },
  'entity of another subgraph': (random, document, others) => {
    const here = new Set(typesOf(document).map(({ name }) => name.value))
    const type = pick(random, others.flatMap(({ document: other }) => fieldedOf(other)).filter(({ kind, name, directives = [], fields = [] }) => kind === Kind.OBJECT_TYPE_DEFINITION && !here.has(name.value) && directives.some((one) => print(one) === '@key(fields: "id")') && fields.some((one) => one.name.value === 'id')))
    const id = type?.fields?.find(({ name }) => name.value === 'id')
    return type === undefined || id === undefined ? undefined : add(document, `type ${type.name.value} @key(fields: "id") ${random.pick(['', '@authenticated', '@requiresScopes(scopes: [["z"]])'])} { id: ${print(id.type)} extra${random.below(3)}: Int${random.pick(['', ' @policy(policies: [["q"]])'])} }`)
  },
  'type extended': (random, document) => {
    const type = pick(random, fieldedOf(document))
    return type === undefined ? undefined : add(document, `extend ${type.kind === Kind.OBJECT_TYPE_DEFINITION ? 'type' : 'interface'} ${type.name.value} { extended${random.below(2)}: Int }`)
  },
  'interface added': (random, document) => {
    const type = pick(random, fieldedOf(document).filter(({ name, kind }) => name.value !== 'Query' && kind === Kind.OBJECT_TYPE_DEFINITION))
    const field = pick(random, (type?.fields ?? []).filter(({ arguments: given = [] }) => given.length === 0))
    if (type === undefined || field === undefined || type.interfaces?.some(({ name }) => name.value === 'Facet')) return undefined
    const implementing = replace(document, type, { ...type, interfaces: [...type.interfaces ?? [], named('Facet')] })
    return typesOf(document).some(({ name }) => name.value === 'Facet') ? implementing : add(implementing, `interface Facet { ${field.name.value}: ${print(field.type)} }`)
  },
  'interface taken off': (random, document) => onType(random, document, (type) => ('interfaces' in type && (type.interfaces ?? []).length > 0 ? { ...type, interfaces: (type.interfaces ?? []).slice(1) } : undefined)),
  'union member': (random, document) => {
    const union = pick(random, typesOf(document).filter((type) => type.kind === Kind.UNION_TYPE_DEFINITION))
    const member = pick(random, typesOf(document).filter(({ kind, name }) => kind === Kind.OBJECT_TYPE_DEFINITION && name.value !== 'Query'))
    if (union === undefined || member === undefined) return undefined
    const has = union.types?.some(({ name }) => name.value === member.name.value) ?? false
    return replace(document, union, { ...union, types: has ? (union.types ?? []).filter(({ name }) => name.value !== member.name.value) : [...union.types ?? [], named(member.name.value)] })
  },
  'enum value': (random, document) => {
    const type = pick(random, typesOf(document).filter((one) => one.kind === Kind.ENUM_TYPE_DEFINITION))
    if (type === undefined) return undefined
    const value = { kind: Kind.ENUM_VALUE_DEFINITION, name: { kind: Kind.NAME, value: random.pick(['MORE', 'LESS']) } } as const
    const has = (type.values ?? []).some(({ name }) => name.value === value.name.value)
    return replace(document, type, { ...type, values: has || random.chance(0.3) ? (type.values ?? []).slice(0, -1) : [...type.values ?? [], value] })
  },
  'enum used': (random, document) => onField(random, document, (field) => [field, fieldOf(random.pick(['hue: Color', 'tint(c: Color): Int']))]),
  'input field': (random, document) => {
    const type = pick(random, typesOf(document).filter((one) => one.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION))
    const [made] = parse(`input I { ${random.pick(['extra: Int', 'extra: Int = 4', 'hue: Color = RED', 'extra: Int!', 'extra: Int @inaccessible'])} }`).definitions
    if (type === undefined || made?.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) return undefined
    return replace(document, type, { ...type, fields: random.chance(0.4) ? (type.fields ?? []).slice(1) : [...type.fields ?? [], ...made.fields ?? []] })
  },
  'kind of a leaf type': (random, document) => {
    const type = pick(random, typesOf(document).filter(({ kind }) => kind === Kind.ENUM_TYPE_DEFINITION || kind === Kind.SCALAR_TYPE_DEFINITION))
    const [other] = type === undefined ? [] : parse(type.kind === Kind.ENUM_TYPE_DEFINITION ? `scalar ${type.name.value}` : `enum ${type.name.value} { RED GREEN BLUE }`).definitions
    return type === undefined ? undefined : replace(document, type, other)
  },
  'default value': (random, document) => onType(random, document, (type) => (type.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION ? undefined : { ...type, fields: (type.fields ?? []).map((field) => (field.defaultValue === undefined ? field : { ...field, defaultValue: parseConstValue(random.pick(['7', '[GREEN]', 'null'])) })) })),
  'root field added': (random, document) => {
    const query = fieldedOf(document).find(({ name }) => name.value === 'Query')
    return query === undefined ? undefined : replace(document, query, { ...query, fields: [...query.fields ?? [], fieldOf(`root${random.below(4)}: ${randomType(random, document)}${random.chance(0.3) ? ' @shareable' : ''}`)] })
  },
  'mutation added': (random, document) => {
    const name = `make${random.below(1_000)}`
    const type = fieldedOf(document).find((one) => one.name.value === 'Mutation')
    return type === undefined ? add(document, `type Mutation { ${name}: Int }`) : replace(document, type, { ...type, fields: [...type.fields ?? [], fieldOf(`${name}: Int`)] })
  },
  'imports': (random, document) => ({ ...document, definitions: [...headOf(random.chance(0.5) ? IMPORTS.toReversed() : IMPORTS.filter(() => random.chance(0.9))), ...document.definitions.filter(({ kind }) => kind !== Kind.SCHEMA_EXTENSION)] }),
}

function removeType(random: Random, document: DocumentNode): DocumentNode | undefined {
  const type = pick(random, typesOf(document).filter(({ name }) => name.value !== 'Query'))
  if (type === undefined) return undefined
  const gone = type.name.value
  // What refers to it goes with it, or nothing would ever compose.
  const without = document.definitions.filter((definition) => definition !== type).map((definition) => ('fields' in definition ? { ...definition, fields: (definition.fields as readonly FieldDefinitionNode[]).filter((field) => !new RegExp(`\\b${gone}\\b`).test(print(field))) } : definition))
    .map((definition) => ('interfaces' in definition ? { ...definition, interfaces: (definition.interfaces ?? []).filter(({ name }) => name.value !== gone) } : definition))
    .map((definition) => (definition.kind === Kind.UNION_TYPE_DEFINITION ? { ...definition, types: (definition.types ?? []).filter(({ name }) => name.value !== gone) } : definition))
  return { ...document, definitions: without as readonly DefinitionNode[] }
}

function changedType(random: Random, type: TypeNode, document: DocumentNode): TypeNode {
  switch (random.below(4)) {
    case 0: return type.kind === Kind.NON_NULL_TYPE ? type.type : { kind: Kind.NON_NULL_TYPE, type }
    case 1: return { kind: Kind.LIST_TYPE, type }
    default: return parseType(randomType(random, document))
  }
}

import { getNamedType, getNullableType, isAbstractType, isCompositeType, isInputObjectType, isListType, Kind } from 'graphql'
import type { FieldNode, FragmentDefinitionNode, GraphQLAbstractType, GraphQLArgument, GraphQLCompositeType, GraphQLField, GraphQLInputType, GraphQLObjectType, OperationDefinitionNode, SelectionSetNode, ValueNode } from 'graphql'
import type { ListSize, Supergraph } from '../supergraph/index.ts'
import type { ParsedOperation } from './parsed-operation.ts'

/** A field of one object type, as often as its parent is there. */
export interface CostNode {
  readonly key: string
  readonly coordinate: string
  /** Subgraph that most likely answers it. */
  readonly owner: string | undefined
  /** Sets of variables of which one must have these values; empty: always. */
  readonly when: readonly (readonly { readonly variable: string; readonly value: boolean }[])[]
  /** Per item: `@cost` of the field, or the weight of the leaf that it returns; undefined: that of the object's type. */
  readonly weight: number | undefined
  /** Lists around the value. */
  readonly lists: number
  readonly size: ListSize | undefined
  readonly slices: readonly (GivenArgument & { readonly name: string })[]
  readonly arguments: readonly (GivenArgument & { readonly type: GraphQLInputType; readonly weight: number | undefined })[]
  readonly below: CostChoice | undefined
}

/** What one item of a field weighs by itself. */
export function itemWeight(node: CostNode, alternative: CostAlternative | undefined): number {
  return node.weight ?? alternative?.weight ?? 1
}

/** Whether a field is asked for with these variables, where its parent is there. */
export function isAsked({ when }: Pick<CostNode, 'when'>, variables: Readonly<Record<string, unknown>>): boolean {
  return when.length === 0 || when.some((all) => all.every(({ variable, value }) => (variables[variable] === true) === value))
}

/** An argument as the operation gives it. */
export interface GivenArgument {
  readonly value: ValueNode | undefined
  /** The argument's default in the schema. */
  readonly fallback: unknown
}

/** What is asked of an object, by the type that it turns out to have; at least one alternative unless nothing can be there. */
export interface CostChoice {
  readonly alternatives: readonly CostAlternative[]
}

export interface CostAlternative {
  readonly types: readonly GraphQLObjectType[]
  /** Of an object of these types. */
  readonly weight: number
  readonly nodes: readonly CostNode[]
}

const compiled = new WeakMap<OperationDefinitionNode, CostChoice>()

/** The fields of an operation as nodes whose cost depends on variables only; fields that merge count once. Kept as long as the document is. */
export function compiledCost(parsed: Pick<ParsedOperation, 'document' | 'operation'>, supergraph: Supergraph): CostChoice {
  let choice = compiled.get(parsed.operation)
  if (choice === undefined) compiled.set(parsed.operation, (choice = compileCost(parsed, supergraph)))
  return choice
}

function compileCost(parsed: Pick<ParsedOperation, 'document' | 'operation'>, supergraph: Supergraph): CostChoice {
  const root = supergraph.apiSchema.getRootType(parsed.operation.operation)
  if (root === undefined || root === null) throw new TypeError(`the schema has no ${parsed.operation.operation} type`)
  const fragments = new Map(parsed.document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [])))
  return new CostCompiler(supergraph, fragments).choice([{ set: parsed.operation.selectionSet, when: [] }], root)
}

type Conditions = CostNode['when'][number]

/** Selections of one place. Where several are joined there, each has its own conditions. */
interface AskedSet {
  readonly set: SelectionSetNode
  readonly when: Conditions
}

class CostCompiler {
  readonly #supergraph: Supergraph
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #ids = new Map<SelectionSetNode, number>()
  // The same selections are met once per type of every abstract type above them; compiled once, they stay linear.
  readonly #choices = new Map<string, CostChoice>()

  constructor(supergraph: Supergraph, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#supergraph = supergraph
    this.#fragments = fragments
  }

  choice(sets: readonly AskedSet[], type: GraphQLCompositeType): CostChoice {
    const key = `${type.name} ${sets.map(({ set, when }) => `${this.#idOf(set)}${when.map(({ variable, value }) => `${value ? '+' : '-'}${variable}`).join('')}`).join(' ')}`
    let choice = this.#choices.get(key)
    if (choice === undefined) this.#choices.set(key, (choice = { alternatives: this.#groupsOf(sets, type).map((types) => ({ types, weight: this.#weightOf(types[0]), nodes: this.#nodes(sets, types[0]) })) }))
    return choice
  }

  /** The possible types of a place, together where everything that is asked there costs the same of them. */
  #groupsOf(sets: readonly AskedSet[], type: GraphQLCompositeType): readonly (readonly [GraphQLObjectType, ...GraphQLObjectType[]])[] {
    if (!isAbstractType(type)) return [[type]]
    const marks = new Map<string, string>()
    for (const [index, condition] of this.#distinctions(sets, type).entries()) for (const name of condition) marks.set(name, `${marks.get(name) ?? ''} ${index}`)
    const groups = new Map<string, [GraphQLObjectType, ...GraphQLObjectType[]]>()
    for (const one of this.#supergraph.apiSchema.getPossibleTypes(type)) {
      const mark = `${this.#weightOf(one)}${marks.get(one.name) ?? ''}`
      const group = groups.get(mark)
      if (group === undefined) groups.set(mark, [one])
      else group.push(one)
    }
    return [...groups.values()]
  }

  /** An object is 1 unless its type says otherwise; nothing weighs less than nothing. */
  #weightOf({ name }: GraphQLObjectType): number {
    return Math.max(0, this.#supergraph.costs.weights.get(name) ?? 1)
  }

  /** Sets of types that differ from the others of a place: those a fragment picks, and those a field of which costs its own. */
  #distinctions(sets: readonly AskedSet[], type: GraphQLCompositeType): readonly (readonly string[])[] {
    const { apiSchema } = this.#supergraph
    const conditions = new Set<string>()
    const fields = new Set<string>()
    const open = sets.map(({ set }) => set)
    for (let set = open.pop(); set !== undefined; set = open.pop()) {
      for (const selection of set.selections) {
        if (selection.kind === Kind.FIELD) {
          fields.add(selection.name.value)
          continue
        }
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)
        if (fragment === undefined) continue
        if (fragment.typeCondition !== undefined && fragment.typeCondition.name.value !== type.name) conditions.add(fragment.typeCondition.name.value)
        open.push(fragment.selectionSet)
      }
    }
    const picked = [...conditions].map((name): readonly string[] => {
      const condition = apiSchema.getType(name)
      return isAbstractType(condition) ? apiSchema.getPossibleTypes(condition).map((possible) => possible.name) : [name]
    })
    return isAbstractType(type) ? [...picked, ...[...fields].flatMap((field) => ownCosts(type, field, this.#supergraph))] : picked
  }

  #nodes(sets: readonly AskedSet[], type: GraphQLObjectType): readonly CostNode[] {
    const fields = new Map<string, { readonly node: FieldNode; readonly when: Conditions }[]>()
    for (const { set, when } of sets) this.#collect(set, type, when, fields)
    return [...fields].flatMap(([key, asked]) => this.#node(key, asked, type))
  }

  #node(key: string, asked: readonly { readonly node: FieldNode; readonly when: Conditions }[], type: GraphQLObjectType): readonly CostNode[] {
    const node = asked[0]?.node
    const field = node === undefined ? undefined : type.getFields()[node.name.value]
    if (node === undefined || field === undefined) return []
    const coordinate = `${type.name}.${field.name}`
    const { costs, owners } = this.#supergraph
    const named = getNamedType(field.type)
    const size = costs.listSizes.get(coordinate)
    const weight = costs.weights.get(coordinate) ?? (isCompositeType(named) ? undefined : (costs.weights.get(named.name) ?? 0))
    // Of a field that is asked for once, what is below is asked for whenever the field is.
    const sets = asked.flatMap((one) => (one.node.selectionSet === undefined ? [] : [{ set: one.node.selectionSet, when: asked.length === 1 ? [] : one.when }]))
    return [{
      key, coordinate, size,
      owner: owners.get(coordinate)?.[0],
      when: asked.some(({ when }) => when.length === 0) ? [] : asked.map(({ when }) => when),
      weight: weight === undefined ? undefined : Math.max(0, weight),
      lists: countLists(field),
      slices: size === undefined ? [] : size.slicingArguments.map((name) => ({ name, ...givenArgument(name, node, field.args.find((argument) => argument.name === name)) })),
      arguments: field.args.flatMap((argument) => this.#argument(argument, node, coordinate)),
      below: isCompositeType(named) && sets.length > 0 ? this.choice(sets, named) : undefined,
    }]
  }

  #argument(argument: GraphQLArgument, node: FieldNode, coordinate: string): CostNode['arguments'] {
    const given = givenArgument(argument.name, node, argument)
    const weight = this.#supergraph.costs.weights.get(`${coordinate}(${argument.name}:)`)
    const counts = weight !== undefined || this.#supergraph.costs.weights.has(getNamedType(argument.type).name) || isInputObjectType(getNamedType(argument.type))
    return !counts || (given.value === undefined && given.fallback === undefined) ? [] : [{ ...given, type: argument.type, weight }]
  }

  #collect(set: SelectionSetNode, type: GraphQLObjectType, when: Conditions, into: Map<string, { node: FieldNode; when: Conditions }[]>): void {
    for (const selection of set.selections) {
      const own = conditionsOf(selection.directives ?? [])
      if (own === undefined) continue
      const both = own.length === 0 ? when : [...when, ...own]
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value
        into.set(key, [...(into.get(key) ?? []), { node: selection, when: both }])
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)
      if (fragment !== undefined && this.#applies(fragment.typeCondition?.name.value, type)) this.#collect(fragment.selectionSet, type, both, into)
    }
  }

  #applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition === type.name) return true
    const named = this.#supergraph.apiSchema.getType(condition)
    return isAbstractType(named) && this.#supergraph.apiSchema.isSubType(named, type)
  }

  #idOf(set: SelectionSetNode): number {
    let id = this.#ids.get(set)
    if (id === undefined) this.#ids.set(set, (id = this.#ids.size))
    return id
  }
}

const ownCostsBySupergraph = new WeakMap<Supergraph, Map<string, readonly (readonly string[])[]>>()

/** Sets of the possible types of an abstract type whose field of this name costs the same; none where all do. Found once per graph. */
function ownCosts(type: GraphQLAbstractType, field: string, supergraph: Supergraph): readonly (readonly string[])[] {
  let known = ownCostsBySupergraph.get(supergraph)
  if (known === undefined) ownCostsBySupergraph.set(supergraph, (known = new Map()))
  const key = `${type.name}.${field}`
  let sets = known.get(key)
  if (sets === undefined) {
    const byCost = new Map<string, string[]>()
    for (const possible of supergraph.apiSchema.getPossibleTypes(type)) {
      const own = possible.getFields()[field]
      const coordinate = `${possible.name}.${field}`
      const { weights, listSizes } = supergraph.costs
      const cost = own === undefined ? '' : JSON.stringify([own.type.toString(), weights.get(coordinate), listSizes.get(coordinate), own.args.map(({ name }) => weights.get(`${coordinate}(${name}:)`))])
      byCost.set(cost, [...(byCost.get(cost) ?? []), possible.name])
    }
    known.set(key, (sets = byCost.size < 2 ? [] : [...byCost.values()]))
  }
  return sets
}

function countLists({ type }: GraphQLField<unknown, unknown>): number {
  let lists = 0
  for (let inner = getNullableType(type); isListType(inner); inner = getNullableType(inner.ofType)) lists++
  return lists
}

function givenArgument(name: string, node: FieldNode, declared: GraphQLArgument | undefined): GivenArgument {
  return { value: node.arguments?.find((argument) => argument.name.value === name)?.value, fallback: declared?.defaultValue }
}

/** What `@include` and `@skip` ask of variables; undefined: never executed. */
function conditionsOf(directives: NonNullable<FieldNode['directives']>): Conditions | undefined {
  const conditions: Conditions[number][] = []
  for (const { name, arguments: given } of directives) {
    if (name.value !== 'include' && name.value !== 'skip') continue
    const value = given?.[0]?.value
    const wanted = name.value === 'include'
    if (value?.kind === Kind.VARIABLE) conditions.push({ variable: value.name.value, value: wanted })
    else if (value?.kind === Kind.BOOLEAN && value.value !== wanted) return undefined
  }
  return conditions
}

import { Kind, type DocumentNode, type FieldNode, type FragmentDefinitionNode, type InlineFragmentNode, type SelectionNode, type SelectionSetNode } from 'graphql'
import { objectTypesOf, typeText, type Demand, type Model, type ModelField } from './random-graph.ts'

export interface NaiveCaller {
  readonly signedIn: boolean
  readonly scopes: readonly string[]
  readonly policies: readonly string[]
}

export interface NaiveAnswer {
  readonly data: unknown
  /** `path coordinate` of every denied place that is asked for. */
  readonly denied: ReadonlySet<string>
}

/** A field where the query asks for it: with the types that can be there, and whether it is forbidden there. */
interface Asked {
  readonly node: FieldNode
  readonly forbidden: boolean
}

interface Place {
  /** Type as declared at the place. */
  readonly type: string
  readonly possible: readonly string[]
}

/**
 * The rules of access, followed while walking the data itself: nothing is rewritten, planned or cached. For every object
 * the whole answer is at hand, and what the rules forbid is made null. Knows the graph from its making, not from
 * composition.
 */
export class NaiveEvaluator {
  readonly #model: Model
  readonly #caller: NaiveCaller
  readonly #variables: Readonly<Record<string, boolean>>
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #denied = new Set<string>()
  readonly #liveRoots = new Set<string>()

  constructor(model: Model, document: DocumentNode, caller: NaiveCaller, variables: Readonly<Record<string, boolean>>) {
    this.#model = model
    this.#caller = caller
    this.#variables = variables
    this.#fragments = new Map(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [])))
  }

  answer(selectionSet: SelectionSetNode): NaiveAnswer {
    const root: Place = { type: 'Query', possible: ['Query'] }
    this.#listDenied(selectionSet, root, [], false)
    this.#listLiveRoots(selectionSet, root)
    const data = this.#object({ ...this.#model.graph.data, __typename: 'Query' }, [{ selectionSet, place: root, forbidden: false }])
    return { data, denied: this.#denied }
  }

  /** May the caller have this type, field of a type, or leaf type: every declaration of every subgraph must be met. */
  mayHave(type: string, field?: string): boolean {
    const model = this.#model.types.find(({ name }) => name === type)
    if (field === undefined) return [...(model?.demands.values() ?? [this.#model.leaves.get(type) ?? []])].every((all) => this.#meets(all))
    const found = this.#field(type, field)
    if (!this.mayHave(type) || found === undefined) return found === undefined
    if (![...found.served.values()].every((all) => this.#meets(all))) return false
    const concrete = this.#model.types.some(({ name }) => name === found.type) || this.#model.leaves.has(found.type)
    if (concrete && !this.mayHave(found.type)) return false
    return found.reads === undefined || this.mayHave(type, found.reads)
  }

  #meets(all: readonly Demand[]): boolean {
    const { signedIn, scopes, policies } = this.#caller
    return all.every((demand) => {
      if (demand.kind === 'authenticated') return signedIn
      const held = demand.kind === 'scopes' ? scopes : policies
      return demand.anyOf.some((set) => set.every((name) => held.includes(name)))
    })
  }

  #field(type: string, name: string): ModelField | undefined {
    if (type === 'Query') return this.#model.root.find((field) => field.name === name)
    return [...this.#model.types, ...this.#model.interfaces].find((one) => one.name === type)?.fields.find((field) => field.name === name)
  }

  /** Is this field forbidden where it stands? Only `__typename` and `id` are never protected by themselves. */
  #isForbidden(node: FieldNode, place: Place): boolean {
    const name = node.name.value
    if (name === '__typename') return false
    if (place.possible.some((type) => !this.mayHave(type) || (name !== 'id' && !this.mayHave(type, name)))) return true
    const returned = this.#field(place.type, name)?.type
    if (node.selectionSet === undefined || returned === undefined) return false
    return !this.#mayMeet(objectTypesOf(this.#model, returned), node.selectionSet)
  }

  /** What is asked of every object there needs the right to every type; what fragments pick needs it only of some type. */
  #mayMeet(possible: readonly string[], selectionSet: SelectionSetNode): boolean {
    const allowed = possible.filter((type) => this.mayHave(type))
    if (allowed.length === possible.length) return true
    return allowed.length > 0 && !asksOfAll(selectionSet)
  }

  #narrow(node: SelectionNode, place: Place): (Place & { readonly selectionSet: SelectionSetNode; readonly forbidden: boolean }) | undefined {
    if (node.kind === Kind.FIELD) return undefined
    const fragment: InlineFragmentNode | FragmentDefinitionNode | undefined = node.kind === Kind.INLINE_FRAGMENT ? node : this.#fragments.get(node.name.value)
    if (fragment === undefined) return undefined
    const { selectionSet, typeCondition } = fragment
    if (typeCondition === undefined) return { ...place, selectionSet, forbidden: false }
    const type = typeCondition.name.value
    const possible = place.possible.filter((name) => objectTypesOf(this.#model, type).includes(name))
    return possible.length === 0 ? undefined : { type, possible, selectionSet, forbidden: !this.#mayMeet(possible, selectionSet) }
  }

  #object(object: Readonly<Record<string, unknown>>, asked: readonly { readonly selectionSet: SelectionSetNode; readonly place: Place; readonly forbidden: boolean }[]): Readonly<Record<string, unknown>> | null {
    const type = String(object['__typename'])
    const fields = new Map<string, Asked[]>()
    for (const { selectionSet, place, forbidden } of asked) this.#collect(type, selectionSet, place, forbidden, fields)
    const result: Record<string, unknown> = {}
    for (const [key, all] of fields) {
      const name = all[0]?.node.name.value ?? ''
      if (name === '__typename' || name === 'id') {
        if (all.every(({ forbidden }) => forbidden)) return null
        result[key] = object[name]
        continue
      }
      const field = this.#field(type, name)
      if (field === undefined) throw new TypeError(`${type} has no ${name}`)
      const allowed = all.filter(({ forbidden }) => !forbidden)
      const gone = allowed.length === 0 || (type === 'Query' && !typeText(field).endsWith('!') && !this.#liveRoots.has(key))
      const value = gone ? null : this.#value(object[name], field, field.wrapping, allowed.map(({ node }) => node))
      if (value === null && field.wrapping.startsWith('!')) return null
      result[key] = value
    }
    return result
  }

  #value(value: unknown, field: ModelField, wrapping: string, nodes: readonly FieldNode[]): unknown {
    if (wrapping.startsWith('!')) return this.#value(value, field, wrapping.slice(1), nodes)
    if (value === null) return null
    if (wrapping.startsWith('[')) {
      const items = (value as readonly unknown[]).map((item) => this.#value(item, field, wrapping.slice(1), nodes))
      return wrapping.startsWith('[!') && items.includes(null) ? null : items
    }
    if (typeof value !== 'object') return value
    const place: Place = { type: field.type, possible: objectTypesOf(this.#model, field.type) }
    return this.#object(value as Readonly<Record<string, unknown>>, nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [{ selectionSet, place, forbidden: false }])))
  }

  #collect(type: string, selectionSet: SelectionSetNode, place: Place, forbidden: boolean, into: Map<string, Asked[]>): void {
    for (const node of selectionSet.selections) {
      if (!this.#isIncluded(node)) continue
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value
        const all = into.get(key) ?? []
        all.push({ node, forbidden: (forbidden && node.name.value !== '__typename') || this.#isForbidden(node, place) })
        into.set(key, all)
        continue
      }
      const inner = this.#narrow(node, place)
      if (inner?.possible.includes(type) === true) this.#collect(type, inner.selectionSet, inner, forbidden || inner.forbidden, into)
    }
  }

  /** Root fields that ask somewhere, whether executed or not, for something that is not forbidden. */
  #listLiveRoots(selectionSet: SelectionSetNode, place: Place): void {
    for (const node of selectionSet.selections) {
      if (isNever(node)) continue
      if (node.kind !== Kind.FIELD) {
        const inner = this.#narrow(node, place)
        if (inner !== undefined) this.#listLiveRoots(inner.selectionSet, inner)
        continue
      }
      const field = this.#field('Query', node.name.value)
      if (field === undefined || this.#isForbidden(node, place)) continue
      const live = node.selectionSet === undefined || this.#hasAllowed(node.selectionSet, { type: field.type, possible: objectTypesOf(this.#model, field.type) }, false)
      if (live) this.#liveRoots.add(node.alias?.value ?? node.name.value)
    }
  }

  #hasAllowed(selectionSet: SelectionSetNode, place: Place, forbidden: boolean): boolean {
    return selectionSet.selections.some((node) => {
      if (isNever(node)) return !forbidden
      if (node.kind !== Kind.FIELD) {
        const inner = this.#narrow(node, place)
        return inner === undefined ? !forbidden : this.#hasAllowed(inner.selectionSet, inner, forbidden || inner.forbidden)
      }
      if (node.name.value === '__typename') return true
      if (forbidden || this.#isForbidden(node, place)) return false
      const field = this.#field(place.type, node.name.value)
      return node.selectionSet === undefined || field === undefined || this.#hasAllowed(node.selectionSet, { type: field.type, possible: objectTypesOf(this.#model, field.type) }, false)
    })
  }

  #listDenied(selectionSet: SelectionSetNode, place: Place, path: readonly string[], forbidden: boolean): void {
    for (const node of selectionSet.selections) {
      if (!this.#isIncluded(node)) continue
      if (node.kind !== Kind.FIELD) {
        const inner = this.#narrow(node, place)
        if (inner !== undefined) this.#listDenied(inner.selectionSet, inner, path, forbidden || inner.forbidden)
        continue
      }
      const name = node.name.value
      const here = [...path, node.alias?.value ?? name]
      if (name === '__typename') continue
      if (forbidden || this.#isForbidden(node, place)) {
        this.#denied.add(`${here.join('.')} ${place.type}.${name}`)
        continue
      }
      const field = this.#field(place.type, name)
      if (node.selectionSet === undefined || field === undefined) continue
      const lists = field.wrapping.replaceAll('!', '').split('').map(() => '@')
      this.#listDenied(node.selectionSet, { type: field.type, possible: objectTypesOf(this.#model, field.type) }, [...here, ...lists], false)
    }
  }

  #isIncluded(node: SelectionNode): boolean {
    return (node.directives ?? []).every(({ name, arguments: args }) => {
      const given = args?.[0]?.value
      const value = given?.kind === Kind.VARIABLE ? this.#variables[given.name.value] === true : given?.kind === Kind.BOOLEAN && given.value
      return (name.value === 'include') === value
    })
  }
}

/** Written so that it can never be executed. */
function isNever(node: SelectionNode): boolean {
  return (node.directives ?? []).some(({ name, arguments: args }) => {
    const given = args?.[0]?.value
    return given?.kind === Kind.BOOLEAN && given.value !== (name.value === 'include')
  })
}

function asksOfAll(selectionSet: SelectionSetNode): boolean {
  return selectionSet.selections.some((node) => {
    if (isNever(node)) return false
    if (node.kind === Kind.FIELD) return node.name.value !== '__typename'
    return node.kind === Kind.INLINE_FRAGMENT && node.typeCondition === undefined && asksOfAll(node.selectionSet)
  })
}

import type { ContextValue, PathSegment } from '../plan-node.ts'
import { leafRepresentation, representationCode, type LeafRepresentation, type RepresentationContext } from './compile-representation.ts'
import type { FetchUnit } from './fetch-unit.ts'
import type { Position } from './position.ts'
import type { Slot } from './slot.ts'
import { firstOf, isObject, loadSources, readersOf, readFrom, typeNameOf, type SourceVariable } from './sources-in-code.ts'

/**
 * Adds a function to the module that finds the entities of a slot in the answers so far, hands the text of each one's
 * representation to a collector and links the entity to what the collector gives back. Returns the function's name.
 *
 * Equal representations get one number; an entity that lacks what its representation needs gets none.
 */
export function addGather(context: Omit<RepresentationContext, 'visible'>, units: readonly FetchUnit[], root: Position, slot: Slot): string {
  const { module } = context
  const name = module.name('g')
  const body = slot.places.map(({ path, unit }) => {
    const visible = (other: number): boolean => units[unit]?.before.has(other) ?? false
    return `{${new GatherCompiler({ ...context, visible }, slot).root(root, path)}}`
  }).join('')
  module.add(`function ${name}(given,collector){state=given;R=state.results;roots=state.roots;${body}state=R=roots=undefined}`)
  return name
}

interface Scope {
  readonly position: Position
  readonly variables: readonly SourceVariable[]
}

class GatherCompiler {
  readonly #context: RepresentationContext
  readonly #slot: Slot
  /** Objects on the way, the root first; `@fromContext` reads them. */
  readonly #above: Scope[] = []

  constructor(context: RepresentationContext, slot: Slot) {
    this.#context = context
    this.#slot = slot
  }

  root(position: Position, path: readonly PathSegment[]): string {
    const loaded = loadSources(position, [], this.#context.visible, this.#name)
    return loaded.code + this.#object(position, loaded.variables, path)
  }

  readonly #name = (prefix: string): string => this.#context.module.name(prefix)

  /** At an object whose sources are loaded. */
  #object(position: Position, variables: readonly SourceVariable[], path: readonly PathSegment[]): string {
    const [segment, ...rest] = path
    if (segment === undefined) return this.#link(position, variables)
    if (segment.kind === 'type') {
      const typeName = typeNameOf(position, variables)
      if (typeName === undefined) return this.#object(position, variables, rest)
      const type = this.#name('t')
      const allowed = new Set(segment.names.flatMap((name) => [name, ...this.#context.types.possibleTypes(name)]))
      return `const ${type}=${typeName};if(${type}===undefined||${this.#context.module.constant(allowed)}.has(${type})){${this.#object(position, variables, rest)}}`
    }
    if (segment.kind === 'list') return ''
    const child = position.child(segment.name)
    const below: { readonly source: number; readonly name: string }[] = []
    let code = ''
    child.below.forEach((source, index) => {
      const parent = variables.find((variable) => variable.source === source.parent)
      if (parent === undefined || !this.#context.visible(source.unit)) return
      const name = this.#name('o')
      const keys = position.sources[source.parent]?.provision.fields(undefined).filter((field) => field.key === segment.name).map((field) => field.jsonKey) ?? []
      code += `const ${name}=${firstOf([...new Set(keys)].map((key) => readFrom(parent, key)))};`
      below.push({ source: index, name })
    })
    if (below.length === 0) return ''
    this.#above.push({ position, variables })
    code += this.#value(child, below, rest)
    this.#above.pop()
    return code
  }

  /** At a value that may be a list or an object, or not be there. */
  #value(position: Position, below: readonly { readonly source: number; readonly name: string }[], path: readonly PathSegment[]): string {
    const [segment, ...rest] = path
    if (segment?.kind === 'list') {
      const index = this.#name('i')
      const items = below.map(({ source }) => ({ source, name: this.#name('o') }))
      const list = this.#name('a')
      const loads = items.map(({ name }, at) => `const ${name}=${itemOf(below[at]?.name ?? 'undefined', list, index, below.length === 1)};`).join('')
      return `const ${list}=${firstOf(below.map(({ name }) => name))};if(Array.isArray(${list}))for(let ${index}=0;${index}<${list}.length;${index}++){${loads}${this.#value(position, items, rest)}}`
    }
    const variables = below.map(({ source, name }) => ({ source, name, present: below.length === 1 }))
    const loaded = loadSources(position, variables, this.#context.visible, this.#name)
    return `if(${below.map(({ name }) => isObject(name)).join('||')}){${loaded.code}${this.#object(position, loaded.variables, path)}}`
  }

  /** At an entity. */
  #link(position: Position, variables: readonly SourceVariable[]): string {
    const { part, index } = this.#slot
    const below = variables.filter((variable) => variable.source < position.below.length)
    const carrier = this.#name('c')
    const text = this.#name('x')
    const choose = below.map(({ name, present }) => (present ? name : `${isObject(name)}?${name}:`)).join('')
    const chosen = below.length === 1 ? choose : `${choose}undefined`
    const represented = { position, variables, selections: part.requires, rewrites: part.inputRewrites, isEntity: true }
    const leaves = part.context.length > 0 ? undefined : leafRepresentation(this.#context, represented)
    const taken = [text, ...part.context.map((value) => this.#contextText(value))].join(',')
    const add = leaves === undefined
      ? `let ${text};${representationCode(this.#context, represented, text)}if(${text}!==undefined)${carrier}[s${index}]=collector.${part.context.length > 0 ? 'addInContext' : 'add'}(${taken})`
      : this.#addLeaves(leaves, `${carrier}[s${index}]`)
    return `const ${carrier}=${chosen};if(${carrier}!==undefined&&${carrier}[s${index}]===undefined){${add}}`
  }

  /** Text of the JSON text of a value that an ancestor has for the entity's arguments. */
  #contextText({ up, path }: ContextValue): string {
    const scope = this.#above[this.#above.length - up]
    const [first, ...others] = path.flatMap((segment) => (segment.kind === 'field' ? [segment.name] : []))
    if (scope === undefined || first === undefined) return '"null"'
    const readers = readersOf(scope.position, scope.variables, first, undefined, first)
    const value = others.reduce((object, key) => `(${object}??{}).${key}`, firstOf(readers.map((reader) => reader.text)))
    return `(leafText(${value})??"null")`
  }

  /** Looks for an equal representation by its values; only a new one is written out. */
  #addLeaves({ condition, values, text }: LeafRepresentation, target: string): string {
    const found = this.#name('i')
    const [first, ...others] = values.map(({ name }) => name)
    const differs = others.map((name, at) => `collector.values[${found}*${others.length}+${at}]!==${name}`).join('||')
    const search = others.length === 0 ? '' : `while(${found}!==undefined&&(${differs}))${found}=collector.next[${found}];`
    return `if(${condition}){${values.map(({ name, read }) => `const ${name}=${read};`).join('')}if(${values.map(({ name }) => `${name}!==undefined`).join('&&')}){
let ${found}=collector.first.get(${first ?? ''});${search}
if(${found}===undefined)${found}=collector.insert(${first ?? ''},${text}${others.map((name) => `,${name}`).join('')});${target}=${found}}}`
  }
}

function itemOf(list: string, first: string, index: string, only: boolean): string {
  return only ? `${first}[${index}]` : `(Array.isArray(${list})?${list}[${index}]:undefined)`
}

import { objectTypesOf, type Model, type ModelField } from './random-graph.ts'
import type { Random } from '../../testkit/random.ts'

export interface RandomQuery {
  readonly query: string
  readonly variables: Readonly<Record<string, boolean>>
}

const LEAVES = ['String', 'Secret', 'Level']
const ID: ModelField = { name: 'id', type: 'ID', wrapping: '!', served: new Map() }

/** A random query on the model's graph; mostly valid, and what is not is for validation to say. */
export function randomQuery(model: Model, random: Random): RandomQuery {
  return new QueryMaker(model, random).make()
}

class QueryMaker {
  readonly #model: Model
  readonly #random: Random
  readonly #fragments: string[] = []
  #budget = 40

  constructor(model: Model, random: Random) {
    this.#model = model
    this.#random = random
  }

  make(): RandomQuery {
    const body = this.#selections('Query', 0)
    const text = `${body} ${this.#fragments.join(' ')}`
    const names = ['x', 'y'].filter((name) => text.includes(`$${name}`))
    const declared = names.length === 0 ? '' : `query(${names.map((name) => `$${name}: Boolean!`).join(', ')}) `
    return { query: `${declared}${text}`, variables: Object.fromEntries(names.map((name) => [name, this.#random.chance(0.6)])) }
  }

  #selections(type: string, depth: number): string {
    const parts: string[] = []
    const count = this.#random.between(1, depth === 0 ? 4 : 3)
    for (let index = 0; index < count && this.#budget > 0; index++) {
      this.#budget--
      parts.push(this.#random.chance(this.#isAbstract(type) ? 0.55 : 0.15) ? this.#fragment(type, depth) : this.#field(type, depth))
    }
    return `{ ${parts.length === 0 ? '__typename' : parts.join(' ')} }`
  }

  #field(type: string, depth: number): string {
    if (this.#random.chance(0.08)) return `__typename${this.#condition()}`
    const all = this.#fieldsOf(type)
    const fields = depth > 4 ? all.filter((field) => LEAVES.includes(field.type) || field.type === 'ID') : all
    if (fields.length === 0) return `__typename${this.#condition()}`
    const field = this.#random.pick(fields)
    const isLeaf = LEAVES.includes(field.type) || field.type === 'ID'
    const alias = this.#alias(field, isLeaf)
    return `${alias}${field.name}${this.#condition()}${isLeaf ? '' : ` ${this.#selections(field.type, depth + 1)}`}`
  }

  /** Sometimes one key for different fields, so that sibling fragments share it. */
  #alias(field: ModelField, isLeaf: boolean): string {
    if (isLeaf && field.type === 'String' && field.wrapping === '' && this.#random.chance(0.15)) return 'k: '
    return this.#random.chance(0.12) ? `${field.name}x: ` : ''
  }

  #fragment(type: string, depth: number): string {
    const kind = this.#random.next()
    if (kind < 0.1) return `...${this.#condition()} ${this.#selections(type, depth)}`
    const on = this.#random.pick(this.#overlapping(type))
    if (kind < 0.75) return `... on ${on}${this.#condition()} ${this.#selections(on, depth)}`
    const name = `F${this.#fragments.length}`
    // A place is kept before the content is made, because the content may make fragments too.
    const index = this.#fragments.push('') - 1
    this.#fragments[index] = `fragment ${name} on ${on} ${this.#selections(on, depth)}`
    return `...${name}${this.#condition()}${this.#random.chance(0.15) ? ` ...${name}` : ''}`
  }

  #condition(): string {
    const kind = this.#random.next()
    if (kind > 0.12) return ''
    const name = this.#random.chance(0.5) ? 'include' : 'skip'
    return kind < 0.02 ? ` @${name}(if: ${this.#random.chance(0.5)})` : ` @${name}(if: $${this.#random.chance(0.5) ? 'x' : 'y'})`
  }

  #isAbstract(type: string): boolean {
    return type.startsWith('I') || type.startsWith('U')
  }

  #overlapping(type: string): readonly string[] {
    if (type === 'Query') return ['Query']
    const here = objectTypesOf(this.#model, type)
    const abstract = [...this.#model.interfaces, ...this.#model.unions].map(({ name }) => name)
    return [...here, ...here, ...abstract.filter((name) => objectTypesOf(this.#model, name).some((one) => here.includes(one)))]
  }

  #fieldsOf(type: string): readonly ModelField[] {
    if (type === 'Query') return this.#model.root
    const interfaceFields = this.#model.interfaces.find(({ name }) => name === type)?.fields
    if (interfaceFields !== undefined) return [ID, ...interfaceFields]
    const fields = this.#model.types.find(({ name }) => name === type)?.fields
    return fields === undefined ? [] : [ID, ...fields]
  }
}

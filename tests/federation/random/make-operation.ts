import { getNamedType, isAbstractType, isCompositeType, isObjectType, type GraphQLCompositeType, type GraphQLField, type GraphQLSchema } from 'graphql'
import type { Random } from '../../testkit/random.ts'

export interface MadeOperation {
  readonly text: string
  readonly variables: Readonly<Record<string, boolean>>
}

/** A random valid query: aliases, fragments, conditions, arguments, abstract types. */
export function makeOperation(random: Random, schema: GraphQLSchema): MadeOperation {
  return new OperationMaker(random, schema).make()
}

class OperationMaker {
  readonly #random: Random
  readonly #schema: GraphQLSchema
  readonly #fragments: string[] = []
  readonly #variables = new Map<string, boolean>()
  #budget: number

  constructor(random: Random, schema: GraphQLSchema) {
    this.#random = random
    this.#schema = schema
    this.#budget = random.between(5, 40)
  }

  make(): MadeOperation {
    const query = this.#schema.getQueryType()
    if (query === undefined || query === null) throw new Error('no query type')
    const selection = this.#selection(query, 5)
    const definitions = [...this.#variables].map(([name]) => `$${name}: Boolean!`)
    const text = `query${definitions.length === 0 ? '' : ` Q(${definitions.join(', ')})`} ${selection}\n${this.#fragments.join('\n')}`
    return { text, variables: Object.fromEntries(this.#variables) }
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const parts: string[] = []
    const keys = new Map<string, string>()
    if (this.#random.chance(0.15)) parts.push('__typename')
    if (isObjectType(type) || ('getFields' in type)) {
      const fields = Object.values(type.getFields()).filter((field) => depth > 1 || !isCompositeType(getNamedType(field.type)))
      const wanted = this.#random.some(fields, 1, 0.45)
      for (const field of wanted) {
        if (this.#budget-- < 0 && parts.length > 0) break
        const part = this.#field(field, depth, keys)
        if (part !== undefined) parts.push(part)
      }
    }
    if (isAbstractType(type)) {
      for (const possible of this.#random.some(this.#schema.getPossibleTypes(type), 1)) {
        parts.push(`... on ${possible.name} ${this.#selection(possible, depth - 1)}`)
      }
    } else if (this.#random.chance(0.12) && parts.length > 0) {
      parts.push(this.#fragment(type, this.#selection(type, depth - 1)))
    }
    return `{ ${parts.length === 0 ? '__typename' : parts.join(' ')} }`
  }

  #fragment(type: GraphQLCompositeType, selection: string): string {
    if (this.#random.chance(0.4)) return `...${this.#condition()} ${selection}`
    if (this.#random.chance(0.5)) return `... on ${type.name}${this.#condition()} ${selection}`
    const name = `F${this.#fragments.length}`
    this.#fragments.push(`fragment ${name} on ${type.name} ${selection}`)
    return `...${name}${this.#condition()}`
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number, keys: Map<string, string>): string | undefined {
    const named = getNamedType(field.type)
    const args = field.args.some((argument) => argument.name === 'n') && this.#random.chance(0.7) ? `(n: ${this.#random.below(3)})` : ''
    // An alias is made of what it stands for, so that equal keys never stand for different things.
    const alias = args === '' ? (this.#random.chance(0.15) ? `a_${field.name}: ` : '') : `n${args.replaceAll(/\D/g, '')}_${field.name}: `
    const key = `${alias}${field.name}`
    if (keys.has(key) && !isCompositeType(named)) return undefined
    keys.set(key, args)
    const selection = isCompositeType(named) ? ` ${this.#selection(named, depth - 1)}` : ''
    return `${alias}${field.name}${args}${this.#condition()}${selection}`
  }

  #condition(): string {
    if (!this.#random.chance(0.06)) return ''
    const name = `v${this.#random.below(3)}`
    if (!this.#variables.has(name)) this.#variables.set(name, this.#random.chance(0.5))
    return ` @${this.#random.pick(['skip', 'include'])}(if: $${name})`
  }
}

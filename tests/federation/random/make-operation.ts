import { getNamedType, isAbstractType, isCompositeType, isObjectType, OverlappingFieldsCanBeMergedRule, parse, validate, type GraphQLCompositeType, type GraphQLField, type GraphQLSchema } from 'graphql'
import type { Random } from '../../testkit/random.ts'
import { Coverage } from './coverage.ts'
import { ArgumentMaker } from './make-arguments.ts'

export interface MadeOperation {
  readonly text: string
  readonly variables: Readonly<Record<string, unknown>>
  /** Fields that it asks for, as `Type.field`, and what else is in it. */
  readonly coverage: Coverage
}

/** A random valid operation: aliases, fragments, conditions, arguments, abstract types; now and then a mutation. */
export function makeOperation(random: Random, schema: GraphQLSchema): MadeOperation {
  const swapsNames = random.chance(0.1)
  for (;;) {
    const made = new OperationMaker(random, schema, swapsNames).make()
    if (!swapsNames) return made
    if (validate(schema, parse(made.text), [OverlappingFieldsCanBeMergedRule]).length === 0) return made
  }
}

interface NamedFragment {
  readonly name: string
  readonly type: GraphQLCompositeType
}

class OperationMaker {
  readonly #random: Random
  readonly #schema: GraphQLSchema
  /** Aliases that are names of other fields; what comes out need not be valid. */
  readonly #swapsNames: boolean
  readonly #coverage = new Coverage()
  readonly #arguments: ArgumentMaker
  readonly #fragments: string[] = []
  readonly #named: NamedFragment[] = []
  readonly #aliases = new Map<string, string>()
  #budget: number

  constructor(random: Random, schema: GraphQLSchema, swapsNames: boolean) {
    this.#random = random
    this.#schema = schema
    this.#swapsNames = swapsNames
    this.#arguments = new ArgumentMaker(random, this.#coverage)
    this.#budget = random.between(5, 40)
  }

  make(): MadeOperation {
    const mutation = this.#schema.getMutationType()
    const isMutation = mutation !== undefined && mutation !== null && this.#random.chance(0.12)
    const root = isMutation ? mutation : this.#schema.getQueryType()
    if (root === undefined || root === null) throw new Error('no query type')
    if (isMutation) this.#coverage.add('mutation')
    const selection = this.#selection(root, 5)
    const schema = !isMutation && this.#random.chance(0.02) ? '__schema { queryType { name } } ' : ''
    if (schema !== '') this.#coverage.add('introspection beside data')
    const text = `${isMutation ? 'mutation' : 'query'} Q${this.#arguments.definitionsText} { ${schema}${selection.slice(1)}\n${this.#fragments.join('\n')}`
    return { text, variables: this.#arguments.values, coverage: this.#coverage }
  }

  #selection(type: GraphQLCompositeType, depth: number, isOfOneType = false): string {
    const parts: string[] = []
    const keys = new Map<string, string>()
    if (this.#random.chance(0.15)) parts.push(this.#random.chance(0.2) ? 'a___typename: __typename' : '__typename')
    if ('getFields' in type) {
      const fields = Object.values(type.getFields()).filter((field) => (depth > 1 || !isCompositeType(getNamedType(field.type))) && isPlanned(field.name, isOfOneType || !isAbstractType(type)))
      for (const field of this.#random.some(fields, 1, 0.45)) {
        if (this.#budget-- < 0 && parts.length > 0) break
        const part = this.#field(type, field, depth, keys)
        if (part !== undefined) parts.push(part)
        // The same field once more, with other arguments or other selections.
        const again = this.#random.chance(0.06) ? this.#field(type, field, depth, keys) : undefined
        if (again !== undefined) parts.push(again)
      }
    }
    if (isAbstractType(type)) {
      this.#coverage.add('getFields' in type ? 'interface' : 'union')
      for (const possible of this.#random.some(this.#schema.getPossibleTypes(type), 1)) {
        parts.push(`... on ${possible.name}${this.#arguments.condition()} ${this.#selection(possible, depth - 1)}`)
      }
    } else if (this.#random.chance(0.12) && parts.length > 0) {
      parts.push(this.#fragment(type, depth))
    }
    return `{ ${parts.length === 0 ? '__typename' : parts.join(' ')} }`
  }

  #fragment(type: GraphQLCompositeType, depth: number): string {
    this.#coverage.add('fragment')
    const known = this.#named.filter((fragment) => fragment.type === type)
    if (known.length > 0 && this.#random.chance(0.5)) {
      this.#coverage.add('fragment spread again')
      return `...${this.#random.pick(known).name}${this.#arguments.condition()}`
    }
    const [wider] = isObjectType(type) && this.#random.chance(0.3) ? type.getInterfaces() : []
    if (wider !== undefined) {
      this.#coverage.add('fragment on an interface of the type')
      return `... on ${wider.name}${this.#arguments.condition()} ${this.#selection(wider, depth - 1, true)}`
    }
    const selection = this.#selection(type, depth - 1)
    if (this.#random.chance(0.3)) return `...${this.#arguments.condition()} ${selection}`
    if (this.#random.chance(0.3)) return `... on ${type.name}${this.#arguments.condition()} ${selection}`
    const name = `F${this.#fragments.length}`
    this.#fragments.push(`fragment ${name} on ${type.name} ${selection}`)
    this.#named.push({ name, type })
    return `...${name}${this.#arguments.condition()}`
  }

  #field(parent: GraphQLCompositeType, field: GraphQLField<unknown, unknown>, depth: number, keys: Map<string, string>): string | undefined {
    const named = getNamedType(field.type)
    const args = this.#arguments.argumentsOf(field)
    const alias = this.#alias(parent, field.name, args)
    const key = alias ?? field.name
    if (keys.has(key) && !isCompositeType(named)) return undefined
    keys.set(key, args)
    this.#coverage.add(`${parent.name}.${field.name}`)
    if (args !== '') this.#coverage.add('argument')
    if (alias !== undefined) this.#coverage.add('alias')
    if (String(field.type).startsWith('[[')) this.#coverage.add('list of lists')
    const selection = isCompositeType(named) ? ` ${this.#selection(named, depth - 1)}` : ''
    return `${alias === undefined ? '' : `${alias}: `}${field.name}${args}${this.#arguments.condition()}${selection}`
  }

  /** Made of what it stands for, so that equal keys never stand for different things; unless names are to be swapped. */
  #alias(parent: GraphQLCompositeType, name: string, args: string): string | undefined {
    if (this.#swapsNames && 'getFields' in parent && this.#random.chance(0.25)) {
      this.#coverage.add('alias that is another field\'s name')
      return this.#random.pick(Object.keys(parent.getFields()))
    }
    if (args === '') return this.#random.chance(0.15) ? `a_${name}` : undefined
    if (this.#swapsNames && this.#random.chance(0.5)) return undefined
    const known = this.#aliases.get(name + args)
    if (known !== undefined) return known
    const alias = `x${this.#aliases.size}_${name}`
    this.#aliases.set(name + args, alias)
    return alias
  }
}

/** Apollo's planner does not end when a requirement of an interface object is asked of one type (README of gateway/plan). */
function isPlanned(field: string, isOfOneType: boolean): boolean {
  return !isOfOneType || !field.endsWith('_judged')
}

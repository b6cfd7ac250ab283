import { isEnumType, isInputObjectType, isListType, isNonNullType, isScalarType, type GraphQLField, type GraphQLInputType } from 'graphql'
import type { Random } from '../../testkit/random.ts'
import type { Coverage } from './coverage.ts'

/** Random arguments, as literals with variables in them, and the variables' values. */
export class ArgumentMaker {
  readonly #random: Random
  readonly #coverage: Coverage
  readonly #definitions = new Map<string, string>()
  readonly #values: Record<string, unknown> = {}
  #depth = 0

  constructor(random: Random, coverage: Coverage) {
    this.#random = random
    this.#coverage = coverage
  }

  /** `($v0: Int = 3)`, or nothing. */
  get definitionsText(): string {
    return this.#definitions.size === 0 ? '' : `(${[...this.#definitions.values()].join(', ')})`
  }

  get values(): Readonly<Record<string, unknown>> {
    return this.#values
  }

  /** `(n: 2)`, or nothing. */
  argumentsOf(field: GraphQLField<unknown, unknown>): string {
    const given = field.args.filter(() => this.#random.chance(0.7))
    return given.length === 0 ? '' : `(${given.map((argument) => `${argument.name}: ${this.#value(argument.type)}`).join(', ')})`
  }

  /** A directive that leaves something out under a condition, or nothing. */
  condition(): string {
    if (!this.#random.chance(0.06)) return ''
    const directive = this.#random.pick(['skip', 'include'])
    this.#coverage.add(`@${directive}`)
    if (this.#random.chance(0.1)) return ` @${directive}(if: ${this.#random.chance(0.5)})`
    const name = `c${this.#random.below(3)}`
    if (!this.#definitions.has(name)) {
      this.#definitions.set(name, `$${name}: Boolean${this.#random.chance(0.2) ? ' = true' : '!'}`)
      if (this.#definitions.get(name)?.endsWith('!') === true || this.#random.chance(0.5)) this.#values[name] = this.#random.chance(0.5)
    }
    return ` @${directive}(if: $${name})`
  }

  /** A literal, in which a variable may stand wherever a value does. */
  #value(type: GraphQLInputType): string {
    if (this.#random.chance(0.25)) return this.#variable(type)
    if (isNonNullType(type)) return this.#literal(type.ofType)
    return this.#random.chance(0.06) ? 'null' : this.#literal(type)
  }

  #literal(type: GraphQLInputType): string {
    if (isListType(type)) return `[${Array.from({ length: this.#random.below(3) }, () => this.#value(type.ofType)).join(', ')}]`
    if (isEnumType(type)) {
      this.#coverage.add('enum argument')
      return this.#random.pick(type.getValues()).name
    }
    if (isInputObjectType(type)) {
      this.#coverage.add('input object')
      this.#depth++
      const fields = Object.values(type.getFields()).filter((field) => this.#random.chance(0.5) && (this.#depth < 3 || field.name !== 'inner'))
      const text = `{ ${fields.map((field) => `${field.name}: ${this.#value(field.type)}`).join(', ')} }`
      this.#depth--
      return text
    }
    return isScalarType(type) ? literal(this.#scalar(type.name)) : 'null'
  }

  #variable(type: GraphQLInputType): string {
    const name = `v${this.#definitions.size}`
    this.#coverage.add('variable')
    const hasDefault = this.#random.chance(0.3)
    const value = this.#json(type)
    if (hasDefault) this.#coverage.add('default of a variable')
    this.#definitions.set(name, `$${name}: ${String(type)}${hasDefault && !isInputObjectType(type) ? ` = ${this.#constant(type)}` : ''}`)
    // What may be left out is sometimes left out.
    if (isNonNullType(type) || this.#random.chance(0.7)) this.#values[name] = value
    return `$${name}`
  }

  #constant(type: GraphQLInputType): string {
    if (isNonNullType(type)) return this.#constant(type.ofType)
    if (isListType(type)) return `[${this.#constant(type.ofType)}]`
    if (isEnumType(type)) return this.#random.pick(type.getValues()).name
    return isScalarType(type) ? literal(this.#scalar(type.name)) : '{ min: 5 }'
  }

  #json(type: GraphQLInputType): unknown {
    if (isNonNullType(type)) return this.#json(type.ofType)
    if (isListType(type)) return Array.from({ length: this.#random.below(3) }, () => this.#json(type.ofType))
    if (isEnumType(type)) return this.#random.pick(type.getValues()).name
    if (isInputObjectType(type)) {
      return Object.fromEntries(Object.values(type.getFields()).filter((field) => field.name !== 'inner' && this.#random.chance(0.5)).map((field) => [field.name, this.#json(field.type)]))
    }
    return isScalarType(type) ? this.#scalar(type.name) : null
  }

  #scalar(name: string): unknown {
    if (name === 'Int') return this.#random.below(3)
    if (name === 'Stamp') {
      this.#coverage.add('custom scalar as an argument')
      return this.#random.pick([{ at: 1, of: [null, 'x'] }, [1, { y: true }], 'later', 3.5])
    }
    return this.#random.pick(['a "b"', 'é\n', ''])
  }
}

/** A JSON value as GraphQL writes it. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{ ${Object.entries(value).map(([key, member]) => `${key}: ${literal(member)}`).join(', ')} }`
}

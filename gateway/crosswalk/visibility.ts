import type { SenseName } from '@polyseme/kit/lexicon'
import type { CrosswalkContext, VisibilityReader } from './crosswalk-context.ts'
import type { CrosswalkModel, SenseModel } from './crosswalk-model.ts'
import { entityOf } from './entity.ts'
import { memberId, type Member } from './link-reader.ts'

/**
 * Which records one caller may see, for the time of one request.
 *
 * A type that the caller may not read is not there. Of a type with row filters that apply to the caller the domain is
 * asked, as the caller, once per tick for all records in question; without a way to ask, they are not there.
 */
export class Visibility {
  readonly #model: CrosswalkModel
  readonly #context: CrosswalkContext
  readonly #ask: VisibilityReader | undefined
  readonly #answers = new Map<string, Promise<boolean>>()
  readonly #ofSenses = new Map<SenseModel, 'all' | 'none' | 'by-record'>()
  #waiting = new Map<
    SenseModel,
    { readonly member: Member; readonly settle: (visible: boolean) => void; readonly fail: (error: unknown) => void }[]
  >()

  constructor(model: CrosswalkModel, context: CrosswalkContext, ask: VisibilityReader | undefined) {
    this.#model = model
    this.#context = context
    this.#ask = ask
  }

  /** Decided without asking the domain: all of its records, none of them, or it depends on the record. */
  ofSense(sense: SenseModel): 'all' | 'none' | 'by-record' {
    let found = this.#ofSenses.get(sense)
    if (found === undefined) this.#ofSenses.set(sense, (found = this.#decide(sense)))
    return found
  }

  #decide(sense: SenseModel): 'all' | 'none' | 'by-record' {
    if (!this.#context.mayRead(sense.typeName)) return 'none'
    const { scopes } = this.#context.principal
    const filtered = sense.rowFilters.some(({ unlessScopes }) => !unlessScopes.some((scope) => scopes.has(scope))) || Object.hasOwn(this.#context.rowRestrictionsAround(sense.typeName), sense.typeName)
    if (!filtered) return 'all'
    return this.#ask === undefined ? 'none' : 'by-record'
  }

  /** Whether records of a sense may show at all. */
  isReadable(name: SenseName): boolean {
    const sense = this.#model.senses.get(name)
    return sense !== undefined && this.ofSense(sense) !== 'none'
  }

  /** One answer for each member, in order; a promise only when a domain has to be asked. */
  of(members: readonly Member[]): readonly boolean[] | Promise<readonly boolean[]> {
    const answers = members.map((member): boolean | Promise<boolean> => {
      const sense = this.#model.senses.get(member.sense)
      if (sense === undefined) return false
      const whole = this.ofSense(sense)
      return whole === 'by-record' ? this.#askAbout(sense, member) : whole === 'all'
    })
    return answers.every((answer) => typeof answer === 'boolean') ? answers : Promise.all(answers.map((answer) => Promise.resolve(answer)))
  }

  #askAbout(sense: SenseModel, member: Member): Promise<boolean> {
    const id = memberId(member)
    const known = this.#answers.get(id)
    if (known !== undefined) return known
    const answer = new Promise<boolean>((settle, fail) => {
      const waiting = this.#waiting.get(sense)
      if (waiting !== undefined) {
        waiting.push({ member, settle, fail })
        return
      }
      this.#waiting.set(sense, [{ member, settle, fail }])
      // After the resolvers of this tick have named their records.
      setImmediate(() => void this.#flush(sense))
    })
    this.#answers.set(id, answer)
    return answer
  }

  async #flush(sense: SenseModel): Promise<void> {
    const waiting = this.#waiting.get(sense) ?? []
    this.#waiting.delete(sense)
    try {
      const keys = waiting.map(({ member }) => entityOf(sense, member.key))
      const answers = await this.#ask?.({ domain: sense.sense.domain, typeName: sense.typeName, keys, context: this.#context })
      for (const [at, { settle }] of waiting.entries()) settle(answers?.[at] === true)
    } catch (error) {
      for (const { fail } of waiting) fail(error)
    }
  }
}

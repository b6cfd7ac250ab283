import { GatewayError } from '@polyseme/kit/errors'
import type { LargeList, LargeLists, Program } from '../../plan/index.ts'
import type { AnswerStream, ResponseError } from '../outcome.ts'
import type { TakenLarge } from '../run-program.ts'
import { takeRootAnswer } from '../take-answer.ts'
import { StreamErrors } from './stream-errors.ts'
import type { StreamState } from './stream-state.ts'

export interface StreamOptions {
  readonly program: Program
  readonly lists: LargeLists
  /** A new state for the same operation. */
  readonly newState: () => StreamState
  /** Errors that stand before all others. */
  readonly errors: readonly ResponseError[]
  /** Called once, when it has ended, however. */
  readonly onEnd: () => void
}

/**
 * Begins an answer that is written while a large list of it comes. Its text is that of the whole answer, but that `errors`
 * stand behind `data`, where they are known.
 *
 * Undefined when it cannot be begun, because what stands before the list is null for a fault of the subgraph; then nothing
 * but `before` was read. An element that is null where none may be ends the answer: what should become null with it was sent.
 *
 * @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_TIMEOUT, SUBGRAPH_RESPONSE_INVALID the first elements are not as they should be
 */
export async function openAnswerStream(taken: TakenLarge, options: StreamOptions): Promise<AnswerStream | undefined> {
  const { answer, subgraph, work } = taken
  const list = options.lists.lists[answer.list]
  const state = options.newState()
  state.roots[work.root] = answer.before.data ?? undefined
  const prefix = list === undefined ? undefined : textBefore(list, options.lists, state)
  if (list === undefined || prefix === undefined) return undefined
  const completer = new ElementCompleter(list, options.lists, { state, subgraph })
  const first = await answer.next()
  return new Stream(taken, options, { list, prefix, state, completer, first, firstText: first === undefined ? '' : completer.text(first) })
}

interface Begun {
  readonly list: LargeList
  readonly prefix: string
  readonly state: StreamState
  readonly completer: ElementCompleter
  readonly first: readonly unknown[] | undefined
  readonly firstText: string
}

class Stream implements AnswerStream {
  readonly #taken: TakenLarge
  readonly #options: StreamOptions
  readonly #begun: Begun
  #hasErrors = false
  #isOver = false

  constructor(taken: TakenLarge, options: StreamOptions, begun: Begun) {
    this.#taken = taken
    this.#options = options
    this.#begun = begun
  }

  get hasErrors(): boolean {
    return this.#hasErrors
  }

  async *pieces(onRows: (rows: readonly unknown[]) => void = () => undefined): AsyncGenerator<string, void> {
    const { answer } = this.#taken
    const { prefix, completer, first, firstText } = this.#begun
    try {
      if (first !== undefined) onRows(first)
      yield `{"data":${prefix}${firstText}`
      for (let elements = first; elements !== undefined;) {
        elements = await answer.next()
        if (elements === undefined) break
        onRows(elements)
        yield completer.text(elements)
      }
      yield await this.#end()
    } finally {
      this.cancel()
    }
  }

  cancel(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#taken.answer.cancel()
    this.#options.onEnd()
  }

  async #end(): Promise<string> {
    const { answer, subgraph, work } = this.#taken
    const { program, lists, newState } = this.#options
    const { list, prefix, state, completer } = this.#begun
    const rest = await answer.finish()
    // What was sent was made of the first half: a key that comes twice could say something else now.
    const again = newState()
    again.roots[work.root] = rest.data ?? undefined
    if (textBefore(list, lists, again) !== prefix) throw invalid(subgraph, 'it says the same thing twice')
    takeRootAnswer({ program, state }, subgraph, work, rest)
    const suffix = textAfter(list, lists, state)
    if (suffix === undefined) throw invalid(subgraph, 'something is null where nothing may be')
    const around = objectsAround(list, lists, { state: again, rows: completer.count })
    const errors = [...this.#options.errors, ...completer.errors.all(around, rest.errors.length > 0)]
    this.#hasErrors = errors.length > 0
    return `]${suffix}${errors.length === 0 ? '' : `,"errors":${JSON.stringify(errors)}`}}`
  }
}

class ElementCompleter {
  readonly #list: LargeList
  readonly #lists: LargeLists
  readonly #in: { readonly state: StreamState; readonly subgraph: string }
  readonly errors: StreamErrors
  #count = 0

  constructor(list: LargeList, lists: LargeLists, context: { readonly state: StreamState; readonly subgraph: string }) {
    this.errors = new StreamErrors(context.state, list.levels.length)
    this.#list = list
    this.#lists = lists
    this.#in = context
  }

  /** Elements so far. */
  get count(): number {
    return this.#count
  }

  /** @throws SUBGRAPH_RESPONSE_INVALID an element is null where none may be */
  text(elements: readonly unknown[]): string {
    const { state, subgraph } = this.#in
    const completed: unknown[] = []
    if (!this.#lists.inState(state, () => this.#list.elements(elements, this.#count, completed))) throw invalid(subgraph, 'an element of a list is null where none may be')
    this.errors.note(completed, this.#count)
    const text = JSON.stringify(completed).slice(1, -1)
    const comma = this.#count === 0 ? '' : ','
    this.#count += elements.length
    return `${comma}${text}`
  }
}

/** Text from the root's `{` to the list's `[`; undefined when an object on the way is null. */
function textBefore({ levels }: LargeList, { inState }: LargeLists, state: StreamState): string | undefined {
  return inState(state, () => {
    let object: unknown
    let text = ''
    for (const [index, { key, jsonKey, before }] of levels.entries()) {
      const fields = before(object)
      if (fields === null) return undefined
      const inner = JSON.stringify(fields).slice(1, -1)
      text += `{${inner}${inner === '' ? '' : ','}${JSON.stringify(key)}:`
      object = memberOf(index === 0 ? rootOf(state) : object, jsonKey)
    }
    return `${text}[`
  })
}

/** Text after the list's `]`. */
function textAfter({ levels }: LargeList, { inState }: LargeLists, state: StreamState): string | undefined {
  return inState(state, () => {
    let object: unknown
    let text = ''
    for (const [index, { jsonKey, after }] of levels.entries()) {
      const fields = after(object)
      if (fields === null) return undefined
      const inner = JSON.stringify(fields).slice(1, -1)
      text = `${inner === '' ? '' : ','}${inner}}${text}`
      object = memberOf(index === 0 ? rootOf(state) : object, jsonKey)
    }
    return text
  })
}

/** The answer without its rows, of which it only knows how many there were: for telling which places it has. */
function objectsAround({ levels }: LargeList, { inState }: LargeLists, { state, rows }: { readonly state: StreamState; readonly rows: number }): unknown {
  return inState(state, () => {
    const objects: unknown[] = []
    for (const [index, { jsonKey }] of levels.entries()) objects.push(memberOf(index === 0 ? rootOf(state) : objects[index - 1], jsonKey))
    return levels.reduceRight<unknown>((below, { key, before, after }, index) => {
      const object = index === 0 ? undefined : objects[index - 1]
      return { ...before(object), [key]: below, ...after(object) }
    }, rowPlaces(rows))
  })
}

/** Like a list of so many rows, in each of which every place is. */
function rowPlaces(rows: number): object {
  return new Proxy({}, {
    get: () => null,
    getOwnPropertyDescriptor: (_target, key) => (typeof key === 'string' && Number(key) < rows ? { configurable: true, enumerable: true, value: null } : undefined),
  })
}

function rootOf({ roots: [only] }: StreamState): unknown {
  return only
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined
}

function invalid(subgraph: string, reason: string): GatewayError {
  return new GatewayError('SUBGRAPH_RESPONSE_INVALID', `the answer of the domain "${subgraph}" cannot be used: ${reason}`)
}

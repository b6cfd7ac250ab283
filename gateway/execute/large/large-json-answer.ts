import type { SubgraphAnswer } from '../subgraph-transport.ts'
import { JsonListFinder, type FoundList } from './json-list-finder.ts'
import { JsonListSplitter } from './json-list-splitter.ts'
import type { LargeAnswer, LargeWanted } from './large-answer.ts'
import type { LongBody } from './long-body.ts'

/** How the parts of an answer are understood; the same for those that come whole. */
export interface AnswerReading {
  /** Longest answer that is kept whole, and longest part of one that is not. */
  readonly maxBytes: number
  /** The answer of a body's text. @throws SUBGRAPH_RESPONSE_INVALID */
  readonly parse: (text: string) => SubgraphAnswer
  readonly invalid: (reason: string, cause?: unknown) => Error
  /** A list is large when this much of it has come; default 131,072. */
  readonly largeListBytes?: number
}

const LARGE_LIST_BYTES = 131_072

/** Stands for the elements, where the rest of an answer is parsed without them. */
const ELEMENTS = '"\\u0000elements"'

/** Reads a long body until one of the wanted lists proves to be large, or to its end. @throws what the body and `reading` throw */
export async function readLargeAnswer(body: LongBody, wanted: LargeWanted, reading: AnswerReading): Promise<SubgraphAnswer | LargeAnswer> {
  const lists = wanted.lists()
  const finder = new JsonListFinder(lists.map((path) => ['data', ...path]), reading.largeListBytes ?? LARGE_LIST_BYTES)
  try {
    for (;;) {
      const chunk = await body.read()
      if (chunk === undefined) return reading.parse(finder.read().toString('utf8'))
      wanted.hold(chunk.length)
      const found = finder.push(chunk)
      if (found !== undefined) {
        const large = new LargeJsonAnswer(body, found, { reading, path: lists[found.index] ?? [], wanted })
        return found.before.length > wanted.maxAroundBytes ? await large.collect() : large
      }
      if (finder.bytes > reading.maxBytes) throw tooLong(reading)
    }
  } catch (error) {
    body.cancel()
    throw error
  }
}

function tooLong({ invalid, maxBytes }: AnswerReading): Error {
  return invalid(`it is longer than the ${maxBytes} bytes that are the size limit of an answer that is not sent while it comes; ask for one large list in an operation, behind all else, or for less`)
}

interface LargeJsonContext {
  readonly reading: AnswerReading
  readonly path: readonly string[]
  readonly wanted: LargeWanted
}

class LargeJsonAnswer implements LargeAnswer {
  readonly list: number
  readonly path: readonly string[]
  readonly before: SubgraphAnswer
  readonly #body: LongBody
  readonly #reading: AnswerReading
  readonly #wanted: LargeWanted
  readonly #head: Buffer
  readonly #splitter: JsonListSplitter
  #first: Buffer | undefined
  /** What follows the list; undefined while it goes on. */
  #tail: Buffer[] | undefined
  #count = 0

  constructor(body: LongBody, { index, before, rest }: FoundList, { reading, path, wanted }: LargeJsonContext) {
    this.list = index
    this.path = path
    this.#body = body
    this.#reading = reading
    this.#wanted = wanted
    this.#head = before
    this.#first = rest
    this.#splitter = new JsonListSplitter(reading.maxBytes)
    this.before = this.#parseAround(`]${'}'.repeat(path.length + 1)}`)
  }

  async next(): Promise<readonly unknown[] | undefined> {
    while (this.#tail === undefined) {
      const wasHeld = this.#first !== undefined
      const chunk = await this.#read()
      if (chunk === undefined) throw this.#reading.invalid('it breaks off')
      // Before the first element is whole nothing was sent, and it can still be refused.
      if (this.#count === 0 && !wasHeld) this.#wanted.hold(chunk.length)
      const { text, rest } = this.#split(chunk)
      if (rest !== undefined) this.#tail = [rest]
      const elements = this.#parseElements(text, rest !== undefined)
      if (elements.length > 0) return elements
    }
    return undefined
  }

  async finish(): Promise<SubgraphAnswer> {
    const tail = this.#tail ?? []
    const { maxAroundBytes } = this.#wanted
    for (let bytes = tail.reduce((sum, { length }) => sum + length, this.#head.length); ;) {
      if (bytes > maxAroundBytes) throw this.#reading.invalid(`more than ${bytes} bytes stand beside its list, of which ${maxAroundBytes} may`)
      const chunk = await this.#body.read()
      if (chunk === undefined) return this.#parseAround(Buffer.concat(tail).toString('utf8'))
      tail.push(chunk)
      bytes += chunk.length
    }
  }

  async collect(): Promise<SubgraphAnswer> {
    const chunks = this.#first === undefined ? [this.#head] : [this.#head, this.#first]
    let bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    try {
      for (;;) {
        if (bytes > this.#reading.maxBytes) throw tooLong(this.#reading)
        const chunk = await this.#body.read()
        if (chunk === undefined) return this.#reading.parse(Buffer.concat(chunks).toString('utf8'))
        this.#wanted.hold(chunk.length)
        chunks.push(chunk)
        bytes += chunk.length
      }
    } catch (error) {
      this.cancel()
      throw error
    }
  }

  cancel(): void {
    this.#body.cancel()
  }

  async #read(): Promise<Buffer | undefined> {
    const first = this.#first
    this.#first = undefined
    return first ?? await this.#body.read()
  }

  #split(chunk: Buffer): ReturnType<JsonListSplitter['push']> {
    try {
      return this.#splitter.push(chunk)
    } catch (cause) {
      throw this.#reading.invalid('it is longer than the size limit', cause)
    }
  }

  #parseElements(text: string | undefined, isLast: boolean): readonly unknown[] {
    // Between two commas, and after one, there must be an element; only a list without any has none.
    if (text === undefined || (isLast && this.#count === 0 && text.trim() === '')) return []
    try {
      const elements = JSON.parse(`[${text}]`) as readonly unknown[]
      if (elements.length === 0) throw new SyntaxError('an element is missing')
      this.#count += elements.length
      return elements
    } catch (cause) {
      throw this.#reading.invalid('it is not JSON', cause)
    }
  }

  /** Everything but the elements, with what follows the list; the list must be where it was found. */
  #parseAround(after: string): SubgraphAnswer {
    const answer = this.#reading.parse(`${this.#head.toString('utf8')}${ELEMENTS}${after}`)
    let value: unknown = answer.data
    for (const key of this.path) value = typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined
    if (!Array.isArray(value) || value.length !== 1 || value[0] !== JSON.parse(ELEMENTS)) throw this.#reading.invalid('it says the same thing twice')
    value.length = 0
    return answer
  }
}

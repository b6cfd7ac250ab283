import { hash } from 'node:crypto'
import { stripIgnoredCharacters } from 'graphql'
import { WeightedCache } from '../weighted-cache.ts'
import type { RegisteredOperation } from './parse-manifest.ts'

/** Characters that a text may have beside those of the longest registered one: other white space, comments. */
const SLACK = 4_096

/** Operations that clients were built with, found by the client's id, by hash, or by text; white space and comments make no difference. */
export class SafeList {
  readonly #byId = new Map<string, string>()
  readonly #texts = new Set<string>()
  readonly #longest: number
  /** What was found out about texts that are not there letter by letter. */
  readonly #known = new WeightedCache<string, boolean>(1_000, 2_000_000)

  constructor(operations: Iterable<RegisteredOperation>) {
    let longest = 0
    for (const { id, text } of operations) {
      this.#byId.set(hashOfText(text), text)
      if (id !== undefined) this.#byId.set(id, text)
      this.#texts.add(text)
      this.#texts.add(essenceOf(text) ?? text)
      longest = Math.max(longest, text.length)
    }
    this.#longest = longest
  }

  /** Number of different operations. */
  get size(): number {
    return new Set(this.#byId.values()).size
  }

  /** The text of an id or of a hash (hexadecimal, also as `sha256:…`). */
  find(id: string): string | undefined {
    return this.#byId.get(id) ?? (id.startsWith('sha256:') ? this.#byId.get(id.slice('sha256:'.length)) : undefined)
  }

  isRegistered(text: string): boolean {
    if (this.#texts.has(text)) return true
    // What is far longer than any registered one need not be read to know.
    if (text.length > this.#longest + SLACK) return false
    let known = this.#known.get(text)
    if (known === undefined) {
      const essence = essenceOf(text)
      known = essence !== undefined && this.#texts.has(essence)
      this.#known.set(text, known, text.length)
    }
    return known
  }
}

/** SHA-256 of a document's text, hexadecimal, as clients of persisted queries compute it. */
export function hashOfText(text: string): string {
  return hash('sha256', text, 'hex')
}

/** Undefined for what is no GraphQL. */
function essenceOf(text: string): string | undefined {
  try {
    return stripIgnoredCharacters(text)
  } catch {
    return undefined
  }
}

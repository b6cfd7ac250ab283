/** A map that forgets what was used longest ago, once its entries or their weights together are more than allowed. */
export class WeightedCache<Key, Value> {
  readonly #entries = new Map<Key, { readonly value: Value, readonly weight: number }>()
  readonly #maxEntries: number
  readonly #maxWeight: number
  #weight = 0
  #hits = 0
  #misses = 0

  constructor(maxEntries: number, maxWeight: number = Number.POSITIVE_INFINITY) {
    if (!Number.isInteger(maxEntries) || maxEntries < 1) throw new TypeError('maxEntries must be a positive integer')
    this.#maxEntries = maxEntries
    this.#maxWeight = maxWeight
  }

  get statistics(): { readonly entries: number; readonly weight: number; readonly hits: number; readonly misses: number } {
    return { entries: this.#entries.size, weight: this.#weight, hits: this.#hits, misses: this.#misses }
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) {
      this.#misses++
      return undefined
    }
    this.#hits++
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** Keeps the value, unless it alone is heavier than all may be. */
  set(key: Key, value: Value, weight = 1): void {
    this.#forget(key)
    if (weight > this.#maxWeight) return
    this.#entries.set(key, { value, weight })
    this.#weight += weight
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#weight <= this.#maxWeight) return
      this.#forget(oldest)
    }
  }

  #forget(key: Key): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#weight -= entry.weight
  }
}

/** A small seeded generator (mulberry32): a case is its seed. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let value = this.#state
    value = Math.imul(value ^ (value >>> 15), value | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }

  /** 0 to n - 1. */
  below(n: number): number {
    return Math.floor(this.next() * n)
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** A random subset with at least `least` members, in order. */
  some<T>(items: readonly T[], least: number, probability = 0.5): readonly T[] {
    const chosen = items.filter(() => this.chance(probability))
    while (chosen.length < Math.min(least, items.length)) {
      const item = this.pick(items)
      if (!chosen.includes(item)) chosen.push(item)
    }
    return items.filter((item) => chosen.includes(item))
  }
}

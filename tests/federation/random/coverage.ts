/** How often each feature occurred, so that a generator cannot lose one unnoticed. */
export class Coverage {
  readonly #counts = new Map<string, number>()

  add(feature: string, count = 1): void {
    this.#counts.set(feature, (this.#counts.get(feature) ?? 0) + count)
  }

  count(feature: string): number {
    return this.#counts.get(feature) ?? 0
  }

  names(): readonly string[] {
    return [...this.#counts.keys()]
  }

  /** `name 12, other 3`, most frequent first. */
  toString(): string {
    return [...this.#counts].toSorted((left, right) => right[1] - left[1]).map(([name, count]) => `${name} ${count}`).join(', ')
  }
}

import type { DeniedField } from './authorized-operation.ts'
import type { Condition } from './conditions.ts'

/** Collects denied places; one that is asked for several times is one place. */
export class DeniedPlaces {
  readonly #places = new Map<string, { readonly coordinate: string; readonly path: readonly string[]; readonly when: (readonly Condition[])[] }>()

  record(coordinate: string, path: readonly string[], when: readonly Condition[]): void {
    const key = `${path.join('\0')}\0\0${coordinate}`
    const known = this.#places.get(key)
    if (known === undefined) this.#places.set(key, { coordinate, path, when: [when] })
    else known.when.push(when)
  }

  list(): readonly DeniedField[] {
    return [...this.#places.values()].map(({ coordinate, path, when }) => (when.some((conditions) => conditions.length === 0) ? { coordinate, path } : { coordinate, path, when }))
  }
}

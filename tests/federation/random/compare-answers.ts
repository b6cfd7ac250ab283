import type { Random } from '../../testkit/random.ts'

type Path = readonly (string | number)[]

/** Where the nulls stand that errors explain: the beginnings of their paths at which the answer is null; sorted, each once. */
export function nullPlaces(data: unknown, paths: readonly Path[]): readonly string[] {
  return [...new Set(paths.map((path) => {
    const place = nullPlace(data, path)
    if (place === undefined) throw new Error(`an error at ${JSON.stringify(path)}, where the answer is not null`)
    return JSON.stringify(place)
  }))].toSorted()
}

/** Whether an error's path leads to a null of the answer. */
export function explainsNull(data: unknown, path: Path): boolean {
  return nullPlace(data, path) !== undefined
}

function nullPlace(data: unknown, path: Path): Path | undefined {
  const length = path.findIndex((_step, index) => valueAt(data, path.slice(0, index)) === null)
  const place = length === -1 ? path : path.slice(0, length)
  return valueAt(data, place) === null ? place : undefined
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data
  for (const step of path) {
    if (value === null || typeof value !== 'object') return value
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

/**
 * Asserts that a partial answer has nothing that the whole one has not; where something is missing it is null. With
 * `shifted`, items of lists may stand elsewhere than in the whole.
 */
export function expectPart(part: unknown, whole: unknown, shifted = false): void {
  if (part === null || part === undefined) return
  if (Array.isArray(part) && Array.isArray(whole)) {
    if (shifted) return
    if (part.length !== whole.length) throw new Error(`a list of ${part.length} that should have ${whole.length}`)
    for (const [index, item] of part.entries()) expectPart(item, whole[index])
    return
  }
  if (typeof part === 'object' && typeof whole === 'object' && whole !== null) {
    // A custom scalar may be anything.
    if (shifted && (Array.isArray(whole) || Object.hasOwn(whole, 'at'))) return
    const keys = Object.keys(part).join()
    if (keys !== Object.keys(whole).join()) throw new Error(`an object with ${keys} and not ${Object.keys(whole).join()}`)
    for (const [key, value] of Object.entries(part)) expectPart(value, (whole as Record<string, unknown>)[key], shifted)
    return
  }
  if (!shifted && part !== whole) throw new Error(`${JSON.stringify(part)} that should be ${JSON.stringify(whole)}`)
}

/** Somewhere a null, a list that is shorter, another type, another kind of value. */
export function tampered(value: unknown, random: Random): unknown {
  if (random.chance(0.06)) return random.pick([null, 17, 'text', [], {}, { __typename: 'Nothing' }])
  if (Array.isArray(value)) {
    const items = value.map((item) => tampered(item, random))
    return random.chance(0.1) ? items.slice(1) : items
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, key === '__typename' && random.chance(0.05) ? 'Nothing' : tampered(member, random)]))
}

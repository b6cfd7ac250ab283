import type { ErrorPlaces } from './compile-program.ts'
import type { Position, Source } from './position.ts'

export type ErrorPath = readonly (string | number)[]

/**
 * The path of a subgraph's error as the client sees it: renamed keys get the client's names. Undefined for a field that
 * the client does not see, such as a key that only the plan needed. `isSource` picks the fetch's own
 * sources at the place from which the path starts.
 */
export function translateErrorPath(places: ErrorPlaces, from: Position, isSource: (source: Source) => boolean, path: ErrorPath): ErrorPath | undefined {
  const translated: (string | number)[] = []
  let position = from
  let sources = position.sources.map((source, index) => ({ source, index })).filter(({ source }) => isSource(source))
  for (const step of path) {
    if (typeof step === 'number') {
      translated.push(step)
      continue
    }
    const key = sources.flatMap(({ source }) => source.provision.fields(undefined)).find((field) => field.jsonKey === step)?.key
    const clientKey = key === undefined ? undefined : places.asked.get(position)?.get(key)
    if (key === undefined || clientKey === undefined) return undefined
    translated.push(clientKey)
    const parents = new Set(sources.map(({ index }) => index))
    position = position.child(key)
    sources = position.below.flatMap((source, index) => (parents.has(source.parent) ? [{ source, index }] : []))
  }
  return translated
}

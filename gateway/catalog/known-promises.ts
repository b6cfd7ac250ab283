import type { DataProduct } from '@polyseme/kit/contract'
import { listPromises, type ProductPromise } from '@polyseme/kit/promise'
import type { CatalogPromise, CatalogView } from './catalog-sources.ts'

const COUNTED = { KEPT: 'kept', BROKEN: 'broken', NOT_RUN: 'notRun', UNKNOWN: 'unknown' } as const

/** How many promises stand how: whoever looks for a product may know how good it is, whether he may read it or not. */
export function countPromises(promises: readonly CatalogPromise[] | undefined): Readonly<Record<(typeof COUNTED)[keyof typeof COUNTED], number>> | undefined {
  if (promises === undefined) return undefined
  const counts = { kept: 0, broken: 0, notRun: 0, unknown: 0 }
  for (const { state } of promises) counts[COUNTED[state as keyof typeof COUNTED] ?? 'unknown'] += 1
  return counts
}

/** Promises about what the caller may read: one about a field names it. One that the contract does not explain is left out. */
export function knownPromises(product: DataProduct, promises: readonly CatalogPromise[] | undefined, view: CatalogView): readonly CatalogPromise[] | undefined {
  const byId = new Map(listPromises(product).map((promise) => [promise.id, promise]))
  return promises?.filter(({ id }) => {
    const promise = byId.get(id)
    return promise !== undefined && coordinatesOf(promise).every((coordinate) => view.decisionOf(coordinate) !== 'denied')
  })
}

/** What a promise is about: a query may be about every field of its object, a service level is about none. */
function coordinatesOf({ id, product, typeName, evaluation }: ProductPromise): readonly string[] {
  const object = product.objects.find((candidate) => candidate.typeName === typeName)
  if (object === undefined) return []
  const measure = evaluation.kind === 'check' ? evaluation.check.measure : undefined
  const all = object.properties.map(({ field }) => field)
  const named = object.properties.filter(({ name }) => id.startsWith(`${object.name}.${name}/`)).map(({ field }) => field)
  const measured = measure === undefined || measure.kind === 'rowCount' ? [] : measure.kind === 'sql' ? all : measure.kind === 'duplicateValues' ? measure.fields : [measure.field]
  return [object.typeName, ...new Set([...named, ...measured].map((field) => `${object.typeName}.${field}`))]
}

import type { ProductPromise, PromiseReader, PromiseResult, PromiseState, StoredResult } from './promise.ts'

/** How a promise stands: the state, and the result behind it where there is one. */
export interface PromiseStatus {
  readonly promise: ProductPromise
  readonly state: PromiseState
  readonly reason?: string
  readonly result?: StoredResult
}

/** How a promise stood before, the latest result first; results for what the contract said before are left out. */
export function readHistory(promise: ProductPromise, reader: PromiseReader | undefined, limit: number): readonly PromiseResult[] {
  const { evaluation, id, product } = promise
  return evaluation.kind === 'not-run' ? [] : (reader?.historyOf({ urn: product.urn, id, fingerprint: evaluation.fingerprint }, limit) ?? [])
}

/** How promises stand. A result for what the contract said before counts as none. */
export function readStatuses(promises: readonly ProductPromise[], reader: Pick<PromiseReader, 'resultsOf'> | undefined): readonly PromiseStatus[] {
  const results = new Map<string, ReadonlyMap<string, StoredResult>>()
  return promises.map((promise) => {
    const { evaluation, product } = promise
    if (evaluation.kind === 'not-run') return { promise, state: 'NOT_RUN', reason: evaluation.reason }
    const known = results.get(product.urn) ?? reader?.resultsOf(product.urn) ?? new Map<string, StoredResult>()
    results.set(product.urn, known)
    const result = known.get(promise.id)
    if (result?.fingerprint !== evaluation.fingerprint) return { promise, state: 'UNKNOWN', reason: 'it has not been measured yet' }
    return { promise, state: result.state, result, ...(result.reason === undefined ? {} : { reason: result.reason }) }
  })
}

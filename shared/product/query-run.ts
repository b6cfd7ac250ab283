import type { CallIdentity } from '../identity/index.ts'
import type { Source, SqlRow, SqlStatement } from '../source/index.ts'
import type { CursorCodec } from './cursor.ts'
import type { DomainModel } from './domain-model.ts'
import { StatementScope } from './statement-scope.ts'

/** One request's way to its data. */
export interface QueryRun {
  readonly model: DomainModel
  readonly source: Source
  readonly cursors: CursorCodec
  readonly call: CallIdentity
  readonly signal?: AbortSignal
}

/** A new statement under the caller's rights. */
export function newScope(run: QueryRun): StatementScope {
  return new StatementScope(run.model, run.source, run.call)
}

export function runStatement(run: QueryRun, statement: SqlStatement): Promise<readonly SqlRow[]> {
  return run.source.query(statement, run.signal === undefined ? {} : { signal: run.signal })
}

/** Keys that one statement carries at most; larger batches take several. */
export const BATCH_KEYS = 5_000

/** The list in pieces of at most `size`. */
export function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (items.length <= size) return items.length === 0 ? [] : [items]
  const chunks: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size))
  return chunks
}

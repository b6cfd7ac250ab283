import type { ReaderOf } from './fetched-row.ts'
import { BATCH_KEYS, chunksOf, newScope, runStatement, type QueryRun } from './query-run.ts'
import { buildRowsStatement, type KeyBatch } from './rows-statement.ts'

/** The row of each key tuple in one statement (per 5,000 of them); undefined where there is none that the caller may see. */
export async function fetchByKeys<R>(run: QueryRun, typeName: string, keys: KeyBatch, reader: ReaderOf<R>): Promise<readonly (R | undefined)[]> {
  const found: (R | undefined)[] = Array.from(keys.tuples, () => undefined)
  await Promise.all(chunksOf(keys.tuples, BATCH_KEYS).map(async (tuples, chunk) => {
    const built = buildRowsStatement(newScope(run), { typeName, reader, batch: { properties: keys.properties, tuples } })
    for (const cells of await runStatement(run, built.statement)) {
      const { ordinal, row } = built.read(cells)
      found[chunk * BATCH_KEYS + ordinal] ??= row
    }
  }))
  return found
}

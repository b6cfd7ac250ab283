import { DuckDBInstance } from '@duckdb/node-api'
import type { GoldLink, LinkRecord, Quality } from '../../../gateway/crosswalk/linking/index.ts'

/** Rows of a query over files. */
export async function queryRows(sql: string): Promise<readonly Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:')
  try {
    const connection = await instance.connect()
    const reader = await connection.runAndReadAll(sql)
    connection.closeSync()
    return reader.getRowObjectsJS()
  } finally {
    instance.closeSync()
  }
}

/** Records from a query with a column `key`. */
export async function queryRecords(sql: string): Promise<readonly LinkRecord[]> {
  return (await queryRows(sql)).map((values) => ({ key: String(values['key']), values }))
}

/** True pairs from a query with columns `l` and `r`. */
export async function queryGold(sql: string): Promise<readonly GoldLink[]> {
  return (await queryRows(sql)).map(({ l, r }) => ({ from: String(l), to: String(r) }))
}

/** The threshold curve as a table. */
export function formatCurve(title: string, curve: readonly Quality[]): string {
  const lines = curve.map(
    ({ threshold, precision, recall, f1, right, wrong, missed }) =>
      `  ${threshold.toFixed(3)}  ${precision.toFixed(4)}  ${recall.toFixed(4)}  ${f1.toFixed(4)}  ${right} right, ${wrong} wrong, ${missed} missed`,
  )
  return [title, '  bound  precision  recall  F1', ...lines].join('\n')
}

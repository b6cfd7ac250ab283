import type { ProductProperty } from '../contract/index.ts'
import type { KeyTuple, ReaderOf, RowLinks } from './fetched-row.ts'
import type { RowPosition } from './cursor.ts'
import { readPageRequest, type PageRequest, type PageRequestContext } from './page-request.ts'
import { BATCH_KEYS, chunksOf, newScope, runStatement, type QueryRun } from './query-run.ts'
import { buildCountStatement, buildRowsStatement, type KeyBatch } from './rows-statement.ts'
import type { FieldArguments, PageSelection } from './selection.ts'

/** Which connection field is answered, and for which keys. */
export interface PageQuery {
  /** Schema coordinate of the field. */
  readonly field: string
  readonly selection: PageSelection
  readonly args: FieldArguments
  /** Pages of a relationship: one for each tuple. */
  readonly parents?: { readonly properties: readonly ProductProperty[]; readonly tuples: readonly KeyTuple[] }
}

/** The rows of one page, cut to size. */
export interface FetchedPage<R> {
  readonly rows: readonly R[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  /** Zero where it was not asked for. */
  readonly totalCount: number
  readonly cursorOf: (row: LinkedRow, index: number) => string
}

interface LinkedRow {
  readonly links: RowLinks
}

/** Fetches the pages of a connection field: those of all parents in one statement (per 5,000 of them), totals in one more. */
export async function fetchPages<R extends LinkedRow>(run: QueryRun, query: PageQuery, reader: ReaderOf<R>): Promise<readonly FetchedPage<R>[]> {
  const request = readPageRequest(pageContext(run, query), query.args)
  const batches = batchesOf(query)
  const [rows, totals] = await Promise.all([fetchRows(run, query, request, { batches, reader }), fetchTotals(run, query, request, batches)])
  const cursorOf = (row: LinkedRow, index: number): string => run.cursors.seal(positionAt(request, row.links.position, index), request.binding)
  return Array.from({ length: query.parents?.tuples.length ?? 1 }, (_unused, index) => ({
    ...cutPage(rows[index] ?? [], request),
    totalCount: totals[index] ?? 0,
    cursorOf,
  }))
}

export function pageContext(run: QueryRun, query: PageQuery): PageRequestContext {
  return { object: query.selection.object, call: run.call, cursors: run.cursors, field: query.field }
}

export interface NumberedBatch {
  readonly batch: KeyBatch | undefined
  /** Number of the batch's first tuple. */
  readonly start: number
}

/** A query's parents, 5,000 at a time; without parents one batch of none. */
export function batchesOf(query: PageQuery): readonly NumberedBatch[] {
  if (query.parents === undefined) return [{ batch: undefined, start: 0 }]
  const { properties, tuples } = query.parents
  return chunksOf(tuples, BATCH_KEYS).map((chunk, index) => ({ batch: { properties, tuples: chunk }, start: index * BATCH_KEYS }))
}

interface RowsToFetch<R> {
  readonly batches: readonly NumberedBatch[]
  readonly reader: ReaderOf<R>
}

async function fetchRows<R>(run: QueryRun, query: PageQuery, request: PageRequest, { batches, reader }: RowsToFetch<R>): Promise<R[][]> {
  const pages: R[][] = []
  const needsRows = query.selection.nodes.size > 0 || query.selection.edges.size > 0 || query.selection.pageInfo
  if (!needsRows) return pages
  const { order, backwards, after, before, size } = request
  // One row more than asked for tells whether a further page exists.
  const range = { order, backwards, after, before, limit: size + 1 }
  await Promise.all(batches.map(async ({ batch, start }) => {
    const built = buildRowsStatement(newScope(run), {
      typeName: query.selection.object.object.typeName,
      reader,
      where: request.where,
      range,
      ...(batch === undefined ? {} : { batch }),
    })
    for (const cells of await runStatement(run, built.statement)) {
      const { ordinal, row } = built.read(cells)
      const page = (pages[start + ordinal] ??= [])
      page.push(row)
    }
  }))
  return pages
}

/** Rows that match, for each parent; fetched only when asked for. */
export async function fetchTotals(run: QueryRun, query: PageQuery, request: PageRequest, batches: readonly NumberedBatch[]): Promise<readonly number[]> {
  const totals: number[] = []
  if (!query.selection.totalCount) return totals
  await Promise.all(batches.map(async ({ batch, start }) => {
    const statement = buildCountStatement(newScope(run), {
      typeName: query.selection.object.object.typeName,
      where: request.where,
      ...(batch === undefined ? {} : { batch }),
    })
    for (const [ordinal, total] of await runStatement(run, statement)) totals[start + Number(ordinal)] = Number(total)
  }))
  return totals
}

function cutPage<R>(fetched: readonly R[], request: PageRequest): Pick<FetchedPage<R>, 'rows' | 'hasNextPage' | 'hasPreviousPage'> {
  const hasMore = fetched.length > request.size
  const kept = hasMore ? fetched.slice(0, request.size) : fetched
  if (!request.backwards) return { rows: kept, hasNextPage: hasMore, hasPreviousPage: request.after !== undefined }
  return { rows: [...kept].reverse(), hasNextPage: request.before !== undefined, hasPreviousPage: hasMore }
}

/** What the cursor of a page's row holds: the row's position, or where rows have none, how many come before its next. */
export function positionAt(request: PageRequest, position: RowPosition, index: number): RowPosition {
  if (request.order.isTotal) return position
  return [String(Number(request.after?.[0] ?? 0) + index + 1)]
}

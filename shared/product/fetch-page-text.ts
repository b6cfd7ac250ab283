import { NotDirectError } from './not-direct.ts'
import { readPageRequest, type PageRequest } from './page-request.ts'
import { batchesOf, fetchTotals, pageContext, positionAt, type PageQuery } from './fetch-page.ts'
import { buildPageTextStatement, type PageText } from './page-text-statement.ts'
import { newScope, runStatement, type QueryRun } from './query-run.ts'
import type { RowSelection } from './selection.ts'
import type { RowLayout } from './text-row.ts'

/** A page whose rows are one text. */
export interface FetchedPageText {
  /** The rows, separated by commas. */
  readonly text: string
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly totalCount: number
  readonly startCursor: string | null
  readonly endCursor: string | null
}

export interface PageTextOptions {
  readonly rows: RowSelection
  /** Of fields only. */
  readonly layout: RowLayout
}

/** Fetches pages of rows without relationships: those of all parents in one statement (per 5,000 of them), totals in one more. */
export async function fetchPageTexts(run: QueryRun, query: PageQuery, options: PageTextOptions): Promise<readonly FetchedPageText[]> {
  const request = readPageRequest(pageContext(run, query), query.args)
  const batches = batchesOf(query)
  const found: PageText[] = []
  const { order, backwards, after, before, size } = request
  const [totals] = await Promise.all([
    fetchTotals(run, query, request, batches),
    ...batches.map(async ({ batch, start }) => {
      const built = buildPageTextStatement(newScope(run), {
        selection: options.rows,
        layout: options.layout,
        where: request.where,
        batch,
        range: { order, backwards, after, before, limit: size + 1 },
        withPositions: query.selection.pageInfo,
      })
      for (const cells of await runStatement(run, built.statement)) {
        const page = built.read(cells)
        if (page.isBroken) throw new NotDirectError()
        found[start + page.ordinal] = page
      }
    }),
  ])
  return Array.from({ length: query.parents?.tuples.length ?? 1 }, (_unused, index) => finishPage(run, request, found[index], totals[index] ?? 0))
}

function finishPage(run: QueryRun, request: PageRequest, page: PageText | undefined, totalCount: number): FetchedPageText {
  const rows = Math.min(page?.found ?? 0, request.size)
  const hasMore = (page?.found ?? 0) > request.size
  const cursorAt = (position: PageText['first'], index: number): string => run.cursors.seal(positionAt(request, position, index), request.binding)
  const hasCursors = page !== undefined && rows > 0
  return {
    text: page?.text ?? '',
    hasNextPage: request.backwards ? request.before !== undefined : hasMore,
    hasPreviousPage: request.backwards ? hasMore : request.after !== undefined,
    totalCount,
    startCursor: hasCursors ? cursorAt(page.first, 0) : null,
    endCursor: hasCursors ? cursorAt(page.last, rows - 1) : null,
  }
}

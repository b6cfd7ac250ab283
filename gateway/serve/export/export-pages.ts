import { GatewayError, isErrorCode } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { setTimeout as delay } from 'node:timers/promises'
import { authorize, type AuthorizedOperation } from '../../access/index.ts'
import { PROCESS_GATE, type ResponseError } from '../../execute/index.ts'
import type { ParsedOperation } from '../../operation/index.ts'
import type { Supergraph } from '../../supergraph/index.ts'
import { answerOperation, readOperation, type AnswerOptions, type ReadOptions } from '../answer-operation.ts'
import type { ServingGraph, ServingGraphHolder } from '../serving-graph.ts'
import { columnsOf, type CsvColumn } from './csv-columns.ts'
import { buildExportDocument, PAGE_KEY, type ExportDocument } from './export-document.ts'
import type { ExportRequest } from './export-request.ts'
import { assertNestedListsBounded } from './nested-lists.ts'
import { MAX_REASONS, refusalsOf } from './refusals.ts'
import type { RightsWatch } from './rights-watch.ts'

export interface ExportPagesOptions {
  readonly graphs: ServingGraphHolder
  /** Which graph a caller gets; see `ServingGraphHolder.use`. */
  readonly takes: Parameters<ServingGraphHolder['use']>[1]
  readonly request: ExportRequest
  readonly requestId: string
  /** Verifies the token anew. @throws UNAUTHENTICATED */
  readonly authenticate: () => Promise<Principal>
  readonly limits: ReadOptions['limits']
  readonly conceals: boolean
  readonly answering: Omit<AnswerOptions, 'graph' | 'recorder'>
  /** Rows of a page, where contract and budget allow as many. */
  readonly pageRows: number
  readonly watch: RightsWatch
  readonly signal: AbortSignal
  /** Told of an export that is refused before it begins. */
  readonly onRefused: (refused: Pick<ExportPage, 'authorized' | 'supergraph' | 'principal'>) => Promise<void>
}

/** Rows that came together, with what was decided about them. */
export interface ExportPage {
  readonly rows: readonly unknown[]
  readonly authorized: AuthorizedOperation
  readonly supergraph: Supergraph
  readonly principal: Principal
  readonly columns: readonly CsvColumn[]
  /** What a file of it is called. */
  readonly name: string
}

/**
 * The rows of an export, page by page. Every page is an operation of its own on the ordinary way: token, limits,
 * authorization, masks, row filters, cost; nothing is remembered from the page before but the cursor.
 *
 * @throws FORBIDDEN something of it may not be exported; whatever is wrong with one page
 */
export async function* exportPages(options: ExportPagesOptions): AsyncGenerator<ExportPage> {
  const { request, graphs, takes, signal, watch } = options
  const wanted = request.maxRows ?? Infinity
  let size = options.pageRows
  let cursor: string | undefined
  for (let taken = 0; taken < wanted;) {
    signal.throwIfAborted()
    const { page, next, asked } = await withinBudget({ rows: size, hasBegun: cursor !== undefined, signal }, async (rows) => (
      await graphs.use(async (graph) => await PROCESS_GATE.run(async () => await fetchPage(options, graph, { rows: Math.min(rows, wanted - taken), cursor })), takes)
    ))
    watch.signal.throwIfAborted()
    size = asked
    taken += page.rows.length
    yield page
    if (next === undefined) return
    if (next === cursor || page.rows.length === 0) throw new GatewayError('SUBGRAPH_RESPONSE_INVALID', 'a page leads to itself')
    cursor = next
  }
}

/**
 * What one row brings along costs too, so that a page has to be smaller the more is asked of a row. An export that has
 * begun waits for its caller's budget to fill up again, and for a gateway that is busy; one that has not is refused.
 */
async function withinBudget<T>({ rows, hasBegun, signal }: { readonly rows: number; readonly hasBegun: boolean; readonly signal: AbortSignal }, fetch: (rows: number) => Promise<T>): Promise<T> {
  for (let size = rows; ;) {
    try {
      return await fetch(size)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      const { code, details = {} } = error
      const { what, retryAfterSec } = details
      if (code === 'OPERATION_LIMIT_EXCEEDED' && what === 'cost' && size > 1) size = Math.floor(size / 2)
      else if (hasBegun && (code === 'CALLER_BUDGET_EXCEEDED' || code === 'OVERLOADED')) await delay(typeof retryAfterSec === 'number' ? retryAfterSec * 1_000 : BUSY_DELAY_MS, undefined, { signal }).catch(() => { throw signal.reason })
      else throw error
    }
  }
}

const BUSY_DELAY_MS = 2_000

interface Fetched {
  readonly page: ExportPage
  /** Cursor of the last row; undefined: there is no further page. */
  readonly next: string | undefined
  /** Rows that were asked for. */
  readonly asked: number
}

async function fetchPage(options: ExportPagesOptions, graph: ServingGraph, { rows, cursor }: { readonly rows: number; readonly cursor: string | undefined }): Promise<Fetched> {
  const { request, limits, signal, watch, requestId } = options
  if (graph.isEmpty === true) throw new GatewayError('GRAPH_EMPTY', 'nothing has been published yet: publish a domain with `polyseme publish`')
  const principal = await options.authenticate()
  const reading = { graph, limits, ...(options.conceals ? { concealFrom: principal } : {}) }
  const { query, variables, operationName } = request
  const asked = readOperation({ query, variables, operationName, mutationAllowed: true }, reading)
  const document = documentOf(asked, graph.supergraph)
  const first = Math.min(rows, pageRowsOf(document, graph.supergraph))
  const operation = readOperation({
    query: document.text, operationName, mutationAllowed: false,
    variables: { ...variables, [document.variables.rows]: first, ...(cursor === undefined ? {} : { [document.variables.cursor]: cursor }) },
  }, reading)
  const columns = columnsFor(document, operation, graph.supergraph)
  const authorized = authorizeFor(operation, principal, graph)
  if (authorized.denied.length > 0 && cursor === undefined) await options.onRefused({ authorized, principal, supergraph: graph.supergraph })
  assertExportable(operation, authorized, { principal, graph })
  watch.watch(async () => {
    const again = await options.authenticate()
    const now = authorizeFor(operation, again, graph)
    assertExportable(operation, now, { principal: again, graph })
    if (now.accessFingerprint !== authorized.accessFingerprint) throw new GatewayError('FORBIDDEN', 'what you may see has changed since the export began; begin it anew')
  })
  const { data, errors } = await answerOperation(operation, { principal, requestId, signal }, { ...options.answering, graph, use: 'export' })
  signal.throwIfAborted()
  const [error] = errors
  if (error !== undefined) throw toGatewayError(error)
  const { items, next } = readPage(data, document)
  return { page: { rows: items, authorized, principal, supergraph: graph.supergraph, name: document.name, columns }, next, asked: first }
}

// Both are the same for every page of a graph; whoever asks again gets the same operation object.
const documents = new WeakMap<ParsedOperation['operation'], ExportDocument>()

function documentOf(operation: ParsedOperation, supergraph: Supergraph): ExportDocument {
  let document = documents.get(operation.operation)
  if (document === undefined) documents.set(operation.operation, (document = buildExportDocument(operation, supergraph.apiSchema)))
  return document
}

/** @throws BAD_USER_INPUT the rows would be empty, or cut without a word */
function columnsFor({ row }: ExportDocument, { document, variables }: ParsedOperation, supergraph: Supergraph): readonly CsvColumn[] {
  const source = { schema: supergraph.apiSchema, document, variables }
  assertNestedListsBounded(row, source)
  const columns = columnsOf(row, source)
  if (columns.length === 0) throw new GatewayError('BAD_USER_INPUT', 'nothing is selected of a row: `@skip` and `@include` leave no field')
  return columns
}

/** Most rows that the contract of what is listed gives in a page; without a contract nobody knows a bound. */
function pageRowsOf({ row }: ExportDocument, supergraph: Supergraph): number {
  const name = String(row.type).replace('!', '')
  for (const { products } of supergraph.subgraphs.values()) {
    for (const { objects } of products) {
      const object = objects.find(({ typeName }) => typeName === name)
      if (object !== undefined) return object.page.maxRows
    }
  }
  return Infinity
}

function authorizeFor(operation: ParsedOperation, principal: Principal, graph: ServingGraph): AuthorizedOperation {
  return authorize(operation, principal, graph.supergraph, { decider: graph.decider('export') })
}

/** @throws FORBIDDEN with what may not be exported, and why */
function assertExportable(operation: ParsedOperation, authorized: AuthorizedOperation, { principal, graph }: { readonly principal: Principal; readonly graph: ServingGraph }): void {
  if (authorized.denied.length === 0) return
  const coordinates = [...new Set(authorized.denied.map(({ coordinate }) => coordinate))].sort()
  const refused = refusalsOf(graph.explain?.(operation, principal, 'export') ?? [], graph.supergraph.apiSchema)
  throw new GatewayError('FORBIDDEN', `not authorized to export ${refused === '' ? coordinates.slice(0, MAX_REASONS).join(', ') : refused}`, { details: { coordinates } })
}

function toGatewayError({ message, extensions: { code, subgraph } }: ResponseError): GatewayError {
  return new GatewayError(isErrorCode(code) ? code : 'SUBGRAPH_ERROR', message, subgraph === undefined ? {} : { details: { subgraph } })
}

function readPage(data: Readonly<Record<string, unknown>> | null, { path, rowsKey }: ExportDocument): { readonly items: readonly unknown[]; readonly next: string | undefined } {
  let connection: unknown = data
  for (const key of path) connection = memberOf(connection, key)
  const items = memberOf(connection, rowsKey)
  const info = memberOf(connection, PAGE_KEY)
  const next = memberOf(info, 'endCursor')
  // A domain that gave nothing without saying why has not given an empty list.
  if (!Array.isArray(items) || info === null || info === undefined) throw new GatewayError('SUBGRAPH_RESPONSE_INVALID', 'a domain answered without the rows that were asked for')
  if (memberOf(info, 'hasNextPage') !== true) return { items, next: undefined }
  if (typeof next !== 'string') throw new GatewayError('SUBGRAPH_RESPONSE_INVALID', 'a page does not say where the next one begins')
  return { items, next }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined
}

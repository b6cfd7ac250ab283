import { GatewayError } from '@polyseme/kit/errors'
import type { AccessRecording } from '../../usage/index.ts'
import { countRows } from '../../usage/index.ts'
import { OperationErrors } from '../../operation/index.ts'
import { AnswerWriter, canBeCut } from '../answer-writer.ts'
import { authenticate } from '../authenticate.ts'
import { takesCanary } from '../canary.ts'
import { DATA_HEADERS, type Exchange } from '../exchange.ts'
import type { GraphqlRouteOptions } from '../graphql-route.ts'
import type { Route } from '../http-listener.ts'
import { csvHeader, csvLine } from './csv-text.ts'
import { exportPages, type ExportPage } from './export-pages.ts'
import { EXPORT_TYPES, readExportRequest, type ExportRequest } from './export-request.ts'
import { ExportSlots } from './export-slots.ts'
import { RightsWatch } from './rights-watch.ts'

/** What bounds exports. */
export interface ExportLimits {
  /** Exports under way at once in this process; default 8. */
  readonly maxAtOnce?: number
  /** Of those, of one caller; default 2. */
  readonly maxPerCaller?: number
  /** Time for one export; default 3,600,000 ms. */
  readonly deadlineMs?: number
  /** Rows that are fetched at once, where contract and cost allow as many; default 1,000. */
  readonly pageRows?: number
}

export interface ExportRouteOptions extends Pick<GraphqlRouteOptions, 'graphs' | 'tokens' | 'limits' | 'metrics' | 'log' | 'costs' | 'persisted' | 'concealForbidden' | 'recorder' | 'maxBodyBytes' | 'deadlineMs'> {
  readonly exports?: ExportLimits
}

/** Rows of a complete export, in the trailer. */
export const ROWS_TRAILER = 'x-polyseme-rows'

/** `/export`: the rows of one list, all pages, as CSV or one JSON object a line. */
export function exportRoute(options: ExportRouteOptions): Route {
  const { maxAtOnce = 8, maxPerCaller = 2 } = options.exports ?? {}
  const slots = new ExportSlots(maxAtOnce, maxPerCaller)
  return {
    path: '/export',
    handle: async (exchange) => {
      const principal = await authenticate(exchange, options.tokens)
      assertCanBeCut(exchange)
      const request = await readExportRequest(exchange, options.maxBodyBytes ?? 1_048_576)
      options.persisted?.assertRegistered(request.query, { principal, requestId: exchange.requestId })
      using _slot = slots.take(principal)
      await new Export(exchange, request, options).run()
    },
  }
}

class Export {
  readonly #exchange: Exchange
  readonly #request: ExportRequest
  readonly #options: ExportRouteOptions
  readonly #writer: AnswerWriter
  readonly #begunMs = performance.now()
  #recording: AccessRecording | undefined
  #rows = 0
  #rowsInAll = 0

  constructor(exchange: Exchange, request: ExportRequest, options: ExportRouteOptions) {
    this.#exchange = exchange
    this.#request = request
    this.#options = options
    this.#writer = new AnswerWriter(exchange)
  }

  async run(): Promise<void> {
    try {
      await this.#writeAll()
      await this.#recordEnd('answered')
      this.#writer.end({ [ROWS_TRAILER]: String(this.#rows) })
      this.#count('complete')
    } catch (error) {
      // Nothing was sent: it is an error like any other.
      const isRefused = !this.#writer.hasBegun && isOfTheRequest(error)
      this.#count(isRefused ? 'refused' : 'failed')
      if (!this.#writer.hasBegun) throw error
      await this.#break(error)
    }
  }

  async #writeAll(): Promise<void> {
    const { graphs, tokens, limits, exports: { deadlineMs = 3_600_000, pageRows = 1_000 } = {} } = this.#options
    using watch = new RightsWatch()
    const timeIsUp = new AbortController()
    const timer = setTimeout(() => timeIsUp.abort(new GatewayError('DEADLINE_EXCEEDED', `the export took longer than ${deadlineMs} ms`)), deadlineMs)
    const signal = AbortSignal.any([this.#exchange.signal, watch.signal, timeIsUp.signal])
    const reauthenticate = async (): ReturnType<typeof authenticate> => await authenticate(this.#exchange, tokens)
    const principal = await reauthenticate()
    const { costs, deadlineMs: pageDeadlineMs = 30_000 } = this.#options
    const pages = exportPages({
      graphs, limits, watch, signal, pageRows,
      takes: (canary) => takesCanary(canary, principal, this.#exchange.request),
      request: this.#request,
      requestId: this.#exchange.requestId,
      authenticate: reauthenticate,
      conceals: this.#options.concealForbidden ?? false,
      onRefused: async (refused) => await this.#options.recorder?.record({ ...refused, requestId: this.#exchange.requestId, way: 'export', data: null, refused: true, failed: true, durationMs: performance.now() - this.#begunMs }),
      answering: { deadlineMs: pageDeadlineMs, ...(costs === undefined ? {} : { costs }) },
    })
    try {
      for await (const page of pages) await this.#writePage(page, signal)
      signal.throwIfAborted()
    } finally {
      clearTimeout(timer)
    }
  }

  async #writePage(page: ExportPage, signal: AbortSignal): Promise<void> {
    const { format, neutraliseFormulas } = this.#request
    if (!this.#writer.hasBegun) await this.#begin(page, signal)
    // In pieces, so that a page of long rows is never in memory a second time as one text.
    let text = ''
    for (const row of page.rows) {
      text += format === 'csv' ? csvLine(row, page.columns, neutraliseFormulas) : `${JSON.stringify(row)}\n`
      this.#rows += 1
      if (text.length < PIECE_LENGTH) continue
      await this.#writer.write(text, signal)
      text = ''
    }
    this.#rowsInAll += countRows(page.rows, 'all')
    if (text !== '') await this.#writer.write(text, signal)
  }

  /** Nothing is sent before it stands in the audit log that it is. */
  async #begin({ principal, authorized, supergraph, name, columns }: ExportPage, signal: AbortSignal): Promise<void> {
    const { requestId } = this.#exchange
    this.#recording = await this.#options.recorder?.begin({ requestId, way: 'export', principal, authorized, supergraph }, { always: true })
    const { format } = this.#request
    this.#writer.begin(200, {
      ...DATA_HEADERS,
      'content-type': EXPORT_TYPES[format],
      'content-disposition': `attachment; filename="${name}.${format}"`,
      trailer: ROWS_TRAILER,
    })
    if (format === 'csv') await this.#writer.write(csvHeader(columns), signal)
    else this.#exchange.response.flushHeaders()
  }

  async #break(error: unknown): Promise<void> {
    const { log } = this.#options
    const { code, message } = describe(error)
    const left = this.#writer.whoLeft(error)
    log.warn('an export was cut', { requestId: this.#exchange.requestId, code: left ?? code, rows: this.#rows })
    if (code === 'INTERNAL' && left === undefined) log.error('an export failed', { requestId: this.#exchange.requestId }, error)
    try {
      await this.#recordEnd('interrupted')
    } catch (failure) {
      log.error('the end of an export was not recorded', { requestId: this.#exchange.requestId }, failure)
    }
    await this.#writer.cut(this.#request.format === 'ndjson' ? `${JSON.stringify({ error: { code, message } })}\n` : '')
  }

  async #recordEnd(outcome: 'answered' | 'interrupted'): Promise<void> {
    const recording = this.#recording
    this.#recording = undefined
    await recording?.end({ outcome, rows: this.#rowsInAll, durationMs: performance.now() - this.#begunMs })
  }

  #count(outcome: 'complete' | 'refused' | 'failed'): void {
    const { metrics } = this.#options
    metrics.count('polyseme_exports_total', 'Exports by how they ended.', { format: this.#request.format, outcome })
    metrics.count('polyseme_export_rows_total', 'Rows written by exports.', {}, this.#rows)
  }
}

const PIECE_LENGTH = 65_536

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof OperationErrors) return { code: error.code, message: error.errors[0]?.message ?? '' }
  const known = error instanceof GatewayError ? error : new GatewayError('INTERNAL', 'an unexpected error')
  return { code: known.code, message: known.clientMessage }
}

/** What asks wrongly or too much, or may not: nothing of ours has failed. */
function isOfTheRequest(error: unknown): boolean {
  return (error instanceof GatewayError || error instanceof OperationErrors) && error.status >= 400 && error.status < 500
}

function assertCanBeCut(exchange: Exchange): void {
  if (!canBeCut(exchange)) throw new GatewayError('BAD_REQUEST', 'an export needs HTTP/1.1, whose end says whether it is whole; a proxy on the way may speak an older one')
}

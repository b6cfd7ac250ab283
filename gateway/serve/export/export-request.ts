import { GatewayError } from '@polyseme/kit/errors'
import type { Exchange } from '../exchange.ts'
import { readJsonObject } from '../json-body.ts'
import { preferredFormat, type ExportFormat } from './preferred-format.ts'

/** An export as a client asks for it; the query is not looked at yet. */
export interface ExportRequest {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName: string | undefined
  readonly format: ExportFormat
  /** CSV: cells that a spreadsheet would run are made text. */
  readonly neutraliseFormulas: boolean
  /** Most rows that are wanted; undefined: all. */
  readonly maxRows: number | undefined
}

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
}

/**
 * Reads an export from a POST: `{ query, variables, operationName, format, neutraliseFormulas, maxRows }`. The format is
 * `format`, else what `Accept` prefers, else CSV.
 *
 * @throws METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE, NOT_ACCEPTABLE, PAYLOAD_TOO_LARGE, BAD_REQUEST
 */
export async function readExportRequest({ request }: Exchange, maxBodyBytes: number): Promise<ExportRequest> {
  if (request.method !== 'POST') throw new GatewayError('METHOD_NOT_ALLOWED', 'ask for an export with POST', { details: { allow: 'POST' } })
  const body = await readJsonObject(request, maxBodyBytes)
  const unknown = Object.keys(body).find((key) => !FIELDS.includes(key))
  if (unknown !== undefined) throw new GatewayError('BAD_REQUEST', `an export has no \`${printable(unknown)}\`; it takes ${FIELDS.map((name) => `\`${name}\``).join(', ')}`)
  const field = (name: string): unknown => (Object.hasOwn(body, name) ? (body[name] ?? undefined) : undefined)
  const [query, variables = {}, operationName, neutraliseFormulas = true, maxRows] = ['query', 'variables', 'operationName', 'neutraliseFormulas', 'maxRows'].map(field)
  if (typeof query !== 'string' || query.trim() === '') throw new GatewayError('BAD_REQUEST', '`query` must be a GraphQL query as a string')
  if (typeof variables !== 'object' || variables === null || Array.isArray(variables)) throw new GatewayError('BAD_REQUEST', '`variables` must be a JSON object')
  if (operationName !== undefined && typeof operationName !== 'string') throw new GatewayError('BAD_REQUEST', '`operationName` must be a string')
  if (typeof neutraliseFormulas !== 'boolean') throw new GatewayError('BAD_REQUEST', '`neutraliseFormulas` must be true or false')
  if (maxRows !== undefined && !(typeof maxRows === 'number' && Number.isSafeInteger(maxRows) && maxRows > 0)) throw new GatewayError('BAD_REQUEST', '`maxRows` must be a whole number above 0')
  const format = field('format') ?? preferredFormat(request.headers.accept)
  if (format !== 'csv' && format !== 'ndjson') throw new GatewayError('BAD_REQUEST', '`format` must be csv or ndjson')
  return { query, variables: variables as ExportRequest['variables'], operationName, format, neutraliseFormulas, maxRows }
}

const FIELDS: readonly string[] = ['query', 'variables', 'operationName', 'format', 'maxRows', 'neutraliseFormulas']

/** A key of a stranger's, short and without control characters. */
function printable(key: string): string {
  return key.replaceAll(/\p{C}/gu, '?').slice(0, 64)
}

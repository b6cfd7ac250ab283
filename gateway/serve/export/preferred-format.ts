import { GatewayError } from '@polyseme/kit/errors'

export type ExportFormat = 'csv' | 'ndjson'

interface Range {
  readonly type: string
  readonly quality: number
  /** Its place in the header. */
  readonly at: number
}

/** How a format may be named, the exact names first (RFC 9110, section 12.5.1: what is more specific counts). */
const NAMES: Readonly<Record<ExportFormat, readonly (readonly string[])[]>> = {
  csv: [['text/csv'], ['text/*'], ['*/*']],
  ndjson: [['application/x-ndjson', 'application/ndjson'], ['application/*'], ['*/*']],
}

/**
 * The format that `Accept` prefers; of two that are as welcome the one that is named first.
 *
 * @throws NOT_ACCEPTABLE it wants neither
 */
export function preferredFormat(accept: string | undefined): ExportFormat {
  const ranges = (accept ?? '').toLowerCase().split(',').flatMap(readRange)
  if (ranges.length === 0) return 'csv'
  const [best] = (['csv', 'ndjson'] as const).flatMap((format) => {
    const range = rangeOf(format, ranges)
    return range === undefined || range.quality === 0 ? [] : [{ format, range }]
  }).sort((one, other) => other.range.quality - one.range.quality || one.range.at - other.range.at)
  if (best === undefined) throw new GatewayError('NOT_ACCEPTABLE', 'an export is `text/csv` or `application/x-ndjson`: name one of them in `Accept`, or `format` in the body')
  return best.format
}

function rangeOf(format: ExportFormat, ranges: readonly Range[]): Range | undefined {
  for (const names of NAMES[format]) {
    const found = ranges.find(({ type }) => names.includes(type))
    if (found !== undefined) return found
  }
  return undefined
}

function readRange(part: string, at: number): readonly Range[] {
  const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim())
  const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1)
  return type === '' ? [] : [{ type, quality: Number.isFinite(quality) ? quality : 1, at }]
}

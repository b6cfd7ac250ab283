import { invalid, ok, type Diagnostic, type Result } from '../errors/index.ts'

/** A mapping set as SSSOM TSV carries it: every column and every metadata line, known to us or not. */
export interface SssomSet {
  /** The commented YAML header, without the `#`, line by line. */
  readonly metadata: readonly string[]
  readonly columns: readonly string[]
  /** Cells in the order of `columns`; an absent value is the empty text. */
  readonly rows: readonly (readonly string[])[]
}

/** Columns that SSSOM demands of every row. */
export const SSSOM_REQUIRED_COLUMNS = ['subject_id', 'predicate_id', 'object_id', 'mapping_justification'] as const

/** Columns that SSSOM lacks and a governed mapping needs. */
export const SSSOM_EXTENSION_COLUMNS = ['valid_from', 'valid_to', 'recorded_at', 'status'] as const

/** Stops a broken million-row file from producing a million findings. */
const MAX_FINDINGS = 50

/**
 * Reads SSSOM TSV: metadata in lines that begin with `#`, a header line, rows. Cells may be quoted as in CSV.
 * Linear in the length of the text.
 */
export function parseSssom(text: string, file: string): Result<SssomSet> {
  const metadata: string[] = []
  const rows: string[][] = []
  const findings: Diagnostic[] = []
  let columns: readonly string[] | undefined
  for (const { cells, line, comment } of readLines(text)) {
    if (comment !== undefined && columns === undefined) {
      metadata.push(comment)
    } else if (columns === undefined) {
      columns = cells.map((cell) => cell.trim())
      findings.push(...checkColumns(columns, { file, line, column: 1 }))
    } else if (cells.length > 1 || cells[0] !== '') {
      if (cells.length > columns.length && findings.length < MAX_FINDINGS) {
        findings.push({
          rule: 'sssom-row-length',
          severity: 'error',
          what: `${cells.length} cells`,
          expected: `at most ${columns.length}, as the header has`,
          position: { file, line, column: 1 },
        })
      }
      while (cells.length < columns.length) cells.push('')
      rows.push(cells)
    }
  }
  if (columns === undefined)
    findings.push({
      rule: 'sssom-header',
      severity: 'error',
      what: 'the file has no header line',
      expected: SSSOM_REQUIRED_COLUMNS.join(', '),
      position: { file, line: 1, column: 1 },
    })
  return findings.length > 0 || columns === undefined ? invalid(findings) : ok({ metadata, columns, rows })
}

/** Writes what `parseSssom` read; reading it again gives an equal set. */
export function formatSssom(set: SssomSet): string {
  const lines = [...set.metadata.map((line) => `#${line}`), set.columns.join('\t')]
  for (const row of set.rows) lines.push(row.map(formatCell).join('\t'))
  return `${lines.join('\n')}\n`
}

function formatCell(cell: string): string {
  // A leading `#` would make the row a comment for other readers.
  return /["\t\r\n]|^#/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

function checkColumns(
  columns: readonly string[],
  position: { readonly file: string; readonly line: number; readonly column: number },
): readonly Diagnostic[] {
  const missing = SSSOM_REQUIRED_COLUMNS.filter((name) => !columns.includes(name))
  const twice = columns.filter((name, at) => columns.indexOf(name) !== at)
  return [
    ...missing.map((name): Diagnostic => ({
      rule: 'sssom-column-missing',
      severity: 'error',
      what: `column \`${name}\` is missing`,
      expected: SSSOM_REQUIRED_COLUMNS.join(', '),
      position,
    })),
    ...twice.map((name): Diagnostic => ({
      rule: 'sssom-column-twice',
      severity: 'error',
      what: `column \`${name}\` occurs twice`,
      expected: 'once',
      position,
    })),
  ]
}

interface Line {
  readonly cells: string[]
  /** Counts from 1. */
  readonly line: number
  readonly comment?: string
}

function* readLines(text: string): Generator<Line> {
  let at = text.startsWith('\uFEFF') ? 1 : 0
  let line = 1
  while (at < text.length) {
    let end = text.indexOf('\n', at)
    if (end < 0) end = text.length
    const raw = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end)
    if (raw.startsWith('#')) {
      yield { cells: [], line, comment: raw.slice(1) }
    } else if (!raw.includes('"')) {
      yield { cells: raw.split('\t'), line }
    } else {
      const quoted = readQuotedLine(text, at)
      yield { cells: quoted.cells, line }
      line += quoted.newlines
      end = quoted.end
    }
    at = end + 1
    line += 1
  }
}

/** A line with quoted cells, which may hold tabs and line ends. */
function readQuotedLine(text: string, start: number): { readonly cells: string[]; readonly end: number; readonly newlines: number } {
  const cells: string[] = []
  let at = start
  let newlines = 0
  for (;;) {
    let cell = ''
    if (text[at] === '"') {
      let from = at + 1
      for (;;) {
        const quote = text.indexOf('"', from)
        if (quote < 0) {
          cell += text.slice(from)
          at = text.length
          break
        }
        cell += text.slice(from, quote)
        at = quote + 1
        if (text[at] !== '"') break
        cell += '"'
        from = at + 1
      }
      newlines += cell.split('\n').length - 1
    }
    let stop = at
    while (stop < text.length && text[stop] !== '\t' && text[stop] !== '\n') stop += 1
    const rest = text.slice(at, text[stop] !== '\t' && text[stop - 1] === '\r' && stop > at ? stop - 1 : stop)
    cells.push(cell + rest)
    at = stop
    if (text[at] !== '\t') return { cells, end: at, newlines }
    at += 1
  }
}

import { invalid, ok, type Diagnostic, type Result } from '../errors/index.ts'
import type { SenseName } from './concept.ts'
import { decodeEntityKey, encodeEntityKey } from './entity-key.ts'
import type { IncomingStatement, Provenance } from './link.ts'
import { MAPPING_STATUSES, PREDICATES, type Mapping, type MappingStatus, type Predicate } from './mapping.ts'
import type { SssomSet } from './sssom.ts'

const MAX_FINDINGS = 50

/** The statements of a link table, checked against the mapping it belongs to; `file` is for findings and as the source. */
export function readLinks(set: SssomSet, mapping: Mapping, file: string): Result<readonly IncomingStatement[]> {
  const reader = new RowReader(set, mapping, file)
  const statements: IncomingStatement[] = []
  for (const [at, row] of set.rows.entries()) {
    const statement = reader.read(row, at)
    if (statement !== undefined) statements.push(statement)
    if (reader.findings.length >= MAX_FINDINGS) break
  }
  return reader.findings.length > 0 ? invalid(reader.findings) : ok(statements)
}

class RowReader {
  readonly findings: Diagnostic[] = []
  readonly #columns: ReadonlyMap<string, number>
  readonly #mapping: Mapping
  readonly #file: string
  readonly #moments = new Map<string, number | undefined>()
  /** Rows share few provenances; one object each. */
  readonly #provenances = new Map<string, Provenance>()

  constructor(set: SssomSet, mapping: Mapping, file: string) {
    this.#columns = new Map(set.columns.map((name, at) => [name, at]))
    this.#mapping = mapping
    this.#file = file
  }

  read(row: readonly string[], at: number): IncomingStatement | undefined {
    const before = this.findings.length
    const from = this.#key(row, 'subject_id', this.#mapping.from, at)
    const none = this.#cell(row, 'object_id') === 'sssom:NoTermFound'
    const to = none ? undefined : this.#key(row, 'object_id', this.#mapping.to, at)
    const statement: Omit<IncomingStatement, 'from' | 'to'> = {
      predicate: this.#predicate(row, at),
      negative: this.#negative(row, at),
      confidence: this.#confidence(row, at),
      status: this.#status(row, at),
      validFromMs: this.#moment(row, 'valid_from', at) ?? -Infinity,
      validToMs: this.#moment(row, 'valid_to', at) ?? Infinity,
      recordedAtMs: this.#moment(row, 'recorded_at', at) ?? this.#moment(row, 'mapping_date', at),
      provenance: this.#provenance(row),
    }
    if (statement.validFromMs >= statement.validToMs)
      this.#report(at, 'valid_to', 'the link ends before it begins', '`valid_from` before `valid_to`')
    return from === undefined || this.findings.length > before ? undefined : { from, to, ...statement }
  }

  #cell(row: readonly string[], column: string): string {
    const at = this.#columns.get(column)
    return at === undefined ? '' : (row[at] ?? '')
  }

  #key(row: readonly string[], column: string, sense: SenseName, at: number): string | undefined {
    const id = this.#cell(row, column)
    const prefix = `${sense}:`
    const key = id.slice(prefix.length)
    if (id.startsWith(prefix) && /^[\w.~-]+$/u.test(key)) return key
    const parts = id.startsWith(prefix) ? decodeEntityKey(key) : undefined
    // Written anew: one key must not have two spellings, as `a b` and `a%20b` would be.
    if (parts !== undefined) return encodeEntityKey(parts)
    this.#report(at, column, 'not an id of this mapping', `\`${prefix}<key>\``)
    return undefined
  }

  #predicate(row: readonly string[], at: number): Predicate {
    const text = this.#cell(row, 'predicate_id')
    const found = text === '' ? this.#mapping.predicate : PREDICATES.find((predicate) => text === `skos:${predicate}`)
    if (found === undefined)
      this.#report(at, 'predicate_id', 'an unknown predicate', PREDICATES.map((predicate) => `skos:${predicate}`).join(', '))
    return found ?? this.#mapping.predicate
  }

  #negative(row: readonly string[], at: number): boolean {
    const text = this.#cell(row, 'predicate_modifier')
    if (text !== '' && text !== 'Not') this.#report(at, 'predicate_modifier', 'an unknown modifier', '`Not` or nothing')
    return text === 'Not'
  }

  #confidence(row: readonly string[], at: number): number {
    const text = this.#cell(row, 'confidence')
    if (text === '') return this.#mapping.confidence
    const value = Number(text)
    if (value >= 0 && value <= 1) return value
    this.#report(at, 'confidence', 'not a confidence', 'a number from 0 to 1')
    return 0
  }

  #status(row: readonly string[], at: number): MappingStatus {
    const text = this.#cell(row, 'status')
    if (text === '') return 'approved'
    const found = MAPPING_STATUSES.find((status) => status === text)
    if (found === undefined) this.#report(at, 'status', 'an unknown status', MAPPING_STATUSES.join(', '))
    return found ?? 'rejected'
  }

  #moment(row: readonly string[], column: string, at: number): number | undefined {
    const text = this.#cell(row, column)
    if (text === '') return undefined
    const known = this.#moments.get(text)
    if (known !== undefined) return known
    const ms = parseMoment(text)
    if (ms === undefined) this.#report(at, column, 'not a moment', 'ISO 8601 with an offset, or a date')
    else if (this.#moments.size < 100_000) this.#moments.set(text, ms)
    return ms
  }

  #provenance(row: readonly string[]): Provenance {
    const justification = this.#cell(row, 'mapping_justification')
    const author = this.#cell(row, 'author_id') || this.#cell(row, 'author_label')
    const reviewer = this.#cell(row, 'reviewer_id') || this.#cell(row, 'reviewer_label')
    const comment = this.#cell(row, 'comment')
    const source = this.#cell(row, 'mapping_source') || this.#cell(row, 'mapping_tool') || this.#file
    const id = [justification, author, reviewer, comment, source].join('\t')
    const known = this.#provenances.get(id)
    if (known !== undefined) return known
    const provenance: Provenance = {
      justification: justification || this.#mapping.justification,
      source,
      ...(author === '' ? {} : { author }),
      ...(reviewer === '' ? {} : { reviewer }),
      ...(comment === '' ? {} : { comment }),
    }
    if (this.#provenances.size < 100_000) this.#provenances.set(id, provenance)
    return provenance
  }

  #report(at: number, column: string, what: string, expected: string): void {
    // Never the cell itself: link tables hold keys of records. Rows count from the first after the header.
    this.findings.push({
      rule: `sssom-${column.replaceAll('_', '-')}`,
      severity: 'error',
      what: `\`${column}\` of row ${at + 1} is ${what}`,
      expected,
      position: { file: this.#file, line: at + 1, column: 1 },
    })
  }
}

/** Milliseconds since 1970 of an ISO 8601 date (midnight UTC) or moment with an offset; undefined for anything else. */
export function parseMoment(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2}))?$/u.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

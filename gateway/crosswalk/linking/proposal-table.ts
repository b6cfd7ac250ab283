import {
  isFromMany,
  isToMany,
  SSSOM_EXTENSION_COLUMNS,
  SSSOM_REQUIRED_COLUMNS,
  type Cardinality,
  type MappingStatus,
  type Predicate,
  type SenseName,
  type SssomSet,
} from '@polyseme/kit/lexicon'
import type { Contribution, Proposal } from './propose-links.ts'

/** What the machine calls itself in `mapping_tool`; only its own open proposals does it ever revise. */
export const LINKING_TOOL = 'polyseme link propose'

const COLUMNS = [
  ...SSSOM_REQUIRED_COLUMNS,
  'predicate_modifier',
  'confidence',
  'mapping_date',
  'author_id',
  'reviewer_id',
  'mapping_tool',
  'comment',
  ...SSSOM_EXTENSION_COLUMNS,
]

export interface ProposalPolicy {
  readonly from: SenseName
  readonly to: SenseName
  readonly predicate: Predicate
  readonly cardinality: Cardinality
  /** At or above: approved at once; above 1: never. */
  readonly approveAbove: number
  /** Below: not written. */
  readonly proposeAbove: number
  /** ISO moment. */
  readonly now: string
}

export interface MergedProposals {
  readonly set: SssomSet
  readonly proposed: number
  readonly approved: number
  /** Proposals that are no longer likely. */
  readonly withdrawn: number
  /** Pairs and records about which the table already says something that is not for a machine to change. */
  readonly decided: number
}

/** A link table's rows by name; cells that are not there are empty. */
export interface TableRow {
  readonly subject: string
  readonly object: string
  readonly status: MappingStatus
  readonly negative: boolean
  readonly confidence: number
  readonly tool: string
  readonly comment: string
  readonly recordedAt: string
}

/**
 * Adds proposals to a link table. No row is changed or removed: what was decided stays, an own proposal that was not
 * decided gets a later row when its probability moved, and one that is no longer likely is superseded.
 */
export function mergeProposals(existing: SssomSet | undefined, proposals: readonly Proposal[], policy: ProposalPolicy): MergedProposals {
  const columns =
    existing === undefined ? COLUMNS : [...existing.columns, ...COLUMNS.filter((column) => !existing.columns.includes(column))]
  const latest = new Map<string, TableRow>(
    existing === undefined ? [] : latestRows(existing).map((row) => [`${row.subject}\t${row.object}`, row]),
  )
  const settled = settledRecords([...latest.values()], policy.cardinality)
  const rows: string[][] = (existing?.rows ?? []).map((row) => columns.map((_, at) => row[at] ?? ''))
  const counts = { proposed: 0, approved: 0, withdrawn: 0, decided: 0 }
  const write = (cells: Readonly<Record<string, string>>): void => {
    rows.push(columns.map((column) => cells[column] ?? ''))
  }
  const seen = new Set<string>()
  for (const proposal of proposals) {
    if (proposal.probability < policy.proposeAbove) continue
    const [subject, object] = [`${policy.from}:${proposal.from}`, `${policy.to}:${proposal.to}`]
    const pair = `${subject}\t${object}`
    seen.add(pair)
    const known = latest.get(pair)
    const isOwnOpen = known?.status === 'proposed' && known.tool === LINKING_TOOL
    if (
      (known !== undefined && known.status !== 'superseded' && !isOwnOpen) ||
      (known === undefined && (settled.has(subject) || settled.has(object)))
    ) {
      counts.decided += 1
      continue
    }
    const isApproved = proposal.probability >= policy.approveAbove
    const confidence = proposal.probability.toFixed(4)
    if (isOwnOpen && !isApproved && Math.abs(known.confidence - Number(confidence)) < 0.005) continue
    counts[isApproved ? 'approved' : 'proposed'] += 1
    write(
      rowOf(
        { subject, object, confidence, comment: formatContributions(proposal.contributions), status: isApproved ? 'approved' : 'proposed' },
        policy,
      ),
    )
  }
  for (const [pair, row] of latest) {
    if (row.status !== 'proposed' || row.tool !== LINKING_TOOL || seen.has(pair)) continue
    counts.withdrawn += 1
    write(
      rowOf(
        { subject: row.subject, object: row.object, confidence: row.confidence.toFixed(4), comment: row.comment, status: 'superseded' },
        policy,
      ),
    )
  }
  return { set: { metadata: existing?.metadata ?? metadataOf(policy), columns, rows }, ...counts }
}

/** Each pair's row that counts: the one recorded last. */
export function latestRows(set: SssomSet): readonly TableRow[] {
  const at = new Map(set.columns.map((column, index) => [column, index]))
  const latest = new Map<string, TableRow>()
  for (const row of set.rows) {
    const cell = (column: string): string => row[at.get(column) ?? -1] ?? ''
    const read: TableRow = {
      subject: cell('subject_id'),
      object: cell('object_id'),
      status: (cell('status') || 'approved') as MappingStatus,
      negative: cell('predicate_modifier') === 'Not',
      confidence: cell('confidence') === '' ? 1 : Number(cell('confidence')),
      tool: cell('mapping_tool'),
      comment: cell('comment'),
      recordedAt: cell('recorded_at') || cell('mapping_date'),
    }
    const pair = `${read.subject}\t${read.object}`
    const known = latest.get(pair)
    if (known === undefined || known.recordedAt <= read.recordedAt) latest.set(pair, read)
  }
  return [...latest.values()]
}

/** Adds a person's decision about a pair as a row of its own. */
export function decide(
  set: SssomSet,
  row: TableRow,
  decision: { readonly status: 'approved' | 'rejected'; readonly negative: boolean; readonly reviewer: string; readonly now: string },
): SssomSet {
  const columns = [...set.columns, ...COLUMNS.filter((column) => !set.columns.includes(column))]
  const at = (column: string): number => set.columns.indexOf(column)
  const source = set.rows.findLast((cells) => cells[at('subject_id')] === row.subject && cells[at('object_id')] === row.object) ?? []
  const changed: Readonly<Record<string, string>> = {
    status: decision.status,
    reviewer_id: decision.reviewer,
    recorded_at: decision.now,
    mapping_date: decision.now.slice(0, 10),
    ...(decision.negative ? { predicate_modifier: 'Not', confidence: '1' } : {}),
  }
  const rows = set.rows.map((cells) => columns.map((_, index) => cells[index] ?? ''))
  return { metadata: set.metadata, columns, rows: [...rows, columns.map((column, index) => changed[column] ?? source[index] ?? '')] }
}

/** `name same +14.2, phone missing 0.0`: what the reviewer reads and `link evaluate` counts. No values of records. */
export function formatContributions(contributions: readonly Contribution[]): string {
  return contributions
    .map(({ comparison, level, weight }) => `${comparison}: ${level} ${weight >= 0 ? '+' : '−'}${Math.abs(weight).toFixed(1)}`)
    .join('; ')
}

/** The contributions that a comment holds; empty for a comment of somebody else. */
export function parseContributions(comment: string): readonly Contribution[] {
  return comment.split('; ').flatMap((part) => {
    const match = /^([^:]+): (.+) ([+−])(\d+\.\d)$/u.exec(part)
    const [, comparison, level, sign, bits] = match ?? []
    return comparison === undefined || level === undefined ? [] : [{ comparison, level, weight: (sign === '+' ? 1 : -1) * Number(bits) }]
  })
}

/** Records that have an approved counterpart and may have no other, and those that are known to have none. */
function settledRecords(rows: readonly TableRow[], cardinality: Cardinality): ReadonlySet<string> {
  const settled = new Set<string>()
  for (const { subject, object, status, negative } of rows) {
    if (status !== 'approved' || negative) continue
    if (object === 'sssom:NoTermFound' || !isToMany(cardinality)) settled.add(subject)
    if (!isFromMany(cardinality)) settled.add(object)
  }
  return settled
}

function rowOf(
  row: {
    readonly subject: string
    readonly object: string
    readonly confidence: string
    readonly comment: string
    readonly status: MappingStatus
  },
  { predicate, now }: ProposalPolicy,
): Readonly<Record<string, string>> {
  return {
    subject_id: row.subject,
    predicate_id: `skos:${predicate}`,
    object_id: row.object,
    mapping_justification: 'semapv:CompositeMatching',
    confidence: row.confidence,
    mapping_date: now.slice(0, 10),
    mapping_tool: LINKING_TOOL,
    comment: row.comment,
    recorded_at: now,
    status: row.status,
  }
}

function metadataOf({ from, to }: ProposalPolicy): readonly string[] {
  return [
    `mapping_set_id: urn:links:${from}--${to}`,
    'license: https://creativecommons.org/publicdomain/zero/1.0/',
    'curie_map:',
    ...[from, to].map((sense) => `  ${sense}: "urn:sense:${sense}:"`),
    '  skos: "http://www.w3.org/2004/02/skos/core#"',
    '  semapv: "https://w3id.org/semapv/vocab/"',
    '  sssom: "https://w3id.org/sssom/"',
  ]
}

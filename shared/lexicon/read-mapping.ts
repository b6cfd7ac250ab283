import type { SenseName } from './concept.ts'
import type { ObjectReader } from './document-reader.ts'
import { CARDINALITIES, DEFAULT_MAX_SHARING, MAPPING_STATUSES, PREDICATES, type Mapping, type MappingRule } from './mapping.ts'
import { NORMALIZERS, type NormalizerName } from './normalizers/index.ts'
import { parseSenseName, readId, readPerson } from './read-concept.ts'

/** Reads a `kind: Mapping` document; undefined when something essential is missing (reported). */
export function readMapping(reader: ObjectReader): Mapping | undefined {
  const id = readId(reader)
  const from = readSenseName(reader, 'from')
  const to = readSenseName(reader, 'to')
  const predicate = reader.word('predicate', PREDICATES)
  const cardinality = reader.word('cardinality', CARDINALITIES)
  const definition = reader.text('definition', 'optional')
  const rule = readRule(reader)
  const confidence = reader.share('confidence', 1) ?? 1
  const justification = reader.text('justification', 'required')
  const author = readPerson(reader, 'author')
  const reviewer = readPerson(reader, 'reviewer')
  const status = reader.word('status', MAPPING_STATUSES, 'approved')
  const validFrom = reader.moment('validFrom', 'optional')
  const validTo = reader.moment('validTo', 'optional')
  const autoApprove = reader.share('autoApprove', undefined)
  reader.finish()
  if (id === undefined || from === undefined || to === undefined || predicate === undefined || cardinality === undefined) return undefined
  if (rule === undefined || justification === undefined || status === undefined) return undefined
  return {
    id,
    from,
    to,
    predicate,
    cardinality,
    rule,
    confidence,
    justification,
    status,
    ...(definition === undefined ? {} : { definition }),
    ...(author === undefined ? {} : { author }),
    ...(reviewer === undefined ? {} : { reviewer }),
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validTo === undefined ? {} : { validTo }),
    ...(autoApprove === undefined ? {} : { autoApprove }),
    position: reader.position,
  }
}

function readSenseName(reader: ObjectReader, key: string): SenseName | undefined {
  const text = reader.text(key, 'required')
  if (text === undefined) return undefined
  const name = parseSenseName(text)
  if (name === undefined) reader.report('lexicon-sense-form', `\`${key}\` is \`${text}\``, '`<domain>.<Object>`: `sales.Customer`')
  return name
}

const RULES = '{ table } | { sharedIdentifier: { from, to } } | { normalizedValue: { normalizer, from, to } } | { lifecycle: { table } }'

function readRule(reader: ObjectReader): MappingRule | undefined {
  const rule = reader.object('rule', 'required')
  if (rule === undefined) return undefined
  const found: MappingRule[] = []
  if (rule.has('table')) {
    const table = readTableName(rule)
    if (table !== undefined) found.push({ kind: 'table', table })
  }
  const lifecycle = rule.object('lifecycle', 'optional')
  if (lifecycle !== undefined) {
    const table = readTableName(lifecycle)
    lifecycle.finish()
    if (table !== undefined) found.push({ kind: 'lifecycle', table })
  }
  const shared = rule.object('sharedIdentifier', 'optional')
  if (shared !== undefined) {
    const pair = readFieldPair(shared)
    shared.finish()
    if (pair !== undefined) found.push({ kind: 'sharedIdentifier', ...pair })
  }
  const normalized = rule.object('normalizedValue', 'optional')
  if (normalized !== undefined) {
    const normalizer = normalized.word('normalizer', Object.keys(NORMALIZERS) as NormalizerName[])
    const pair = readFieldPair(normalized)
    normalized.finish()
    if (normalizer !== undefined && pair !== undefined) found.push({ kind: 'normalizedValue', normalizer, ...pair })
  }
  rule.finish()
  const [only] = found
  if (found.length === 1) return only
  rule.report('lexicon-rule-form', `\`rule\` holds ${found.length} rules`, `exactly one of ${RULES}`)
  return undefined
}

/** A bare file name: a path could leave the folder of link tables. */
function readTableName(reader: ObjectReader): string | undefined {
  const table = reader.text('table', 'required')
  if (table === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]*\.tsv$/u.test(table)) return table
  reader.report('lexicon-table-form', `\`table\` is \`${table}\``, 'the name of a `.sssom.tsv` file in the folder `links`, without a path')
  return undefined
}

function readFieldPair(reader: ObjectReader): { from: readonly string[]; to: readonly string[]; maxSharing: number } | undefined {
  const from = reader.texts('from')
  const to = reader.texts('to')
  const maxSharing = Number(reader.text('maxSharing', 'optional') ?? DEFAULT_MAX_SHARING)
  if (!Number.isInteger(maxSharing) || maxSharing < 1)
    reader.report('lexicon-wrong-form', '`maxSharing` is no count', 'a whole number from 1')
  if (from.length > 0 && from.length === to.length) return { from, to, maxSharing }
  reader.report(
    'lexicon-rule-form',
    `\`from\` names ${from.length} fields and \`to\` ${to.length}`,
    'the same number of fields, at least one, on both sides',
  )
  return undefined
}

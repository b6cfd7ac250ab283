import type { QualityMeasure } from '../contract/index.ts'
import { inspectSelect, quoteIdentifier, type Source, type SourceTable, type SqlStatement } from '../source/index.ts'
import { NotMeasurable } from './measure-sql.ts'

/**
 * The statement that runs a contract's own query as it is written: its table names are those of the contract's objects
 * and of nothing else, because the names are defined around it.
 * Row filters do not apply: a promise is about all rows.
 *
 * @param typeName the object at which the rule stands
 * @throws NotMeasurable the query could do more than read and compute, or reads something else
 */
export async function buildRuleQuery(measure: QualityMeasure & { readonly kind: 'sql' }, source: Source, typeName: string): Promise<SqlStatement> {
  const own = source.tables.get(typeName)
  if (own === undefined) throw new TypeError(`the source has no table for ${typeName}`)
  const text = measure.query.map((part) => (typeof part === 'string' ? part : quoteIdentifier(nameOf(part, own)))).join('')
  const inspected = await inspectSelect(text)
  if (inspected.kind === 'refused') throw new NotMeasurable(inspected.reason)
  const definitions = new Map<string, string>()
  for (const name of inspected.tables) {
    const relation = findTable(source, own, name)?.relation
    if (relation === undefined && !inspected.defined.has(name.toLowerCase())) throw new NotMeasurable(`the query reads ${name}, which is no object of the contract`)
    // A name that the query defines may stand where its own definition does not reach; there it has no rows.
    const rows = relation === undefined ? 'SELECT NULL WHERE FALSE' : `SELECT * FROM ${relation} AS t`
    for (const spelling of spellings(source, name)) definitions.set(spelling, rows)
  }
  const around = [...definitions].map(([name, rows]) => `${quoteIdentifier(name)} AS NOT MATERIALIZED (${rows})`)
  // Two rows tell that there is more than one.
  return { text: `WITH ${[...around, `${ANSWER}(v) AS (\n${text}\n)`].join(', ')} SELECT CAST(q.v AS VARCHAR) FROM ${ANSWER} AS q LIMIT 2`, values: [] }
}

/** No object of a contract is called so. */
const ANSWER = quoteIdentifier('polyseme answer')

function nameOf(part: { readonly kind: 'object' } | { readonly kind: 'field'; readonly field: string }, table: SourceTable): string {
  if (part.kind === 'object') return table.object.physicalName
  return table.object.properties.find(({ field }) => field === part.field)?.physicalName ?? part.field
}

/** An object by its name in the contract or in the data; the one at which the rule stands before others of the name. */
function findTable(source: Source, own: SourceTable, name: string): SourceTable | undefined {
  const wanted = name.toLowerCase()
  return [own, ...source.tables.values()].find(({ object }) => [object.physicalName, object.name, object.typeName].some((known) => known.toLowerCase() === wanted))
}

function spellings({ dialect }: Source, name: string): readonly string[] {
  return dialect.ignoresCase ? [name.toLowerCase()] : [...new Set([name, name.toLowerCase()])]
}

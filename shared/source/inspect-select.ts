import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

/** What a query that somebody else wrote would do if it ran, found without running it. */
export type InspectedQuery =
  | {
      readonly kind: 'select'
      /** Every name after `FROM` and `JOIN`, without repetition; which of several definitions it means is not said. */
      readonly tables: readonly string[]
      /** Names that the query defines itself, by `WITH`; lower case. */
      readonly defined: ReadonlySet<string>
    }
  /** `reason` completes "it is not run, because …". */
  | { readonly kind: 'refused'; readonly reason: string }

const MAX_QUERY_CHARACTERS = 20_000

/**
 * Accepts a query that is one SELECT over plain table names, whose functions only compute, and that gives one column.
 *
 * Read by DuckDB's own parser, whose grammar is PostgreSQL's; what the two lexers read differently (comments, escapes,
 * dollar quotes) is refused, so what was checked is what runs on either engine. Nothing is executed.
 */
export async function inspectSelect(text: string): Promise<InspectedQuery> {
  if (text.length > MAX_QUERY_CHARACTERS) return refused(`the query has more than ${MAX_QUERY_CHARACTERS} characters`)
  const unclear = findUnclearText(text)
  if (unclear !== undefined) return refused(`the query holds ${unclear}`)
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', enable_external_access: 'false', lock_configuration: 'true' })
  try {
    const connection = await instance.connect()
    // The parser itself writes `main` before functions that stand for SQL's own syntax, such as TRIM.
    return inspectTree(await parseTree(connection, text), /\bmain\b/i.test(text) ? [''] : ['', 'main'])
  } finally {
    instance.closeSync()
  }
}

/** What is looked for outside quoted texts and names, which are replaced by `''` first. */
const UNCLEAR: readonly (readonly [RegExp, string])[] = [
  [/--|\/\*/, 'a comment'],
  [/\$/, 'a dollar sign'],
  [/(?:^|[^A-Za-z0-9_])(?:[EeBbXxNn]|[Uu]&)''/, 'a text with a prefix'],
]

function findUnclearText(text: string): string | undefined {
  if (text.includes('\\')) return 'a backslash'
  if (/(?![\t\n\r])[\p{Cc}\p{Cf}]/u.test(text)) return 'an invisible character'
  const bare = text.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, "''")
  return UNCLEAR.find(([pattern]) => pattern.test(bare))?.[1]
}

type Tree = Readonly<Record<string, unknown>>

async function parseTree(connection: DuckDBConnection, text: string): Promise<Tree> {
  const prepared = await connection.prepare('SELECT json_serialize_sql(CAST($1 AS VARCHAR))')
  prepared.bindVarchar(1, text)
  const reader = await prepared.runAndReadAll()
  prepared.destroySync()
  const [[tree] = []] = reader.getRowsJS()
  if (typeof tree !== 'string') throw new TypeError('json_serialize_sql gives text')
  return JSON.parse(tree) as Tree
}

function inspectTree(tree: Tree, functionSchemas: readonly string[]): InspectedQuery {
  if (tree['error'] === true) return refused(tree['error_type'] === 'parser' ? 'the query is not SQL that both engines read alike' : 'the query is not a SELECT')
  const statements = tree['statements']
  const [statement] = isList(statements) ? statements : []
  if (!isList(statements) || statements.length !== 1 || !isTree(statement)) return refused('the query is not a single statement')
  const found: Findings = { tables: new Set(), defined: new Set(), functionSchemas, reason: undefined }
  visit(statement, found)
  if (found.reason !== undefined) return refused(found.reason)
  if (!givesOneColumn(statement['node'])) return refused('the query gives more than one column')
  return { kind: 'select', tables: [...found.tables], defined: found.defined }
}

interface Findings {
  readonly tables: Set<string>
  readonly defined: Set<string>
  readonly functionSchemas: readonly string[]
  reason: string | undefined
}

// Whatever is not known is refused: a new kind of node in a later version is no way around.
const QUERY_NODES: ReadonlySet<unknown> = new Set(['SELECT_NODE', 'SET_OPERATION_NODE', 'CTE_NODE'])
const TABLE_NODES: ReadonlySet<unknown> = new Set(['BASE_TABLE', 'JOIN', 'SUBQUERY', 'EMPTY', 'EXPRESSION_LIST'])
const EXPRESSION_CLASSES: ReadonlySet<unknown> = new Set([
  'BETWEEN', 'CASE', 'CAST', 'COLLATE', 'COLUMN_REF', 'COMPARISON', 'CONJUNCTION', 'CONSTANT', 'FUNCTION', 'OPERATOR', 'STAR', 'SUBQUERY', 'WINDOW',
])

function visit(value: unknown, found: Findings): void {
  if (isList(value)) for (const entry of value) visit(entry, found)
  if (!isTree(value) || found.reason !== undefined) return
  found.reason = judgeNode(value, found)
  if (value['type'] === 'BASE_TABLE') found.tables.add(String(value['table_name']))
  for (const [key, member] of Object.entries(value)) {
    if (key === 'cte_map' && isTree(member) && isList(member['map'])) {
      for (const entry of member['map']) if (isTree(entry)) found.defined.add(String(entry['key']).toLowerCase())
    }
    // The value of a constant is data, whatever its members are called.
    if (!(value['class'] === 'CONSTANT' && key === 'value') && key !== 'cast_type') visit(member, found)
  }
}

function judgeNode(node: Tree, found: Findings): string | undefined {
  if ('class' in node) return judgeExpression(node, found)
  if ('select_list' in node || 'setop_type' in node || 'cte_name' in node) return judgeQuery(node)
  if ('sample' in node && 'alias' in node) return judgeTable(node)
  return undefined
}

function judgeQuery(node: Tree): string | undefined {
  if (!QUERY_NODES.has(node['type'])) return 'the query is recursive'
  return (node['sample'] ?? null) === null ? undefined : 'the query takes a sample'
}

function judgeTable(node: Tree): string | undefined {
  if (!TABLE_NODES.has(node['type'])) return 'the query reads something else than tables'
  if (node['type'] === 'BASE_TABLE' && (node['schema_name'] !== '' || node['catalog_name'] !== '')) return 'the query names a schema; write {object}, or the bare name'
  return node['sample'] === null ? undefined : 'the query takes a sample'
}

function judgeExpression(node: Tree, { functionSchemas }: Findings): string | undefined {
  if (!EXPRESSION_CLASSES.has(node['class'])) return 'the query holds a parameter, or something that not both engines have'
  if (node['class'] !== 'FUNCTION' && node['class'] !== 'WINDOW') return undefined
  const name = String(node['function_name']).toLowerCase()
  const isPlain = functionSchemas.includes(String(node['schema'])) && node['catalog'] === ''
  return isPlain && (node['is_operator'] === true || COMPUTING_FUNCTIONS.has(name)) ? undefined : `the query calls ${name}, which is not among the functions that only compute`
}

function givesOneColumn(node: unknown): boolean {
  if (!isTree(node)) return false
  if (node['type'] === 'SET_OPERATION_NODE') return isList(node['children']) ? node['children'].every(givesOneColumn) : givesOneColumn(node['left']) && givesOneColumn(node['right'])
  if (node['type'] === 'CTE_NODE') return givesOneColumn(node['child'])
  const list = node['select_list']
  return isList(list) && list.length === 1 && isTree(list[0]) && list[0]['class'] !== 'STAR'
}

/** Functions that give the same for the same arguments and touch nothing else; the clock is the one exception. */
const COMPUTING_FUNCTIONS: ReadonlySet<string> = new Set([
  'abs', 'age', 'any_value', 'array_agg', 'avg', 'bit_length', 'bool_and', 'bool_or', 'btrim', 'ceil', 'ceiling', 'char_length', 'character_length',
  'coalesce', 'concat', 'concat_ws', 'contains', 'corr', 'count', 'count_star', 'current_date', 'current_timestamp', 'date_diff', 'date_part', 'date_trunc', 'datediff', 'day',
  'dense_rank', 'ends_with', 'epoch', 'every', 'exp', 'extract', 'first', 'first_value', 'floor', 'get_current_timestamp', 'greatest', 'hour', 'ifnull', 'initcap',
  'isfinite', 'lag', 'last', 'last_value', 'lcase', 'lead', 'least', 'left', 'length', 'ln', 'log', 'lower', 'lpad', 'ltrim', 'max', 'md5', 'median',
  'min', 'minute', 'mod', 'mode', 'month', 'not_like_escape', 'like_escape', 'now', 'ntile', 'nullif', 'octet_length', 'overlay', 'percent_rank', 'percentile_cont',
  'percentile_disc', 'position', 'pow', 'power', 'prefix', 'quantile_cont', 'quantile_disc', 'quarter', 'rank', 'regexp_full_match', 'regexp_matches',
  'regexp_replace', 'replace', 'reverse', 'right', 'round', 'row_number', 'rpad', 'rtrim', 'second', 'sign', 'split_part', 'sqrt', 'starts_with',
  'stddev', 'stddev_pop', 'stddev_samp', 'string_agg', 'strlen', 'strpos', 'substr', 'substring', 'suffix', 'sum', 'timezone', 'to_char', 'to_date', 'to_number',
  'to_timestamp', 'today', 'translate', 'trim', 'trunc', 'ucase', 'upper', 'var_pop', 'var_samp', 'variance', 'week', 'year',
])

function refused(reason: string): InspectedQuery {
  return { kind: 'refused', reason }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

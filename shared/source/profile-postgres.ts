import { Client } from 'pg'
import type { ColumnProfile, DataProfile, ForeignKeyProfile } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import { profileTables, type ProfiledTable, type ProfileEngine } from './profile-tables.ts'
import { quoteIdentifier, quoteText } from './sql-statement.ts'

export interface ProfilePostgresOptions {
  /** Default `public`. */
  readonly schema?: string
  /** Only these tables or views; default: all tables of the schema. */
  readonly tables?: readonly string[]
  readonly signal?: AbortSignal
}

const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 120_000

/**
 * Counts what is in the tables of a PostgreSQL schema, read-only; keys, references, comments and enums as declared there.
 *
 * The profile holds host, port, database and schema of the address, never user or password.
 *
 * @throws CONFIG_INVALID the address can't be read, the server can't be reached, or a table is not there.
 */
export async function profilePostgres(address: string, options: ProfilePostgresOptions = {}): Promise<DataProfile> {
  const { schema = 'public', signal } = options
  const url = parseAddress(address)
  const client = new Client({
    connectionString: address,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'polyseme',
  })
  // The server may close the connection; the statement that runs then fails by itself.
  client.on('error', () => undefined)
  const abort = (): void => void client.end().catch(() => undefined)
  try {
    await client.connect()
    signal?.addEventListener('abort', abort, { once: true })
    await client.query('BEGIN TRANSACTION READ ONLY')
    const engine: ProfileEngine = {
      query: async (text) => (await client.query<unknown[]>({ text, rowMode: 'array' })).rows,
      asText: (expression) => `CAST(${expression} AS text)`,
      matches: (text, pattern) => `${text} ~ ${quoteText(pattern)}`,
      // Views have no pages to sample, so what both have is a condition that keeps the same rows each time.
      sample: (relation, percent) =>
        `SELECT * FROM ${relation} AS one WHERE (hashtextextended(one::text, 1) & 1048575) < ${Math.round(percent * 10_485.76)}`,
    }
    const tables = await describeTables(client, schema, options.tables)
    const port = url.port === '' ? 5432 : Number(url.port)
    const server = { kind: 'postgres', host: url.hostname, port, database: client.database ?? '', schema } as const
    return { server, tables: await profileTables(tables, engine) }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof GatewayError) throw error
    // Messages of the server may quote the address with what is secret in it.
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer'
    throw new GatewayError('CONFIG_INVALID', `the database at ${url.hostname} can't be read: ${code}`, { cause: error })
  } finally {
    signal?.removeEventListener('abort', abort)
    await client.end().catch(() => undefined)
  }
}

function parseAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url !== undefined && (url.protocol === 'postgres:' || url.protocol === 'postgresql:') && url.hostname !== '') return url
  throw new GatewayError('CONFIG_INVALID', 'the address is not of the form postgres://user@host:port/database')
}

interface CatalogColumn {
  readonly table_name: string
  readonly table_comment: string | null
  readonly column_name: string
  readonly type_name: string
  readonly not_null: boolean
  readonly column_comment: string | null
  readonly enum_values: readonly string[] | null
}

// A domain counts as the type that it narrows.
const COLUMNS = `
  SELECT c.relname AS table_name, obj_description(c.oid, 'pg_class') AS table_comment, a.attname AS column_name,
         CASE WHEN t.typbasetype = 0 THEN format_type(a.atttypid, a.atttypmod) ELSE format_type(t.typbasetype, t.typtypmod) END AS type_name,
         a.attnotnull OR t.typnotnull AS not_null, col_description(c.oid, a.attnum) AS column_comment,
         (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = a.atttypid) AS enum_values
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  WHERE n.nspname = $1
    AND CASE WHEN $2::text[] IS NULL THEN c.relkind IN ('r', 'p') AND NOT c.relispartition
             ELSE c.relname = ANY ($2) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') END
  ORDER BY c.relname, a.attnum`

interface CatalogKey {
  readonly table_name: string
  readonly kind: 'p' | 'u' | 'f'
  readonly columns: readonly string[]
  readonly target: string | null
  readonly target_columns: readonly string[] | null
}

/** Names of the columns that a constraint numbers, in its order. */
function columnNames(numbers: string, table: string): string {
  return `(SELECT array_agg(a.attname::text ORDER BY u.ord) FROM unnest(${numbers}) WITH ORDINALITY AS u(num, ord)
           JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = u.num)`
}

const KEYS = `
  SELECT c.relname AS table_name, k.contype AS kind, f.relname AS target,
         ${columnNames('k.conkey', 'k.conrelid')} AS columns,
         ${columnNames('k.confkey', 'k.confrelid')} AS target_columns
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class f ON f.oid = k.confrelid AND f.relnamespace = c.relnamespace
  WHERE n.nspname = $1 AND k.contype IN ('p', 'u', 'f')
  ORDER BY c.relname, k.conname`

async function describeTables(client: Client, schema: string, names: readonly string[] | undefined): Promise<readonly ProfiledTable[]> {
  const { rows: columns } = await client.query<CatalogColumn>(COLUMNS, [schema, names ?? null])
  const { rows: keys } = await client.query<CatalogKey>(KEYS, [schema])
  const found = [...new Set(columns.map(({ table_name: table }) => table))]
  const missing = names?.find((name) => !found.includes(name))
  if (missing !== undefined) throw new GatewayError('CONFIG_INVALID', `the schema ${schema} has no table ${missing}`)
  if (found.length === 0) throw new GatewayError('CONFIG_INVALID', `the schema ${schema} has no tables`)
  return found.map((name) =>
    describeTable(name, {
      schema,
      columns: columns.filter(({ table_name: table }) => table === name),
      keys: keys.filter(({ table_name: table }) => table === name),
    }),
  )
}

function describeTable(
  name: string,
  catalog: { readonly schema: string; readonly columns: readonly CatalogColumn[]; readonly keys: readonly CatalogKey[] },
): ProfiledTable {
  const primary = catalog.keys.find(({ kind }) => kind === 'p')
  const comment = catalog.columns[0]?.table_comment
  const foreignKeys = catalog.keys.flatMap(({ kind, columns, target, target_columns: references }): readonly ForeignKeyProfile[] =>
    kind === 'f' && target !== null && references !== null ? [{ columns, table: target, references, evidence: 'declared' }] : [],
  )
  return {
    table: {
      name,
      ...(typeof comment === 'string' ? { comment } : {}),
      ...(primary === undefined ? {} : { primaryKey: primary.columns }),
      uniqueKeys: catalog.keys.filter(({ kind }) => kind === 'u').map(({ columns }) => columns),
      foreignKeys,
    },
    relation: `${quoteIdentifier(catalog.schema)}.${quoteIdentifier(name)}`,
    columns: catalog.columns.map((column): Omit<ColumnProfile, 'rows' | 'nulls' | 'distinct' | 'maxLength' | 'values'> => ({
      name: column.column_name,
      databaseType: column.type_name,
      untyped: false,
      nullable: !column.not_null,
      ...(column.column_comment === null ? {} : { comment: column.column_comment }),
      ...(column.enum_values === null ? {} : { declaredValues: column.enum_values }),
    })),
  }
}

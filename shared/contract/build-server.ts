import type { ProductServer } from './data-product.ts'
import type { ContractDocument } from './draft.ts'
import type { OdcsServer } from './odcs-server.ts'

/** Server types of the standard; others are kept too, with a warning. */
const KNOWN_TYPES = new Set([
  'api',
  'athena',
  'azure',
  'bigquery',
  'clickhouse',
  'cloudsql',
  'custom',
  'databricks',
  'db2',
  'denodo',
  'dremio',
  'duckdb',
  'glue',
  'hive',
  'impala',
  'informix',
  'kafka',
  'kinesis',
  'local',
  'mysql',
  'oracle',
  'postgres',
  'postgresql',
  'presto',
  'pubsub',
  'redshift',
  's3',
  'sftp',
  'snowflake',
  'sqlserver',
  'synapse',
  'trino',
  'vertica',
  'zen',
])

const FORMATS = ['parquet', 'csv', 'json'] as const

/** The contract's servers in its order; those that we don't run are `unsupported`, and reported as such. */
export function buildServers(document: ContractDocument): readonly ProductServer[] {
  return (document.contract.servers ?? []).flatMap((server) => buildServer(server, document) ?? [])
}

function buildServer(server: OdcsServer, document: ContractDocument): ProductServer | undefined {
  const base = { name: server.server, ...(server.environment === undefined ? {} : { environment: server.environment }) }
  const type = server.type.toLowerCase()
  reportVariables(server, document)
  const unsupported = (reason: string): ProductServer => {
    document.findings.report({
      rule: 'contract-server-unsupported',
      severity: KNOWN_TYPES.has(type) ? 'info' : 'warning',
      at: document.places.of(server, 'type'),
      what: `the server \`${server.server}\` is not one that we read from: ${reason}`,
      expected: 'type postgres or postgresql, duckdb, or local with format parquet, csv or json',
      why: 'the contract loads, but this server serves no data',
      how: 'add a second server of a type that we read, if the data is there too',
    })
    return { kind: 'unsupported', ...base, type: server.type }
  }
  switch (type) {
    case 'postgres':
    case 'postgresql':
      return buildPostgres(server, base, document)
    case 'duckdb': {
      if (server.database === undefined) return reportMissing(server, 'database', document)
      return { kind: 'duckdb', ...base, database: server.database, ...(server.schema === undefined ? {} : { schema: server.schema }) }
    }
    case 'local': {
      const format = FORMATS.find((known) => known === server.format?.toLowerCase())
      if (server.path === undefined) return reportMissing(server, 'path', document)
      if (server.format === undefined) return reportMissing(server, 'format', document)
      if (format === undefined) return unsupported(`format ${server.format.slice(0, 40)}`)
      // Other tools write `{model}` for what the standard calls an object.
      return { kind: 'duckdb-files', ...base, format, path: server.path.replaceAll('{model}', '{object}') }
    }
    case 'custom': {
      const engine = server.customProperties?.find(({ property }) => property === 'engine')?.value
      if (typeof engine !== 'string') return unsupported('type custom without the custom property engine')
      return { kind: 'custom', ...base, engine, server }
    }
    default:
      return unsupported(KNOWN_TYPES.has(type) ? `type ${server.type}` : `type '${server.type.slice(0, 40)}' is not of the standard`)
  }
}

function buildPostgres(
  server: OdcsServer,
  base: { readonly name: string; readonly environment?: string },
  document: ContractDocument,
): ProductServer | undefined {
  const { host, port = 5432, database, schema = 'public' } = server
  if (host === undefined) return reportMissing(server, 'host', document)
  if (database === undefined) return reportMissing(server, 'database', document)
  if (port >= 1 && port <= 65_535) return { kind: 'postgres', ...base, host, port, database, schema }
  document.findings.report({
    rule: 'contract-server-port',
    at: document.places.of(server, 'port'),
    what: `the port of the server \`${server.server}\` is ${port}`,
    expected: 'a number from 1 to 65535',
    how: 'write the port that the database listens on, usually 5432',
  })
  return undefined
}

/** v3.2.0 lets texts hold `${NAME}`, to be set where the contract is used; here they stay as they are written. */
function reportVariables(server: OdcsServer, { findings, places }: ContractDocument): void {
  for (const key of ['host', 'database', 'schema', 'path', 'location'] as const) {
    if (server[key]?.includes('${') !== true) continue
    findings.report({
      rule: 'contract-variable',
      severity: 'warning',
      at: places.of(server, key),
      what: `\`${key}\` of the server \`${server.server}\` holds a variable, which is not replaced`,
      expected: 'the value itself',
      why: 'variables came with v3.2.0 of the standard',
      how: 'write one server for each environment, with `environment: …`',
    })
  }
}

function reportMissing(server: OdcsServer, key: string, document: ContractDocument): undefined {
  document.findings.report({
    rule: 'contract-missing-key',
    at: document.places.of(server),
    what: `the server \`${server.server}\` of type ${server.type} has no \`${key}\``,
    expected: `\`${key}\``,
    why: 'the standard requires it of this type',
    how: `add \`${key}: …\``,
  })
}

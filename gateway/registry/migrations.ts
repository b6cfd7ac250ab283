import type { RegistryDatabase } from './registry-database.ts'

/**
 * Steps from an empty database to today's tables, each applied once, in order.
 * A step that has been released is never edited; a change is a new step.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE subgraph_version (
      subgraph TEXT NOT NULL, version BIGINT NOT NULL, hash TEXT NOT NULL, sdl TEXT NOT NULL, url TEXT NOT NULL, naming TEXT NOT NULL,
      contracts TEXT NOT NULL, policies TEXT NOT NULL, published_by TEXT NOT NULL, published_at TEXT NOT NULL, message TEXT NOT NULL,
      checksum TEXT NOT NULL, PRIMARY KEY (subgraph, version))`,
    'CREATE TABLE supergraph (id TEXT PRIMARY KEY, sdl TEXT NOT NULL, created_at TEXT NOT NULL, checksum TEXT NOT NULL)',
    `CREATE TABLE deployment (
      sequence BIGINT PRIMARY KEY, channel TEXT NOT NULL, kind TEXT NOT NULL, subgraph TEXT, supergraph_id TEXT NOT NULL REFERENCES supergraph (id),
      members TEXT NOT NULL, percent BIGINT NOT NULL, actor TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL, signature TEXT NOT NULL,
      checksum TEXT NOT NULL)`,
    'CREATE INDEX deployment_by_channel ON deployment (channel, sequence)',
    `CREATE TABLE approval (
      subgraph TEXT NOT NULL, hash TEXT NOT NULL, approved_by TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL, checksum TEXT NOT NULL,
      PRIMARY KEY (subgraph, hash))`,
  ],
  [
    `CREATE TABLE consumer_notice (
      sequence BIGINT NOT NULL REFERENCES deployment (sequence), consumer TEXT NOT NULL, subgraph TEXT, content TEXT NOT NULL, checksum TEXT NOT NULL,
      PRIMARY KEY (sequence, consumer))`,
    'CREATE INDEX consumer_notice_by_consumer ON consumer_notice (consumer, sequence)',
  ],
  [
    `CREATE TABLE usage_operation (
      gateway TEXT NOT NULL, operation TEXT NOT NULL, name TEXT NOT NULL, coordinates TEXT NOT NULL, PRIMARY KEY (gateway, operation))`,
    `CREATE TABLE usage_day (
      gateway TEXT NOT NULL, day TEXT NOT NULL, consumer TEXT NOT NULL, operation TEXT NOT NULL, calls BIGINT NOT NULL, failures BIGINT NOT NULL,
      answered_rows BIGINT NOT NULL, duration_ms DOUBLE PRECISION NOT NULL, last_seen TEXT NOT NULL, PRIMARY KEY (gateway, day, consumer, operation))`,
    'CREATE INDEX usage_day_by_day ON usage_day (day)',
  ],
  ['ALTER TABLE deployment ADD COLUMN contents TEXT'],
]

/** Brings the tables up to date; a second process that does the same at the same time waits and finds it done. */
export async function migrate(database: RegistryDatabase): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.run('CREATE TABLE IF NOT EXISTS registry_schema (version BIGINT PRIMARY KEY)')
    const applied = new Set((await transaction.all('SELECT version FROM registry_schema')).map(({ version }) => version))
    for (const [index, statements] of MIGRATIONS.entries()) {
      if (applied.has(index + 1)) continue
      for (const statement of statements) await transaction.run(statement)
      await transaction.run('INSERT INTO registry_schema (version) VALUES (?)', [index + 1])
    }
  })
}

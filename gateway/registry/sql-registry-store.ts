import { GatewayError } from '@polyseme/kit/errors'
import { giveWay } from '../supergraph/index.ts'
import type { Approval, ConsumerNotice, Deployment, Members, SubgraphVersion, SupergraphRecord } from './records.ts'
import {
  approvalRow, corrupt, deploymentRow, noticeRow, readApproval, readDeployment, readNotice, readSupergraph, readVersion, supergraphRow, verified, versionRow,
} from './registry-rows.ts'
import { UniqueViolation, type RegistryDatabase, type RegistryTransaction, type SqlValue } from './registry-database.ts'
import type { BackupRow } from './backup.ts'
import { migrate } from './migrations.ts'
import type { RegistryCommit, RegistryStore } from './registry-store.ts'
import { UsageTable } from './usage-table.ts'

/** Read and checked in a millisecond or two. */
const MEMBERS_AT_ONCE = 5

/** The registry's history in a relational database; the same statements on SQLite and PostgreSQL. */
export class SqlRegistryStore implements RegistryStore {
  readonly usage: UsageTable
  readonly #database: RegistryDatabase

  private constructor(database: RegistryDatabase) {
    this.#database = database
    this.usage = new UsageTable(database)
  }

  /** Opens the store and brings its tables up to date. */
  static async open(database: RegistryDatabase): Promise<SqlRegistryStore> {
    await migrate(database)
    return new SqlRegistryStore(database)
  }

  async findLatestDeployment(channel: Deployment['channel'], before?: number): Promise<Deployment | undefined> {
    const rows = await this.#database.all(`SELECT * FROM deployment WHERE channel = ?${before === undefined ? '' : ' AND sequence < ?'} ORDER BY sequence DESC LIMIT 1`, before === undefined ? [channel] : [channel, before])
    return rows.map(readDeployment)[0]
  }

  async findLatestOfKind(kind: Deployment['kind']): Promise<Deployment | undefined> {
    return (await this.#database.all('SELECT * FROM deployment WHERE kind = ? ORDER BY sequence DESC LIMIT 1', [kind])).map(readDeployment)[0]
  }

  async findDeployment(sequence: number): Promise<Deployment | undefined> {
    return (await this.#database.all('SELECT * FROM deployment WHERE sequence = ?', [sequence])).map(readDeployment)[0]
  }

  async listDeployments({ limit, before, subgraph, orWhole = false }: { limit: number; before?: number; subgraph?: string; orWhole?: boolean }): Promise<readonly Deployment[]> {
    const conditions = ['1 = 1']
    const parameters: SqlValue[] = []
    if (before !== undefined) { conditions.push('sequence < ?'); parameters.push(before) }
    if (subgraph !== undefined) { conditions.push(orWhole ? '(subgraph = ? OR subgraph IS NULL)' : 'subgraph = ?'); parameters.push(subgraph) }
    const rows = await this.#database.all(`SELECT * FROM deployment WHERE ${conditions.join(' AND ')} ORDER BY sequence DESC LIMIT ?`, [...parameters, limit])
    return rows.map(readDeployment)
  }

  async findSubgraphVersion(subgraph: string, version: number): Promise<SubgraphVersion | undefined> {
    return (await this.#database.all('SELECT * FROM subgraph_version WHERE subgraph = ? AND version = ?', [subgraph, version])).map(readVersion)[0]
  }

  async findMembers(members: Members): Promise<ReadonlyMap<string, SubgraphVersion>> {
    const found = new Map<string, SubgraphVersion>()
    const all = Object.entries(members)
    for (let from = 0; from < all.length; from += MEMBERS_AT_ONCE) {
      const some = all.slice(from, from + MEMBERS_AT_ONCE)
      const rows = await this.#database.all(`SELECT * FROM subgraph_version WHERE ${some.map(() => '(subgraph = ? AND version = ?)').join(' OR ')}`, some.flat())
      const read = new Map(rows.map(readVersion).map((version) => [version.subgraph, version]))
      for (const [subgraph] of some) {
        const version = read.get(subgraph)
        if (version !== undefined) found.set(subgraph, version)
      }
      // SQLite answers at once, and checking what it gave takes longer.
      await giveWay()
    }
    return found
  }

  async findLatestSubgraphVersion(subgraph: string): Promise<SubgraphVersion | undefined> {
    return (await this.#database.all('SELECT * FROM subgraph_version WHERE subgraph = ? ORDER BY version DESC LIMIT 1', [subgraph])).map(readVersion)[0]
  }

  async findSupergraph(id: string): Promise<SupergraphRecord | undefined> {
    const rows = await this.#database.all('SELECT * FROM supergraph WHERE id = ?', [id])
    await giveWay()
    const supergraph = rows.map(readSupergraph)[0]
    await giveWay()
    return supergraph
  }

  async lastSequence(): Promise<number> {
    return await lastSequence(this.#database)
  }

  async commit(commit: RegistryCommit): Promise<void> {
    const { deployment, supergraph, published, notices } = commit
    const row = supergraphRow(supergraph)
    await giveWay()
    try {
      await this.#database.transaction(async (transaction) => {
        const last = await lastSequence(transaction)
        if (last + 1 !== deployment.sequence) throw new UniqueViolation(`sequence is at ${last}`)
        for (const version of published) await insert(transaction, 'subgraph_version', versionRow(version))
        const known = await transaction.all('SELECT id FROM supergraph WHERE id = ?', [supergraph.id])
        if (known.length === 0) await insert(transaction, 'supergraph', row)
        await insert(transaction, 'deployment', deploymentRow(deployment))
        for (const notice of notices) await insert(transaction, 'consumer_notice', noticeRow(notice))
        await this.#database.notify(transaction, deployment.sequence)
      })
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error
      throw new GatewayError('REGISTRY_CONFLICT', 'the graph has changed since this change was checked; nothing was published', { cause: error })
    }
  }

  async listNotices({ consumers, subgraph, limit }: { readonly consumers?: readonly string[]; readonly subgraph?: string; readonly limit: number }): Promise<readonly ConsumerNotice[]> {
    const conditions = ['1 = 1']
    const parameters: SqlValue[] = []
    if (consumers !== undefined) { conditions.push(`consumer IN (${['NULL', ...consumers.map(() => '?')].join(', ')})`); parameters.push(...consumers) }
    if (subgraph !== undefined) { conditions.push('subgraph = ?'); parameters.push(subgraph) }
    const rows = await this.#database.all(`SELECT * FROM consumer_notice WHERE ${conditions.join(' AND ')} ORDER BY sequence DESC, consumer LIMIT ?`, [...parameters, limit])
    return rows.map(readNotice)
  }

  async addApproval(approval: Approval): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const existing = await transaction.all('SELECT 1 AS known FROM approval WHERE subgraph = ? AND hash = ?', [approval.subgraph, approval.hash])
      if (existing.length === 0) await insert(transaction, 'approval', approvalRow(approval))
    })
  }

  async findApproval(subgraph: string, hash: string): Promise<Approval | undefined> {
    return (await this.#database.all('SELECT * FROM approval WHERE subgraph = ? AND hash = ?', [subgraph, hash])).map(readApproval)[0]
  }

  async watch(onChange: (sequence: number) => void, signal: AbortSignal): Promise<void> {
    let seen = await this.lastSequence()
    let looking = false
    const look = async (): Promise<void> => {
      if (looking || signal.aborted) return
      looking = true
      try {
        const sequence = await this.lastSequence()
        if (sequence > seen) {
          seen = sequence
          onChange(sequence)
        }
      } catch {
        // Away for the moment: the database calls again, and readiness is told by whoever reads next.
      } finally {
        looking = false
      }
    }
    await this.#database.listen(() => void look(), signal)
  }

  async verify(): Promise<{ deployments: number; versions: number }> {
    await this.#database.verifyStructure()
    const deployments = (await this.#database.all('SELECT * FROM deployment ORDER BY sequence')).map(readDeployment)
    const versions = (await this.#database.all('SELECT * FROM subgraph_version ORDER BY subgraph, version')).map(readVersion)
    const supergraphs = new Set((await this.#database.all('SELECT * FROM supergraph')).map(readSupergraph).map(({ id }) => id))
    const known = new Set(versions.map(({ subgraph, version }) => `${subgraph}@${version}`))
    for (const [index, deployment] of deployments.entries()) {
      if (deployment.sequence !== index + 1) throw corrupt(`deployment ${index + 1} is missing`)
      if (!supergraphs.has(deployment.supergraphId)) throw corrupt(`the supergraph of deployment ${deployment.sequence} is missing`)
      const lost = Object.entries(deployment.members).find(([subgraph, version]) => !known.has(`${subgraph}@${version}`))
      if (lost !== undefined) throw corrupt(`version ${lost[1]} of subgraph ${lost[0]} is missing`)
    }
    return { deployments: deployments.length, versions: versions.length }
  }

  /** Every row, one at a time, in an order in which each can be stored again. */
  async *dump(): AsyncGenerator<BackupRow> {
    for (const { table, key } of TABLES) {
      const keys = await this.#database.all(`SELECT ${key.join(', ')} FROM ${table} ORDER BY ${key.join(', ')}`)
      for (const one of keys) {
        const [row] = await this.#database.all(`SELECT * FROM ${table} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')}`, key.map((column) => one[column] ?? null))
        if (row !== undefined) yield { table, row: verified(row, `a row of ${table}`) }
      }
    }
  }

  /** Stores rows of a dump, all or none. @throws REGISTRY_CONFLICT when something is stored already */
  async load(rows: AsyncIterable<BackupRow>): Promise<void> {
    await this.#load(rows).catch((error: unknown) => {
      throw error instanceof UniqueViolation ? new GatewayError('BAD_USER_INPUT', 'the backup cannot be restored: a record is there twice, or refers to one that is missing; nothing was changed', { cause: error }) : error
    })
  }

  async #load(rows: AsyncIterable<BackupRow>): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      for (const { table } of TABLES) {
        const [any] = await transaction.all(`SELECT 1 AS found FROM ${table} LIMIT 1`)
        if (any !== undefined) throw new GatewayError('REGISTRY_CONFLICT', 'a backup is restored into an empty registry only; nothing was changed')
      }
      for await (const { table, row } of rows) {
        const known = TABLES.find((one) => one.table === table)
        const columns = typeof row === 'object' && row !== null ? Object.keys(row) : []
        // Column names become part of the statement.
        if (known === undefined || columns.length === 0 || !columns.every((column) => known.columns.includes(column))) throw corrupt('the backup holds a record that is none of the registry')
        await insert(transaction, table, verified(row, `a row of ${table}`))
      }
    })
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}

interface Table {
  readonly table: BackupRow['table']
  readonly key: readonly string[]
  readonly columns: readonly string[]
}

/** In the order in which they refer to each other. */
const TABLES: readonly Table[] = [
  { table: 'supergraph', key: ['id'], columns: ['id', 'sdl', 'created_at', 'checksum'] },
  { table: 'subgraph_version', key: ['subgraph', 'version'], columns: ['subgraph', 'version', 'hash', 'sdl', 'url', 'naming', 'contracts', 'policies', 'published_by', 'published_at', 'message', 'checksum'] },
  { table: 'approval', key: ['subgraph', 'hash'], columns: ['subgraph', 'hash', 'approved_by', 'at', 'reason', 'checksum'] },
  { table: 'deployment', key: ['sequence'], columns: ['sequence', 'channel', 'kind', 'subgraph', 'supergraph_id', 'members', 'contents', 'percent', 'actor', 'at', 'reason', 'signature', 'checksum'] },
  { table: 'consumer_notice', key: ['sequence', 'consumer'], columns: ['sequence', 'consumer', 'subgraph', 'content', 'checksum'] },
]

async function lastSequence(database: RegistryTransaction): Promise<number> {
  const rows = await database.all('SELECT COALESCE(MAX(sequence), 0) AS last FROM deployment')
  return Number(rows[0]?.['last'] ?? 0)
}

async function insert(database: RegistryTransaction, table: string, row: Readonly<Record<string, SqlValue>>): Promise<void> {
  const columns = Object.keys(row)
  await database.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`, Object.values(row))
}

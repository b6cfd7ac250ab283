import { createHash } from 'node:crypto'
import { GatewayError } from '@polyseme/kit/errors'
import type { Approval, ConsumerNotice, Deployment, PublishedFile, SubgraphVersion, SupergraphRecord } from './records.ts'
import type { SqlRow, SqlValue } from './registry-database.ts'

// Records as rows of a table and back, each with a checksum over the rest (T14).

/** Steps that were stored before there were `contents` have a checksum without them. */
function checksumOf(row: Readonly<Record<string, SqlValue>>): string {
  const content = Object.entries(row).filter(([column, value]) => column !== 'checksum' && (column !== 'contents' || value !== null)).sort(([a], [b]) => a < b ? -1 : 1)
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}

function withChecksum(row: Record<string, SqlValue>): Record<string, SqlValue> {
  return { ...row, checksum: checksumOf(row) }
}

export function verified(row: SqlRow, what: string): SqlRow {
  if (row['checksum'] !== checksumOf(row)) throw corrupt(`${what} does not fit its checksum`)
  return row
}

export function corrupt(message: string): GatewayError {
  return new GatewayError('REGISTRY_CORRUPT', message)
}

export function versionRow(version: SubgraphVersion): Record<string, SqlValue> {
  return withChecksum({
    subgraph: version.subgraph, version: version.version, hash: version.hash, sdl: version.sdl, url: version.url, naming: version.naming,
    contracts: JSON.stringify(version.contracts), policies: JSON.stringify(version.policies),
    published_by: version.publishedBy, published_at: version.publishedAt, message: version.message,
  })
}

export function readVersion(stored: SqlRow): SubgraphVersion {
  const row = verified(stored, `version ${stored['version']} of subgraph ${stored['subgraph']}`)
  return {
    subgraph: text(row, 'subgraph'), version: Number(row['version']), hash: text(row, 'hash'), sdl: text(row, 'sdl'), url: text(row, 'url'),
    naming: text(row, 'naming') as SubgraphVersion['naming'],
    contracts: JSON.parse(text(row, 'contracts')) as PublishedFile[], policies: JSON.parse(text(row, 'policies')) as PublishedFile[],
    publishedBy: text(row, 'published_by'), publishedAt: text(row, 'published_at'), message: text(row, 'message'),
  }
}

export function supergraphRow(supergraph: SupergraphRecord): Record<string, SqlValue> {
  return withChecksum({ id: supergraph.id, sdl: supergraph.sdl, created_at: supergraph.createdAt })
}

export function readSupergraph(stored: SqlRow): SupergraphRecord {
  const row = verified(stored, `supergraph ${stored['id']}`)
  return { id: text(row, 'id'), sdl: text(row, 'sdl'), createdAt: text(row, 'created_at') }
}

export function deploymentRow(deployment: Deployment): Record<string, SqlValue> {
  return withChecksum({
    sequence: deployment.sequence, channel: deployment.channel, kind: deployment.kind, subgraph: deployment.subgraph ?? null,
    supergraph_id: deployment.supergraphId, members: JSON.stringify(deployment.members), contents: deployment.contents === undefined ? null : JSON.stringify(deployment.contents), percent: deployment.percent,
    actor: deployment.actor, at: deployment.at, reason: deployment.reason, signature: deployment.signature,
  })
}

export function readDeployment(stored: SqlRow): Deployment {
  const row = verified(stored, `deployment ${stored['sequence']}`)
  return {
    sequence: Number(row['sequence']), channel: text(row, 'channel') as Deployment['channel'], kind: text(row, 'kind') as Deployment['kind'],
    ...(row['subgraph'] === null ? {} : { subgraph: text(row, 'subgraph') }),
    supergraphId: text(row, 'supergraph_id'), members: JSON.parse(text(row, 'members')) as Record<string, number>,
    ...(row['contents'] === null || row['contents'] === undefined ? {} : { contents: JSON.parse(text(row, 'contents')) as Record<string, string> }), percent: Number(row['percent']),
    actor: text(row, 'actor'), at: text(row, 'at'), reason: text(row, 'reason'), signature: text(row, 'signature'),
  }
}

export function noticeRow(notice: ConsumerNotice): Record<string, SqlValue> {
  return withChecksum({ sequence: notice.sequence, consumer: notice.consumer, subgraph: notice.subgraph ?? null, content: JSON.stringify(notice) })
}

export function readNotice(stored: SqlRow): ConsumerNotice {
  return JSON.parse(text(verified(stored, `a notice of deployment ${stored['sequence']}`), 'content')) as ConsumerNotice
}

export function approvalRow(approval: Approval): Record<string, SqlValue> {
  return withChecksum({ subgraph: approval.subgraph, hash: approval.hash, approved_by: approval.approvedBy, at: approval.at, reason: approval.reason })
}

export function readApproval(stored: SqlRow): Approval {
  const row = verified(stored, `approval of ${stored['subgraph']}`)
  return { subgraph: text(row, 'subgraph'), hash: text(row, 'hash'), approvedBy: text(row, 'approved_by'), at: text(row, 'at'), reason: text(row, 'reason') }
}

function text(row: SqlRow, column: string): string {
  return String(row[column])
}

import { assertNever } from '../errors/index.ts'
import { getObject, getProperty, type ObjectModel } from './domain-model.ts'
import { emptyAggregate, fetchAggregates } from './fetch-aggregates.ts'
import { fetchByKeys } from './fetch-by-keys.ts'
import { fetchPages, type FetchedPage, type PageQuery } from './fetch-page.ts'
import { RELATED, rowReader, type FetchedRow, type KeyTuple, type Row } from './fetched-row.ts'
import { indexKeys } from './key-index.ts'
import { loadByKeys } from './key-loader.ts'
import type { QueryRun } from './query-run.ts'
import type { KeyBatch } from './rows-statement.ts'
import type { PageSelection, RelatedSelection, RowSelection } from './selection.ts'

/** A page as the resolvers of a connection read it; rows by response key. */
export interface Connection {
  readonly nodes: ReadonlyMap<string, readonly Row[]>
  readonly edges: ReadonlyMap<string, readonly Edge[]>
  readonly pageInfo: PageInfo
  readonly totalCount: number
}

export interface Edge {
  readonly cursor: string
  readonly nodes: ReadonlyMap<string, Row>
}

export interface PageInfo {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly startCursor: string | null
  readonly endCursor: string | null
}

/** Answers a connection field with everything below it; with parents, one connection for each. */
export async function answerPages(run: QueryRun, query: PageQuery): Promise<readonly Connection[]> {
  const { selection } = query
  const pages = await fetchPages(run, query, rowReader(rowSelections(selection)))
  const complete = (rows: RowSelection): Promise<readonly (readonly Row[])[]> => completeGroups(run, rows, pages.map((page) => page.rows))
  const [nodes, edges] = await Promise.all([
    mapValues(selection.nodes, complete),
    mapValues(selection.edges, (edge) => mapValues(edge.nodes, complete)),
  ])
  return pages.map((page, at) => ({
    nodes: pick(nodes, (groups) => groups[at] ?? []),
    edges: pick(edges, (edgeNodes, key) => page.rows.map((row, index) => ({
      cursor: selection.edges.get(key)?.cursor === true ? page.cursorOf(row, index) : '',
      nodes: nodesOf(edgeNodes, at, index),
    }))),
    pageInfo: pageInfoOf(page, selection),
    totalCount: page.totalCount,
  }))
}

/** Answers for each key tuple with its row and everything below it; null where there is none that the caller may see. */
export function answerByKeys(run: QueryRun, selection: RowSelection, keys: KeyBatch): Promise<readonly (Row | null)[]> {
  return loadByKeys(run, { kind: 'fields', selection, keys, fetch: (all) => fetchRows(run, selection, all) })
}

async function fetchRows(run: QueryRun, selection: RowSelection, keys: KeyBatch): Promise<readonly (Row | null)[]> {
  const fetched = await fetchByKeys(run, selection.object.object.typeName, keys, rowReader([selection]))
  const [rows = []] = await completeGroups(run, selection, [fetched.filter((row) => row !== undefined)])
  let next = 0
  return fetched.map((row) => {
    if (row === undefined) return null
    next += 1
    return rows[next - 1] ?? null
  })
}

interface PendingRow {
  readonly fetched: FetchedRow
  readonly row: Row
}

// All groups at once: one statement for each relationship, however many pages the rows are on.
async function completeGroups(run: QueryRun, selection: RowSelection, groups: readonly (readonly FetchedRow[])[]): Promise<readonly (readonly Row[])[]> {
  const pending = groups.map((group) => group.map((fetched): PendingRow => ({ fetched, row: { ...fetched.fields, [RELATED]: new Map<string, unknown>() } })))
  const all = pending.flat()
  if (all.length > 0) await Promise.all(selection.related.map((related) => followRelationship(run, selection.object, related, all)))
  return pending.map((group) => group.map(({ row }) => row))
}

async function followRelationship(run: QueryRun, from: ObjectModel, related: RelatedSelection, rows: readonly PendingRow[]): Promise<void> {
  const keyed = indexKeys(rows.map(({ fetched }) => fetched.links), related.relationship)
  const values = await answerRelated(run, from, related, keyed.tuples)
  rows.forEach((pending, index) => {
    const place = keyed.places[index]
    pending.row[RELATED].set(related.responseKey, place === undefined ? emptyAnswer(related) : values[place])
  })
}

// What a row has on the other side when its own side of the relationship is absent.
function emptyAnswer({ content }: RelatedSelection): unknown {
  if (content.kind === 'row') return null
  if (content.kind === 'aggregate') return emptyAggregate(content.aggregate, content.args)
  const nodes = pick(content.page.nodes, () => [])
  const edges = pick(content.page.edges, () => [])
  const pageInfo = { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null }
  return { nodes, edges, pageInfo, totalCount: 0 } satisfies Connection
}

function answerRelated(run: QueryRun, from: ObjectModel, related: RelatedSelection, tuples: readonly KeyTuple[]): Promise<readonly unknown[]> {
  const { content, relationship } = related
  if (tuples.length === 0) return Promise.resolve([])
  const to = getObject(run.model, relationship.toType)
  const parents: KeyBatch = { properties: relationship.on.map((pair) => getProperty(to, pair.to)), tuples }
  const field = `${from.object.typeName}.${relationship.field}`
  switch (content.kind) {
    case 'row':
      return answerByKeys(run, content.rows, parents)
    case 'page':
      return answerPages(run, { field, selection: content.page, args: content.args, parents })
    case 'aggregate':
      return fetchAggregates(run, { selection: content.aggregate, args: content.args, parents })
    default:
      return assertNever(content)
  }
}

function rowSelections(selection: PageSelection): RowSelection[] {
  return [...selection.nodes.values(), ...[...selection.edges.values()].flatMap((edge) => [...edge.nodes.values()])]
}

function pageInfoOf(page: FetchedPage<FetchedRow>, selection: PageSelection): PageInfo {
  const start = selection.pageInfo ? page.rows[0] : undefined
  const end = selection.pageInfo ? page.rows.at(-1) : undefined
  return {
    hasNextPage: page.hasNextPage,
    hasPreviousPage: page.hasPreviousPage,
    startCursor: start === undefined ? null : page.cursorOf(start, 0),
    endCursor: end === undefined ? null : page.cursorOf(end, page.rows.length - 1),
  }
}

function nodesOf(edgeNodes: ReadonlyMap<string, readonly (readonly Row[])[]>, at: number, index: number): ReadonlyMap<string, Row> {
  const nodes = new Map<string, Row>()
  for (const [key, groups] of edgeNodes) {
    const node = groups[at]?.[index]
    if (node !== undefined) nodes.set(key, node)
  }
  return nodes
}

function pick<V, W>(map: ReadonlyMap<string, V>, to: (value: V, key: string) => W): ReadonlyMap<string, W> {
  return new Map([...map].map(([key, value]) => [key, to(value, key)]))
}

async function mapValues<V, W>(map: ReadonlyMap<string, V>, to: (value: V) => Promise<W>): Promise<Map<string, W>> {
  return new Map(await Promise.all([...map].map(async ([key, value]) => [key, await to(value)] as const)))
}

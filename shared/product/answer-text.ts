import type { FieldNode } from 'graphql'
import { assertNever } from '../errors/index.ts'
import { getObject, getProperty, type ObjectModel } from './domain-model.ts'
import { groupEntities, readRepresentations } from './entities.ts'
import { emptyAggregate, fetchAggregates, type AggregateQuery } from './fetch-aggregates.ts'
import { fetchByKeys } from './fetch-by-keys.ts'
import { fetchPages, type PageQuery } from './fetch-page.ts'
import { fetchPageTexts } from './fetch-page-text.ts'
import type { KeyTuple } from './fetched-row.ts'
import { indexKeys } from './key-index.ts'
import { loadByKeys } from './key-loader.ts'
import { NotDirectError } from './not-direct.ts'
import { projectText } from './project-text.ts'
import type { QueryRun } from './query-run.ts'
import type { KeyBatch } from './rows-statement.ts'
import { getObjectType, subSelections, type EdgeSelection, type Fields, type PageSelection, type RelatedSelection, type RowSelection, type SelectionContext } from './selection.ts'
import { joinRow, layoutRow, textReader, type RowLayout, type TextRow } from './text-row.ts'

/** A request that is answered with text from the database. */
export interface TextRun {
  readonly run: QueryRun
  readonly context: SelectionContext
}

/** The text of a connection field with everything below it; with parents, one for each. @throws NotDirectError */
export async function pageTexts(text: TextRun, query: PageQuery): Promise<readonly string[]> {
  const { selection } = query
  const slot = findSlot(selection)
  const layout = slot === undefined ? undefined : layoutRow(slot)
  if (slot !== undefined && layout !== undefined && selection.edges.size === 0 && isFlat(layout)) {
    const pages = await fetchPageTexts(text.run, query, { rows: slot, layout })
    return pages.map((page) => connectionText(text, selection, { ...page, nodes: () => page.text, edges: () => '' }))
  }
  const rows = slot ?? { object: selection.object, properties: [], related: [], sets: [], output: [] }
  const known = layout ?? { tokens: [], members: [] }
  const pages = await fetchPages(text.run, query, textReader(rows, known))
  const texts = await rowTexts(text, rows, known, pages.map((page) => page.rows))
  return pages.map((page, at) => {
    const own = texts[at] ?? []
    return connectionText(text, selection, {
      ...page,
      nodes: () => own.join(','),
      edges: (edge) => page.rows.map((row, index) => edgeText(edge, selection, own[index] ?? 'null', () => page.cursorOf(row, index))).join(','),
      ...cursors(selection, page.rows, page.cursorOf),
    })
  })
}

/** The text of the row of each key tuple; `null` where there is none that the caller may see. @throws NotDirectError */
export function keyTexts(text: TextRun, selection: RowSelection, keys: KeyBatch): Promise<readonly string[]> {
  return loadByKeys(text.run, { kind: 'text', selection, keys, fetch: (all) => fetchKeyTexts(text, selection, all) })
}

async function fetchKeyTexts(text: TextRun, selection: RowSelection, keys: KeyBatch): Promise<readonly string[]> {
  const layout = layoutRow(selection)
  const fetched = await fetchByKeys(text.run, selection.object.object.typeName, keys, textReader(selection, layout))
  const [texts = []] = await rowTexts(text, selection, layout, [fetched.filter((row) => row !== undefined)])
  let next = 0
  return fetched.map((row) => {
    if (row === undefined) return 'null'
    next += 1
    return texts[next - 1] ?? 'null'
  })
}

/** The text of an aggregate field; with parents, one for each. @throws NotDirectError */
export async function aggregateTexts(text: TextRun, query: AggregateQuery): Promise<readonly string[]> {
  const lists = await fetchAggregates(text.run, query)
  return lists.map((groups) => aggregateText(text, query.selection, groups))
}

/** The text of `_entities`. @throws NotDirectError */
export async function entitiesText(text: TextRun, representations: unknown, nodes: readonly FieldNode[]): Promise<string> {
  const list = readRepresentations(representations)
  const answers: string[] = Array.from(list, () => 'null')
  await Promise.all(groupEntities(text.context, list, nodes).map(async ({ selection, batch, places }) => {
    const rows = await keyTexts(text, selection, batch)
    for (const { answer, tuple } of places) answers[answer] = rows[tuple] ?? 'null'
  }))
  return `[${answers.join(',')}]`
}

// One statement for each relationship, however many pages the rows are on.
async function rowTexts(text: TextRun, selection: RowSelection, layout: RowLayout, groups: readonly (readonly TextRow[])[]): Promise<readonly (readonly string[])[]> {
  const all = groups.length === 1 ? (groups[0] ?? []) : groups.flat()
  if (all.some((row) => row.isBroken)) throw new NotDirectError()
  if (isFlat(layout)) return groups.map((group) => group.map((row) => row.parts[0] ?? '{}'))
  const related = new Map<RelatedSelection, readonly string[]>()
  await Promise.all(selection.related.map(async (one) => related.set(one, await relatedTexts(text, selection.object, one, all))))
  let next = 0
  return groups.map((group) => group.map((row) => {
    const at = next
    next += 1
    return joinRow(layout, row, (one) => related.get(one)?.[at] ?? 'null')
  }))
}

async function relatedTexts(text: TextRun, from: ObjectModel, related: RelatedSelection, rows: readonly TextRow[]): Promise<readonly string[]> {
  const keyed = indexKeys(rows.map((row) => row.links), related.relationship)
  const texts = keyed.tuples.length === 0 ? [] : await followTexts(text, from, related, keyed.tuples)
  let empty: string | undefined
  return keyed.places.map((place) => (place === undefined ? (empty ??= emptyText(text, related)) : (texts[place] ?? 'null')))
}

function followTexts(text: TextRun, from: ObjectModel, related: RelatedSelection, tuples: readonly KeyTuple[]): Promise<readonly string[]> {
  const { content, relationship } = related
  const to = getObject(text.run.model, relationship.toType)
  const parents: KeyBatch = { properties: relationship.on.map((pair) => getProperty(to, pair.to)), tuples }
  switch (content.kind) {
    case 'row':
      return keyTexts(text, content.rows, parents)
    case 'page':
      return pageTexts(text, { field: `${from.object.typeName}.${relationship.field}`, selection: content.page, args: content.args, parents })
    case 'aggregate':
      return aggregateTexts(text, { selection: content.aggregate, args: content.args, parents })
    default:
      return assertNever(content)
  }
}

// What a row has on the other side when its own side of the relationship is absent.
function emptyText(text: TextRun, { content }: RelatedSelection): string {
  if (content.kind === 'row') return 'null'
  if (content.kind === 'aggregate') return aggregateText(text, content.aggregate, emptyAggregate(content.aggregate, content.args))
  const nothing = { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null, totalCount: 0, nodes: () => '', edges: () => '' }
  return connectionText(text, content.page, nothing)
}

function aggregateText(text: TextRun, selection: AggregateQuery['selection'], groups: readonly unknown[]): string {
  const type = getObjectType(text.context, selection.object.names.aggregate)
  return `[${groups.map((group) => projectText(text.context, type, selection.sets, group)).join(',')}]`
}

interface ConnectionParts {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly startCursor: string | null
  readonly endCursor: string | null
  readonly totalCount: number
  /** Texts of the items, separated by commas. */
  readonly nodes: () => string
  readonly edges: (edge: EdgeSelection) => string
}

function connectionText(text: TextRun, selection: PageSelection, parts: ConnectionParts): string {
  return objectText(selection.fields, (name, nodes, responseKey) => {
    if (name === 'nodes') return `[${parts.nodes()}]`
    if (name === 'totalCount') return String(parts.totalCount)
    if (name === 'pageInfo') return projectText(text.context, getObjectType(text.context, 'PageInfo'), subSelections(nodes), parts)
    const edge = selection.edges.get(responseKey)
    return name === 'edges' && edge !== undefined ? `[${parts.edges(edge)}]` : `"${selection.object.names.connection}"`
  })
}

function edgeText(edge: EdgeSelection, selection: PageSelection, node: string, cursor: () => string): string {
  return objectText(edge.fields, (name) => {
    if (name === 'node') return node
    return name === 'cursor' ? `"${cursor()}"` : `"${selection.object.names.edge}"`
  })
}

function objectText(fields: Fields, valueOf: (name: string, nodes: readonly FieldNode[], responseKey: string) => string): string {
  const members: string[] = []
  for (const [responseKey, nodes] of fields) members.push(`"${responseKey}":${valueOf(nodes[0]?.name.value ?? '', nodes, responseKey)}`)
  return `{${members.join(',')}}`
}

function cursors<R>(selection: PageSelection, rows: readonly R[], cursorOf: (row: R, index: number) => string): Pick<ConnectionParts, 'startCursor' | 'endCursor'> {
  const start = selection.pageInfo ? rows[0] : undefined
  const end = selection.pageInfo ? rows.at(-1) : undefined
  return { startCursor: start === undefined ? null : cursorOf(start, 0), endCursor: end === undefined ? null : cursorOf(end, rows.length - 1) }
}

// Each alias of `nodes` or `node` may ask for something else; two of them are rare enough to leave to graphql-js.
function findSlot(selection: PageSelection): RowSelection | undefined {
  const slots = [...selection.nodes.values(), ...[...selection.edges.values()].flatMap((edge) => [...edge.nodes.values()])]
  if (slots.length > 1) throw new NotDirectError()
  return slots[0]
}

function isFlat(layout: RowLayout): boolean {
  return layout.tokens.every((token) => token.kind === 'members')
}


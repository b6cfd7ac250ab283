import type { ProductProperty } from '../contract/index.ts'
import { isTrue, quoteText, type JsonMember } from '../source/index.ts'
import { linkReader, type ReaderOf, type RowLinks } from './fetched-row.ts'
import { isNonNull } from './object-sdl.ts'
import { NotDirectError } from './not-direct.ts'
import type { RelatedSelection, RowOutput, RowSelection } from './selection.ts'
import type { StatementScope, TableRef } from './statement-scope.ts'

/** A row as the texts of JSON objects that the database wrote: one for each run of fields between relationships. */
export interface TextRow {
  readonly parts: readonly string[]
  readonly links: RowLinks
  /** The row breaks a promise of the schema (a null, a number out of range), which graphql-js has to report. */
  readonly isBroken: boolean
}

type Members = readonly Exclude<RowOutput, { readonly kind: 'related' }>[]

type RowToken = { readonly kind: 'members'; readonly index: number } | { readonly kind: 'related'; readonly related: RelatedSelection }

/** How a row's text is put together. */
export interface RowLayout {
  readonly tokens: readonly RowToken[]
  readonly members: readonly Members[]
}

/** @throws NotDirectError a domain's own resolver has a part in the row, or a field needs more than SQL. */
export function layoutRow(selection: RowSelection): RowLayout {
  if (selection.output === undefined) throw new NotDirectError()
  const tokens: RowToken[] = []
  const members: Exclude<RowOutput, { readonly kind: 'related' }>[][] = []
  for (const output of selection.output) {
    if (output.kind === 'related') {
      tokens.push({ kind: 'related', related: output.related })
      continue
    }
    if (output.kind === 'property' && output.property.list && output.property.type === 'enum') throw new NotDirectError()
    const last = tokens.at(-1)
    const index = last?.kind === 'members' ? last.index : members.push([]) - 1
    if (last?.kind !== 'members') tokens.push({ kind: 'members', index })
    members[index]?.push(output)
  }
  return { tokens, members }
}

/** Selects a row as text, and what leads from it to others. */
export function textReader(selection: RowSelection, layout: RowLayout): ReaderOf<TextRow> {
  return (scope, ref, order) => {
    const texts = layout.members.map((members) => membersText(scope, ref, members))
    const broken = brokenCondition(scope, ref, selection)
    const links = linkReader(scope, ref, [selection], order)
    return {
      selectList: [...texts, ...(broken === undefined ? [] : [broken]), ...links.selectList],
      read: (cells, offset) => ({
        parts: texts.map((_text, index) => String(cells[offset + index])),
        isBroken: broken !== undefined && isTrue(cells[offset + texts.length]),
        links: links.read(cells, offset + texts.length + (broken === undefined ? 0 : 1)),
      }),
    }
  }
}

/** The row's text, with the texts of its relationships in their places. */
export function joinRow(layout: RowLayout, row: TextRow, relatedText: (related: RelatedSelection) => string): string {
  const [first] = layout.tokens
  if (layout.tokens.length === 1 && first?.kind === 'members') return row.parts[first.index] ?? '{}'
  const pieces = layout.tokens.map((token) => (token.kind === 'members' ? (row.parts[token.index] ?? '{}').slice(1, -1) : `"${token.related.responseKey}":${relatedText(token.related)}`))
  return `{${pieces.join(',')}}`
}

/** SQL for the text of an object with these members. */
export function membersText(scope: StatementScope, ref: TableRef, members: Members): string {
  const json = members.map((output): JsonMember => ({
    name: output.responseKey,
    value: output.kind === 'typename' ? quoteText(ref.object.object.typeName) : propertyJson(scope, ref, output.property),
  }))
  return scope.dialect.jsonObject(json)
}

function propertyJson(scope: StatementScope, ref: TableRef, property: ProductProperty): string {
  const { column, expression } = scope.shown(ref, property)
  if (property.type !== 'enum') return scope.dialect.json(column, expression)
  const names = (property.values ?? []).map((entry) => `WHEN ${quoteText(entry.value)} THEN ${quoteText(entry.name)}`)
  return names.length === 0 ? 'NULL' : `CASE ${expression} ${names.join(' ')} END`
}

/** SQL that holds for a row whose values the schema rules out; undefined where there can be none. */
export function brokenCondition(scope: StatementScope, ref: TableRef, selection: RowSelection): string | undefined {
  const conditions = selection.properties.flatMap((property) => {
    const mayOverflow = property.type === 'integer' && !scope.dialect.fitsInt32(scope.columnType(ref, property))
    const mustBePresent = isNonNull(ref.object, property)
    // Only what is used is written: each value that a mask binds has to stand in the statement.
    if (!mayOverflow && !mustBePresent) return []
    if (mayOverflow && property.list) throw new NotDirectError()
    const { expression } = scope.shown(ref, property)
    return [
      ...(mustBePresent ? [`${property.type === 'enum' ? scope.listed(ref, property) : expression} IS NULL`] : []),
      ...(mayOverflow ? [`${expression} NOT BETWEEN -2147483648 AND 2147483647`] : []),
    ]
  })
  return conditions.length === 0 ? undefined : `(${conditions.join(' OR ')})`
}

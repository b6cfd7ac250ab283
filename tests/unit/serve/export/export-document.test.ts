import { buildSchema, Kind, parse, print, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildExportDocument, type ExportDocument } from '../../../../gateway/serve/export/export-document.ts'
import type { ParsedOperation } from '../../../../gateway/operation/index.ts'

const schema = buildSchema(`
  type Query { sales: Sales rows(first: Int, after: String, where: String): Rows list: [Row] }
  type Mutation { rows(first: Int, after: String): Rows }
  type Sales { customers(first: Int, after: String, where: String): Rows name: String whole: Unpaged }
  type Rows { nodes: [Row!] pageInfo: PageInfo! totalCount: Int edges: [Edge] }
  type Edge { node: Row }
  type Unpaged { nodes: [Row!] }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Row { id: ID orders(first: Int): Rows }
`)

function build(text: string): ExportDocument {
  const document = parse(text)
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  return buildExportDocument({ document, operation } as unknown as ParsedOperation, schema)
}

describe('an export', () => {
  it('asks for a page of the one list that its query selects', () => {
    const { text, path, rowsKey, name } = build('query ($w: String, $pageRows: Int) { s: sales { customers(where: $w) { rows: nodes { id orders(first: $pageRows) { nodes { id } } } } } }')
    expect({ path, rowsKey, name }).toEqual({ path: ['s', 'customers'], rowsKey: 'rows', name: 'customers' })
    expect(print(parse(text))).toBe(print(parse(`query ($w: String, $pageRows: Int, $pageRows_: Int, $pageAfter: String) {
      s: sales { customers(where: $w, first: $pageRows_, after: $pageAfter) {
        rows: nodes { id orders(first: $pageRows) { nodes { id } } }
        polyseme_page: pageInfo { hasNextPage endCursor }
      } }
    }`)))
    expect(validate(schema, parse(text))).toEqual([])
  })

  it('keeps fragments and other operations of the document', () => {
    const { text } = build('query A { rows { nodes { ...F } } } query B { list { id } } fragment F on Row { id }')
    expect(validate(schema, parse(text))).toEqual([])
    expect(text).toContain('query B')
  })

  it.each([
    ['{ list { id } }', 'list has no pages'],
    ['{ sales { name } }', 'name has no pages'],
    ['{ sales { whole { nodes { id } } } }', 'nodes has no pages'],
    ['{ rows { nodes { id } } sales { name } }', 'it selects 2 things'],
    ['{ sales { customers { nodes { id } } name } }', 'it selects 2 things in sales'],
    ['{ rows { nodes { id } totalCount } }', 'of rows it selects `nodes { … }` and nothing beside'],
    ['{ rows { edges { node { id } } } }', 'of rows it selects'],
    ['{ rows(first: 3) { nodes { id } } }', '`first` is not given'],
    ['{ ... { rows { nodes { id } } } }', 'without fragments and directives'],
    ['{ rows @skip(if: true) { nodes { id } } }', 'without fragments and directives'],
    ['mutation { rows { nodes { id } } }', 'an export is a query'],
  ])('refuses %s with a reason', (query, reason) => {
    expect(() => build(query)).toThrow(reason)
  })
})

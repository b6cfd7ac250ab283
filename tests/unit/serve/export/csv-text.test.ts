import { array, assert, constantFrom, property, string } from 'fast-check'
import { buildSchema, isListType, Kind, parse, type FieldNode, type GraphQLOutputType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { columnsOf, type CsvColumn } from '../../../../gateway/serve/export/csv-columns.ts'
import { csvHeader, csvLine } from '../../../../gateway/serve/export/csv-text.ts'
import { leastCpuMs } from '../../../testkit/cpu-time.ts'

const column = (kind: CsvColumn['kind'], ...path: string[]): CsvColumn => ({ name: path.join('.'), path, kind })
const text = (value: unknown, neutralise = true, kind: CsvColumn['kind'] = 'text'): string => csvLine({ a: value }, [column(kind, 'a')], neutralise).slice(0, -2)

/** A reader of RFC 4180, for one cell a line. */
function readCells(line: string): string[] {
  const cells: string[] = []
  let rest = line.slice(0, -2)
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest)
    const cell = quoted === null ? (/^[^,]*/.exec(rest)?.[0] ?? '') : quoted[0]
    cells.push(quoted === null ? cell : (quoted[1] ?? '').replaceAll('""', '"'))
    rest = rest.slice(cell.length)
    if (rest === '') return cells
    rest = rest.slice(1)
  }
}

describe('a CSV cell', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', '＝1', '＋1', '－1', '＠x', '=HYPERLINK("http://x","y")'])('X01 that begins like a formula is text: %j', (value) => {
    expect(readCells(`${text(value)}\r\n`)).toEqual([`'${value}`])
    expect(readCells(`${text(value, false)}\r\n`)).toEqual([value])
  })

  it.each([
    ['a;=1+1', "a;'=1+1"], ['a\t@x', "a\t'@x"], ['a\n-1', "a\n'-1"], ['a\r\n+1', "a\r\n'+1"], ['a;＝1', "a;'＝1"], ['a\u2028=1', "a\u2028'=1"],
    ['a; "=1"', `a;' "=1"`], ['a;\u0000=1', "a;'\u0000=1"], ['a;\uFEFF=1;;=2', "a;'\uFEFF=1;;'=2"], [' =1', "' =1"], ['"=1', `'"=1`], ['\n=1', "'\n'=1"],
  ])('X01 that would be split into one that is a formula is text in each part: %j', (value, expected) => {
    expect(readCells(`${text(value)}\r\n`)).toEqual([expected])
    expect(text(value)).toMatch(/^".*"$/s)
    expect(readCells(`${text(value, false)}\r\n`)).toEqual([value])
  })

  it('X01 has no formula for any reader, whatever it separates by', () => {
    assert(property(string({ unit: constantFrom('a', '=', '-', ';', '\t', '\r', '\n', '"', ' ', ',') }), (value) => {
      const line = csvLine({ a: 'x', b: value }, [column('text', 'a'), column('text', 'b')], true)
      for (const separator of [';', '\t']) {
        for (const part of line.split(separator).flatMap((part) => part.split(/[\r\n]/))) expect(part).not.toMatch(/^[" ]*[=-]/)
      }
    }), { numRuns: 1_000 })
  })

  it('X01 of texts that are no formula stays as it is', () => {
    expect(['a-b', 'a, -5', 'x = 1', 'a@b.c', '2026-01-01', 'a;b', 'a\tb'].map((value) => text(value))).toEqual(['a-b', '"a, -5"', 'x = 1', 'a@b.c', '2026-01-01', '"a;b"', '"a\tb"'])
  })

  it('is neutralised in time that grows with its length', () => {
    for (const unit of ['\n', ' ', ';', '"', '; ']) expect(leastCpuMs(() => text(unit.repeat(300_000)), 3)).toBeLessThan(300)
  })

  it('X01 of a column of numbers stays a number, also below zero; anything else in it does not', () => {
    expect([-5, -0.25, 1e21, '-12.50', '7', '-9007199254740993'].map((value) => text(value, true, 'number'))).toEqual(['-5', '-0.25', '1e+21', '-12.50', '7', '-9007199254740993'])
    expect(['-1+cmd', '=1', '+5', '-', '-1 '].map((value) => text(value, true, 'number'))).toEqual([`"'-1+cmd"`, `"'=1"`, `"'+5"`, `"'-"`, `"'-1 "`])
    expect(text('-5')).toBe(`"'-5"`)
  })

  it('tells null from an empty text, and quotes what would end it', () => {
    expect([null, undefined, '', 'a,b', 'a"b', 'a\nb', 'a b', true, ['x', -1], { k: 1 }].map((value) => text(value)))
      .toEqual(['', '', '""', '"a,b"', '"a""b"', '"a\nb"', 'a b', 'true', '"[""x"",-1]"', '"{""k"":1}"'])
  })

  it('is read back by any reader of RFC 4180', () => {
    assert(property(array(string({ unit: constantFrom('a', '"', ',', '\r', '\n', '=', 'ü', '😀', ' ') }), { minLength: 1, maxLength: 5 }), (values) => {
      const columns = values.map((_value, index) => column('text', `c${index}`))
      const row = Object.fromEntries(values.map((value, index) => [`c${index}`, value]))
      expect(readCells(csvLine(row, columns, false))).toEqual(values)
      expect(readCells(csvLine(row, columns, true)).map((cell) => cell.replaceAll("'", ''))).toEqual(values)
      for (const cell of readCells(csvLine(row, columns, true))) expect(cell).not.toMatch(/^[=\r\n]/)
    }))
  })
})

describe('the columns of a CSV file', () => {
  const schema = buildSchema(`
    scalar Decimal
    type Query { rows: [Row!] }
    type Row { id: ID! n: Int price: Decimal ok: Boolean region: Region tags: [String!] orders: [Order!] thing: Thing }
    type Region { name: String country: Country }
    type Country { code: String }
    type Order { id: ID }
    union Thing = Region | Order
  `)

  function columns(selection: string, variables: Readonly<Record<string, unknown>> = {}): readonly string[] {
    const document = parse(`query ($v: Boolean) { rows ${selection} } fragment F on Row { n }`)
    const [operation] = document.definitions
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('no operation')
    const field = operation.selectionSet.selections[0] as FieldNode
    const type = schema.getQueryType()?.getFields()['rows']?.type
    if (!isListType(type)) throw new TypeError('no list')
    return columnsOf({ type: type.ofType as GraphQLOutputType, field }, { schema, document, variables }).map(({ name, kind }) => `${name}:${kind}`)
  }

  it('are the fields in the order of the query; objects are flattened, lists are one column', () => {
    expect(columns('{ id price n ok region { name country { code } } tags orders { id } }'))
      .toEqual(['id:text', 'price:number', 'n:number', 'ok:boolean', 'region.name:text', 'region.country.code:text', 'tags:json', 'orders:json'])
  })

  it('follow aliases, fragments and conditions', () => {
    expect(columns('{ key: id ...F region { name } ... on Row { region { country { code } } } ok @include(if: $v) thing { __typename ... on Region { name } ... on Order { id } } }', { v: false }))
      .toEqual(['key:text', 'n:number', 'region.name:text', 'region.country.code:text', 'thing.__typename:text', 'thing.name:text', 'thing.id:text'])
    expect(columns('{ ok @skip(if: $v) }', { v: false })).toEqual(['ok:boolean'])
  })

  it('head the file', () => {
    expect(csvHeader([column('text', 'a'), column('text', 'b', 'c')])).toBe('a,b.c\r\n')
    expect(csvLine({ a: 1, b: null }, [column('number', 'a'), column('text', 'b', 'c')], true)).toBe('1,\r\n')
  })
})

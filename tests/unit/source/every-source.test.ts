import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseContract, type DataProduct } from '@polyseme/kit/contract'
import { listPromises, measurePromises } from '@polyseme/kit/promise'
import { openSource, SOURCE_ENGINES, type StatementReport } from '@polyseme/kit/source'
import type { RandomDomain } from '../../testkit/domain-oracle/random-domain.ts'
import { ENGINE_NAMES, EveryEngine } from '../../testkit/every-engine.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'
import { sqliteEngine } from '../../testkit/sqlite-engine.ts'

const ROWS = 5_000

const parsed = parseContract(`
apiVersion: v3.1.0
kind: DataContract
id: things
name: things
version: 1.0.0
status: active
domain: lab
schema:
  - name: Thing
    physicalName: thing
    quality:
      - { id: rows, type: library, metric: rowCount, mustBe: ${ROWS} }
      - { id: own, type: sql, query: 'SELECT count(*) FROM thing WHERE amount > 1000', mustBe: 3999 }
    properties:
      - { name: id, logicalType: integer, logicalTypeOptions: { format: i64 }, required: true, primaryKey: true }
      - name: name
        logicalType: string
        quality:
          - { id: absent, type: library, metric: nullValues, mustBe: 50 }
          - { id: form, type: library, metric: invalidValues, arguments: { pattern: '^Thing \\d+$' }, mustBe: 1 }
      - { name: amount, logicalType: integer, quality: [{ id: twice, type: library, metric: duplicateValues, mustBe: 0 }] }
`, { file: 'things.odcs.yaml' })
if (parsed.kind === 'invalid') throw new TypeError(parsed.diagnostics.map(({ what }) => what).join('; '))

const LAB: RandomDomain = {
  product: parsed.value,
  rows: new Map([['LabThing', Array.from({ length: ROWS }, (_unused, index) => ({ id: BigInt(index) + 9_007_199_254_740_993n, name: index % 100 === 0 ? null : index === 7 ? 'thing' : `Thing ${index}`, amount: BigInt(index) }))]]),
}

let engines: EveryEngine

beforeAll(async () => {
  engines = await EveryEngine.start(LAB)
})

afterAll(() => engines[Symbol.asyncDispose]())

// What every engine has to do; the tests of each say what is its own, and the oracle holds all of them to the same answers.
describe.each(ENGINE_NAMES)('a source in %s', (engine) => {
  it('has a table for each object, with a column for each property of the contract\'s type', async () => {
    await using source = await engines.open(engine)
    const table = source.tables.get('LabThing')
    expect([...(table?.columns ?? [])].map(([name, { type, list }]) => [name, type, list])).toEqual([['id', 'bigint', false], ['name', 'string', false], ['amount', 'integer', false]])
    expect(await source.query({ text: `SELECT CAST(count(*) AS DOUBLE PRECISION) FROM ${table?.relation} AS t`, values: [] })).toEqual([[ROWS]])
  })

  it('shows values as the wire has them, large integers without loss', async () => {
    await using source = await engines.open(engine)
    const { dialect, tables } = source
    const table = tables.get('LabThing')
    const [id, name, amount] = ['id', 'name', 'amount'].map((column) => table?.columns.get(column))
    if (table === undefined || id === undefined || name === undefined || amount === undefined) throw new TypeError('no columns')
    const shown = [dialect.wire(id, 't.id'), dialect.wire(name, 't.name'), dialect.wire(amount, 't.amount'), dialect.jsonObject([{ name: 'a', value: dialect.json(id, 't.id') }, { name: 'b', value: dialect.json(amount, 't.amount') }])]
    const [row = []] = await source.query({ text: `SELECT ${shown.join(', ')} FROM ${table.relation} AS t WHERE t.id = ${dialect.cast(id, '$1', '9007199254740994')}`, values: ['9007199254740994'] })
    expect(row.slice(0, 3)).toEqual(['9007199254740994', 'Thing 1', 1])
    expect(JSON.parse(String(row[3]))).toEqual({ a: '9007199254740994', b: 1 })
  })

  it('J26 binds values, which are never read as SQL', async () => {
    await using source = await engines.open(engine)
    const hostile = "x'); DROP TABLE thing; --"
    expect(await source.query({ text: 'SELECT CAST($1 AS VARCHAR)', values: [hostile] })).toEqual([[hostile]])
  })

  it('joins a batch of keys in their order, with places for those that are absent', async () => {
    await using source = await engines.open(engine)
    const { dialect, tables } = source
    const table = tables.get('LabThing')
    const id = table?.columns.get('id')
    if (table === undefined || id === undefined) throw new TypeError('no table')
    const keys = ['9007199254740995', '1', null, '9007199254740993', '9007199254740995']
    const text = `SELECT CAST(b.ord AS DOUBLE PRECISION), CAST(t.amount AS DOUBLE PRECISION) FROM ${dialect.keyBatch('b', [id], ['$1'])} JOIN ${table.relation} AS t ON t.id = b.k0 ORDER BY 1`
    expect(await source.query({ text, values: [keys] })).toEqual([[0, 2], [3, 0], [4, 2]])
  })

  it('streams rows in batches, and can be left early', async () => {
    await using source = await engines.open(engine)
    const statement = { text: `SELECT CAST(t.amount AS DOUBLE PRECISION) FROM ${source.tables.get('LabThing')?.relation} AS t`, values: [] }
    let [batches, sum] = [0, 0]
    for await (const batch of source.stream(statement)) {
      batches += 1
      for (const [amount] of batch) sum += Number(amount)
    }
    expect([batches > 1, sum]).toEqual([true, (ROWS * (ROWS - 1)) / 2])
    for await (const batch of source.stream(statement)) if (batch.length > 0) break
    await source.ping()
  })

  it('changes nothing', async () => {
    await using source = await engines.open(engine)
    await expect(source.query({ text: `DELETE FROM ${engine === 'Parquet' ? '"LabThing"' : engine === 'PostgreSQL' ? 'every.thing' : 'thing'}`, values: [] })).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  })

  it('reports each statement without its values, and says of a failed one what kind of failure it was', async () => {
    const reports: StatementReport[] = []
    await using source = await engines.open(engine, { onStatement: (report) => reports.push(report) })
    await source.query({ text: 'SELECT CAST($1 AS VARCHAR)', values: ['secret value'] })
    const failed = source.query({ text: 'SELECT nothing_such FROM nowhere', values: [] })
    await expect(failed).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', message: expect.stringMatching(/^the statement failed: [\w ]+$/) as unknown })
    expect(reports.slice(-2).map(({ outcome, rows, text }) => [outcome, rows, text])).toEqual([['ok', 1, 'SELECT CAST($1 AS VARCHAR)'], ['failed', 0, 'SELECT nothing_such FROM nowhere']])
  })

  it('does not run a statement whose signal is aborted', async () => {
    await using source = await engines.open(engine)
    await expect(source.query({ text: 'SELECT 1', values: [] }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  })

  it('has a connection of its own for work beside that of callers', async () => {
    await using source = await engines.open(engine)
    await using own = source.withOwnConnection()
    expect(await own.query({ text: `SELECT CAST(count(*) AS DOUBLE PRECISION) FROM ${own.tables.get('LabThing')?.relation} AS t`, values: [] })).toEqual([[ROWS]])
  })

  it.each([
    ['a table', (product: DataProduct): DataProduct => ({ ...product, objects: [productObject('lab', 'Nothing', [property('id', 'integer')])] })],
    ['a column', (product: DataProduct): DataProduct => ({ ...product, objects: product.objects.map((object) => ({ ...object, properties: [...object.properties, property('no_such', 'string')] })) })],
  ])('refuses a contract with %s that is not there, and names it', async (_name, change) => {
    await expect(engines.open(engine, { change })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(/nothing|no_such/i) as unknown })
  })

  it('measures what a contract promises: counts, absent and duplicate values, patterns, queries of the contract', async () => {
    const failed: string[] = []
    await using source = await engines.open(engine, { onStatement: ({ outcome, text }) => void (outcome === 'failed' && failed.push(text)) })
    const results = await measurePromises(listPromises(parsed.value), { source, nowMs: () => 0 })
    expect(failed).toEqual([])
    expect(results.map(({ id, state, measured }) => [id.split('/').at(-1), state, measured])).toEqual([
      ['rows', 'KEPT', ROWS], ['own', 'KEPT', 3_999], ['absent', 'KEPT', 50], ['form', 'KEPT', 1], ['twice', 'KEPT', 0], ['duplicateValues', 'KEPT', 0], ['nullValues', 'KEPT', 0],
    ])
  })

  it('refuses statements once it is closed', async () => {
    const source = await engines.open(engine)
    await source.close()
    await source.close()
    await expect(source.query({ text: 'SELECT 1', values: [] })).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  })
})

describe('openSource', () => {
  const custom = (engine: string): DataProduct => dataProduct('lab', 'others', [], { servers: [{ kind: 'custom', name: 'there', engine, server: { server: 'there', type: 'custom', database: 'x' } }] })

  it('says which engines there are where none reads a server', async () => {
    await expect(openSource({ products: [custom('sqlite')], dataDir: '/nowhere' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID', message: 'urn:dataproduct:lab:others:1: nothing here reads its server there; there are files and DuckDB databases, PostgreSQL',
    })
  })

  it('refuses products of one domain in two kinds of source', async () => {
    await expect(openSource({ products: [custom('sqlite'), dataProduct('lab', 'things', [])], dataDir: '/nowhere', engines: [...SOURCE_ENGINES, sqliteEngine] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID', message: 'the products of one domain lie in one kind of source; these lie in 2: urn:dataproduct:lab:others:1 in SQLite; urn:dataproduct:lab:things:1 in files and DuckDB databases',
    })
  })
})

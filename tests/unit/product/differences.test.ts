import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { execute, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CallIdentity } from '@polyseme/kit/identity'
import { buildDomainSubgraph, CursorCodec, type DomainSubgraph } from '@polyseme/kit/product'
import { DuckDbSource, PostgresSource, type Source } from '@polyseme/kit/source'
import { fillParquet, fillPostgres } from '../../testkit/domain-oracle/fill-sources.ts'
import type { OracleRow } from '../../testkit/domain-oracle/random-domain.ts'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'
import { at } from '../../testkit/shop-domain.ts'

const K = 3
const DEPARTMENTS = ['Sales', 'Research', 'Law']
const SITES = ['Oslo', 'Lima', 'Pune']

/** Pay is masked for the caller, and may be added up; who is who is in clear. */
const STAFF = dataProduct('staff', 'people', [
  productObject('staff', 'Person', [
    property('person_id', 'integer', { required: true }), property('name', 'string'), property('department', 'string'), property('site', 'string'), property('pay', 'integer', { classification: 'restricted' }), property('boss_id', 'integer'),
  ], {
    keys: [['personId']],
    minGroupRows: K,
    aggregateDimensions: ['department', 'site'],
    rowFilters: [{ field: 'site', claim: 'sites', unlessScopes: ['staff:all'] }],
    relationships: [{ field: 'team', cardinality: 'many', toType: 'StaffPerson', on: [{ from: 'personId', to: 'bossId' }] }, { field: 'boss', cardinality: 'one', toType: 'StaffPerson', on: [{ from: 'bossId', to: 'personId' }] }],
  }),
])

/** Carol is the only one of Law in Oslo; the other cells have two to five people. */
const PEOPLE: readonly OracleRow[] = Array.from({ length: 30 }, (_unused, index) => {
  const [department, site] = index === 0 ? ['Law', 'Oslo'] : index < 3 ? ['Law', 'Lima'] : [DEPARTMENTS[index % 2], SITES[Math.floor(index / 2) % 3]]
  return { personId: BigInt(index), name: index === 0 ? 'Carol' : `Person ${index}`, department: department ?? null, site: index === 29 ? null : (site ?? null), pay: BigInt(1_000 + index * index * 7), bossId: 0n }
})

let server: PostgresServer
let dataDir = ''
const engines = new Map<string, { readonly source: Source; readonly subgraph: DomainSubgraph }>()

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polyseme-differences-'))
  server = await startPostgres()
  const domain = { product: STAFF, rows: new Map([['StaffPerson', PEOPLE]]) }
  await fillParquet(domain, dataDir)
  engines.set('DuckDB', { source: await DuckDbSource.open({ products: [STAFF], dataDir, threads: 1 }), subgraph: buildDomainSubgraph([STAFF]) })
  const product = await fillPostgres(domain, server, 'differences')
  engines.set('PostgreSQL', { source: await PostgresSource.open({ products: [product], access: { user: server.user } }), subgraph: buildDomainSubgraph([product]) })
})

afterAll(async () => {
  for (const { source } of engines.values()) await source.close()
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})

interface Totals {
  readonly count: number
  readonly pay: number
}

describe.each(['DuckDB', 'PostgreSQL'])('differences of aggregates on %s', (engine) => {
  async function ask(query: string, variables: Readonly<Record<string, unknown>> = {}, claims?: Readonly<Record<string, unknown>>, masks: CallIdentity['masks'] = {}): Promise<{ readonly data: unknown; readonly codes: readonly unknown[] }> {
    const { source, subgraph } = engines.get(engine) ?? { source: undefined, subgraph: undefined }
    if (source === undefined) throw new TypeError(engine)
    const principal = { issuer: 'i', subject: 's', scopes: new Set(['staff:read', ...(claims === undefined ? ['staff:all'] : [])]), roles: [], claims: claims ?? {}, expiresAtSec: 0 }
    const run = { model: subgraph.model, source, cursors: new CursorCodec(Buffer.alloc(32, 1)), call: { principal, masks: { 'StaffPerson.pay': { kind: 'null' as const }, ...masks } } }
    const { data, errors = [] } = await execute({ schema: subgraph.schema, document: parse(query), variableValues: variables, contextValue: { run } })
    return { data, codes: errors.map(({ originalError }) => (originalError as { code?: unknown } | undefined)?.code) }
  }

  async function totals(where: unknown, claims?: Readonly<Record<string, unknown>>): Promise<Totals> {
    const { data, codes } = await ask('query ($where: StaffPersonWhere) { staff { peopleAggregate: personsAggregate(where: $where) { count sum { pay } } } }', { where }, claims)
    expect(codes).toEqual([])
    return { count: Number(at(data, 'staff.peopleAggregate.0.count') ?? 0), pay: Number(at(data, 'staff.peopleAggregate.0.sum.pay') ?? 0) }
  }

  it('M08 the individual tracker learns nothing: Carol is in neither of the two sums', async () => {
    const law = { department: { eq: 'Law' } }
    const withCarol = await totals(law)
    const withoutCarol = await totals({ and: [law, { not: { site: { eq: 'Oslo' } } }] })
    expect(withCarol).toEqual(withoutCarol)
    const all = await totals(undefined)
    expect(all.count - (await totals({ not: { and: [law, { site: { eq: 'Oslo' } }] } })).count).toBe(0)
  })

  it('M08 the general tracker learns nothing: whatever is asked is made of whole cells of at least k rows', async () => {
    const cells = new Map<string, OracleRow[]>()
    for (const row of PEOPLE) {
      const cell = JSON.stringify([row['department'], row['site']])
      cells.set(cell, [...(cells.get(cell) ?? []), row])
    }
    const counted = [...cells.values()].filter((cell) => cell.length >= K).flat()
    expect(counted.length).toBeLessThan(PEOPLE.length)
    const condition = fc.oneof(
      fc.record({ department: fc.record({ in: fc.subarray(DEPARTMENTS) }) }),
      fc.record({ site: fc.record({ nin: fc.subarray(SITES) }) }),
    )
    const isAmong = (cell: unknown, values: readonly string[]): boolean => typeof cell === 'string' && values.includes(cell)
    const matches = (row: OracleRow, where: { department?: { in: string[] }; site?: { nin: string[] } }): boolean =>
      where.department === undefined ? !isAmong(row['site'], where.site?.nin ?? []) : isAmong(row['department'], where.department.in)
    await fc.assert(fc.asyncProperty(fc.array(condition, { minLength: 1, maxLength: 3 }), fc.array(condition, { minLength: 1, maxLength: 2 }), async (all, any) => {
      const left = counted.filter((row) => all.every((part) => matches(row, part)) && any.some((part) => matches(row, part)))
      const expected = { count: left.length, pay: left.reduce((sum, row) => sum + Number(row['pay']), 0) }
      expect(await totals({ and: all, or: any })).toEqual(expected)
    }), { numRuns: 60 })
  })

  it.each([
    ['a filter by name', '{ staff { personsAggregate(where: { name: { eq: "Carol" } }) { count } } }'],
    ['its complement', '{ staff { personsAggregate(where: { not: { name: { eq: "Carol" } } }) { count } } }'],
    ['a filter beside dimensions', '{ staff { personsAggregate(where: { and: [{ site: { eq: "Oslo" } }, { or: [{ personId: { gt: 1 } }] }] }) { count } } }'],
    ['a filter through a relationship', '{ staff { personsAggregate(where: { boss: { name: { eq: "Carol" } } }) { count } } }'],
    ['groups by name', '{ staff { personsAggregate(groupBy: [{ field: name }]) { count } } }'],
    ['aggregates of each one\'s team', '{ staff { persons { nodes { teamAggregate { count } } } } }'],
  ])('M08 refuses %s', async (_name, query) => {
    const { codes } = await ask(query)
    expect(new Set(codes)).toEqual(new Set(['BAD_USER_INPUT']))
  })

  it('M04 adds up what is masked, and tells no single value of it', async () => {
    expect(await ask('{ staff { personsAggregate(groupBy: [{ field: department }], having: { sum: { pay: { gt: 0 } } }, orderBy: [{ avg: { pay: DESC } }]) { group { department } avg { pay } } } }')).toMatchObject({ codes: [] })
    for (const field of ['min', 'max', 'countDistinct']) expect((await ask(`{ staff { personsAggregate { ${field} { pay } } } }`)).codes).toEqual(['FIELD_NOT_CLEAR'])
    expect((await ask('{ staff { personsAggregate(where: { pay: { gt: 1 } }) { count } } }')).codes).toHaveLength(1)
    for (const sums of ['sum { pay }', 'avg { pay }', 'count']) {
      const { codes } = await ask(`{ staff { personsAggregate(having: { sum: { pay: { gt: 0 } } }) { ${sums} } } }`, {}, undefined, { 'StaffPersonSums.pay': { kind: 'null' } })
      expect(codes).toEqual(['FIELD_NOT_CLEAR'])
    }
  })

  it('M06 callers with other rows see the same cells, so that they learn nothing from each other', async () => {
    const [all, oslo, rest] = await Promise.all([totals(undefined), totals(undefined, { sites: ['Oslo'] }), totals({ or: [{ site: { nin: ['Oslo'] } }] })])
    expect(oslo.count + rest.count).toBe(all.count)
    expect(oslo).toEqual(await totals({ site: { eq: 'Oslo' } }))
  })
})

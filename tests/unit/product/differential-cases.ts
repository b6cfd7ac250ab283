import { expect } from 'vitest'
import * as fc from 'fast-check'
import { execute, getVariableValues, Kind, parse, validate, type DocumentNode, type ExecutionResult } from 'graphql'
import type { DataProduct, ProductObject } from '@polyseme/kit/contract'
import type { CallIdentity } from '@polyseme/kit/identity'
import { answerDirectly, buildDomainSubgraph, CursorCodec, type DomainSubgraph } from '@polyseme/kit/product'
import type { Source } from '@polyseme/kit/source'
import { aggregateArbitrary, orderArbitrary, whereArbitrary } from '../../testkit/domain-oracle/arbitrary-query.ts'
import { toWire } from '../../testkit/domain-oracle/cell.ts'
import { aggregate, functionTable, sortRows, type Oracle, type OracleCaller } from '../../testkit/domain-oracle/oracle.ts'
import { ZONES, type OracleRow, type RandomDomain } from '../../testkit/domain-oracle/random-domain.ts'

/** A random domain that is served from a source, and the ways to ask it. */
export class DomainUnderTest {
  readonly domain: RandomDomain
  readonly #subgraph: DomainSubgraph
  readonly #source: Source
  readonly #cursors = new CursorCodec(Buffer.alloc(32, 1))
  readonly #documents = new Map<string, DocumentNode>()
  #asked = 0

  constructor(domain: RandomDomain, product: DataProduct, source: Source) {
    this.domain = domain
    this.#subgraph = buildDomainSubgraph([product])
    this.#source = source
  }

  /** The answer made of text from the database; every eighth time graphql-js, resolving each field, must give the same. */
  async ask(text: string, variables: Record<string, unknown>, caller: OracleCaller): Promise<Record<string, unknown>> {
    const { model, schema, requirements } = this.#subgraph
    const document = this.#document(text)
    const run = { model, source: this.#source, cursors: this.#cursors, call: callOf(caller) }
    const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    if (operation === undefined) throw new TypeError('no operation')
    const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
    const answer = await answerDirectly({ run, context: { schema, model, fragments: {}, variables: coerced.coerced ?? {}, requirements } }, operation)
    expect(answer?.failures).toEqual([])
    const data = JSON.parse(answer?.data ?? 'null') as Record<string, unknown>
    this.#asked += 1
    if (this.#asked % 8 === 0) {
      const result: ExecutionResult = await execute({ schema, document, variableValues: variables, contextValue: { run } })
      expect(result.errors).toBeUndefined()
      expect(data).toEqual(JSON.parse(JSON.stringify(result.data)))
    }
    return data
  }

  #document(text: string): DocumentNode {
    const known = this.#documents.get(text)
    if (known !== undefined) return known
    const document = parse(text)
    expect(validate(this.#subgraph.schema, document)).toEqual([])
    this.#documents.set(text, document)
    return document
  }
}

function callOf(caller: OracleCaller): CallIdentity {
  const scopes = new Set(['lab:read', ...(caller.zones === undefined ? ['lab:all'] : [])])
  const { zones, restricted } = caller
  const claims = { ...(zones === undefined ? {} : { zones }), ...(restricted === undefined ? {} : { left: restricted.zones }) }
  // Of two ways one is never met, and of two restrictions both hold.
  const twice = [{ anyOf: [{ field: 'zoneName', claim: 'left' }, { field: 'zoneName', claim: 'absent' }] }, { anyOf: [{ field: 'zoneName', claim: 'left' }] }]
  const rowRestrictions = Object.fromEntries((restricted?.types ?? []).map((type) => [type, twice]))
  return { principal: { issuer: 'https://issuer.test', subject: 'someone', scopes, roles: [], claims, expiresAtSec: 0 }, masks: {}, rowRestrictions }
}

const restrictedArbitrary: fc.Arbitrary<OracleCaller['restricted']> = fc.oneof(
  fc.constant(undefined),
  fc.record({ types: fc.subarray(['LabParent', 'LabChild'], { minLength: 1 }), zones: fc.subarray([...ZONES, 'nowhere']) }),
)

export const callerArbitrary: fc.Arbitrary<OracleCaller> = fc
  .tuple(fc.oneof(fc.constant(undefined), fc.subarray([...ZONES, 'nowhere'])), restrictedArbitrary)
  .map(([zones, restricted]) => ({ zones, ...(restricted === undefined ? {} : { restricted }) }))

const scalars = (object: ProductObject): string => shownFields(object).join(' ')

// Rows without a key may be equal in everything that sorts them; only that is shown, so that it does not matter which comes first.
function shownFields(object: ProductObject): readonly string[] {
  const shown = object.keys.length > 0 ? object.properties : object.properties.filter((property) => !property.list && property.type !== 'json')
  return shown.map((property) => property.field)
}

function wireOf(oracle: Oracle, object: ProductObject, row: OracleRow): Record<string, unknown> {
  const wire = oracle.wireRow(object, row)
  return Object.fromEntries(shownFields(object).map((field) => [field, wire[field]]))
}

/** One case of a kind; throws where the subgraph and the oracle differ. */
export type CaseKind = (under: DomainUnderTest, oracle: Oracle, caller: OracleCaller) => fc.Arbitrary<() => Promise<void>>

const objectArbitrary = (under: DomainUnderTest): fc.Arbitrary<ProductObject> => fc.constantFrom(...under.domain.product.objects)

/** A filtered, sorted page with everything that its rows have, and what they relate to. */
export const pageCase: CaseKind = (under, oracle, caller) =>
  objectArbitrary(under).chain((object) =>
    fc
      .record({
        where: whereArbitrary(under.domain.product, object),
        orderBy: orderArbitrary(object),
        first: fc.integer({ min: 0, max: 50 }),
        inner: fc.record({ first: fc.integer({ min: 0, max: 4 }) }),
      })
      .map(({ where, orderBy, first, inner }) => async () => {
        const related = object.relationships.map((relationship) => relatedSelection(under.domain.product, relationship.field, relationship.toType, relationship.cardinality)).join(' ')
        const innerVariable = object.relationships.some((relationship) => relationship.cardinality === 'many') ? ', $inner: Int' : ''
        const text = `query ($where: ${object.typeName}Where, $orderBy: [${object.typeName}OrderBy!], $first: Int${innerVariable}) {
          lab { ${object.fields.list}(where: $where, orderBy: $orderBy, first: $first) { totalCount pageInfo { hasNextPage } nodes { ${scalars(object)} ${related} } } } }`
        const data = await under.ask(text, { where, orderBy, first, inner: inner.first }, caller)
        const selected = oracle.select(object, where, orderBy)
        const expected = {
          totalCount: selected.length,
          pageInfo: { hasNextPage: selected.length > first },
          nodes: selected.slice(0, first).map((row) => ({ ...wireOf(oracle, object, row), ...relatedWire(oracle, object, row, inner.first) })),
        }
        expect((data['lab'] as Record<string, unknown>)[object.fields.list]).toEqual(expected)
      }),
  )

function relatedSelection(product: DataProduct, field: string, toType: string, cardinality: string): string {
  const to = product.objects.find((object) => object.typeName === toType)
  if (to === undefined) return ''
  if (cardinality === 'one') return `${field} { ${scalars(to)} }`
  const key = to.keys[0]?.join(' ') ?? ''
  return `${field}(first: $inner) { totalCount pageInfo { hasNextPage hasPreviousPage } ${key === '' ? '' : `nodes { ${key} }`} } ${field}Aggregate { count }`
}

function relatedWire(oracle: Oracle, object: ProductObject, row: OracleRow, first: number): Record<string, unknown> {
  const entries = object.relationships.flatMap((relationship): (readonly [string, unknown])[] => {
    const to = oracle.object(relationship.toType)
    const others = sortRows(to, oracle.related(relationship, row), [])
    if (relationship.cardinality === 'one') return [[relationship.field, others[0] === undefined ? null : wireOf(oracle, to, others[0])]]
    const key = to.keys[0]
    const nodes = key === undefined ? {} : { nodes: others.slice(0, first).map((other) => Object.fromEntries(key.map((field) => [field, oracle.wireRow(to, other)[field]]))) }
    const connection = { totalCount: others.length, pageInfo: { hasNextPage: others.length > first, hasPreviousPage: false }, ...nodes }
    return [[relationship.field, connection], [`${relationship.field}Aggregate`, [{ count: others.length }]]]
  })
  return Object.fromEntries(entries)
}

/** All pages of a filtered, sorted list, forwards or backwards: every row exactly once. */
export const walkCase: CaseKind = (under, oracle, caller) =>
  fc.constantFrom(...under.domain.product.objects.filter((object) => object.keys.length > 0)).chain((object) =>
    fc
      .record({ where: whereArbitrary(under.domain.product, object, 1), orderBy: orderArbitrary(object), size: fc.integer({ min: 1, max: 9 }), backwards: fc.boolean() })
      .map(({ where, orderBy, size, backwards }) => async () => {
        const key = object.keys[0] ?? []
        const args = backwards ? 'last: $size, before: $cursor' : 'first: $size, after: $cursor'
        const text = `query ($where: ${object.typeName}Where, $orderBy: [${object.typeName}OrderBy!], $size: Int, $cursor: String) {
          lab { ${object.fields.list}(where: $where, orderBy: $orderBy, ${args}) { pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { ${key.join(' ')} } } } } }`
        const expected = oracle.select(object, where, orderBy).map((row) => Object.fromEntries(key.map((field) => [field, oracle.wireRow(object, row)[field]])))
        const seen: unknown[] = []
        let cursor: string | null = null
        for (let pages = 0; pages <= expected.length; pages += 1) {
          const data = await under.ask(text, { where, orderBy, size, cursor }, caller)
          const page = (data['lab'] as Record<string, WalkedPage>)[object.fields.list]
          if (page === undefined) throw new TypeError('no page')
          const nodes = page.edges.map((edge) => edge.node)
          if (backwards) seen.unshift(...nodes)
          else seen.push(...nodes)
          expect([page.pageInfo.startCursor, page.pageInfo.endCursor]).toEqual([page.edges[0]?.cursor ?? null, page.edges.at(-1)?.cursor ?? null])
          const isMore: boolean = backwards ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage
          expect(isMore).toBe(seen.length < expected.length)
          if (!isMore) break
          cursor = backwards ? page.pageInfo.startCursor : page.pageInfo.endCursor
        }
        expect(seen).toEqual(expected)
      }),
  )

interface WalkedPage {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean; readonly startCursor: string | null; readonly endCursor: string | null }
  readonly edges: readonly { readonly cursor: string; readonly node: unknown }[]
}

/** Groups with every function over every field. */
export const aggregateCase: CaseKind = (under, oracle, caller) =>
  objectArbitrary(under).chain((object) =>
    aggregateArbitrary(under.domain.product, object).map((ask) => async () => {
      const functions = functionTable(object).map(([name, properties]) => `${name} { ${properties.map((property) => property.field).join(' ')} }`)
      const group = `group { ${ask.groupBy.map((term) => term.field).join(' ') || '__typename'} }`
      const type = object.typeName
      const text = `query ($where: ${type}Where, $groupBy: [${type}GroupBy!], $having: ${type}Having, $orderBy: [${type}AggregateOrderBy!], $first: Int) {
        lab { ${object.fields.aggregate}(where: $where, groupBy: $groupBy, having: $having, orderBy: $orderBy, first: $first) { ${group} count ${functions.join(' ')} } } }`
      const data = await under.ask(text, { ...ask }, caller)
      const answer = (data['lab'] as Record<string, unknown>)[object.fields.aggregate]
      const rows = oracle.visible(object).filter((row) => oracle.matches(object, row, ask.where))
      expect((answer as Record<string, unknown>[]).map(roundMeans)).toEqual(aggregate(object, rows, ask))
    }),
  )

function roundMeans(group: Record<string, unknown>): Record<string, unknown> {
  const means = group['avg'] as Record<string, number | null> | undefined
  if (means === undefined) return group
  return { ...group, avg: Object.fromEntries(Object.entries(means).map(([field, mean]) => [field, mean === null ? null : Number(mean.toPrecision(9))])) }
}

/** Entities by key, as the gateway asks for them: order, repetition and absence preserved. */
export const entitiesCase: CaseKind = (under, oracle, caller) => {
  const keyed = under.domain.product.objects.filter((object) => object.keys.length > 0)
  return fc.array(fc.tuple(fc.constantFrom(...keyed), fc.nat(45)), { maxLength: 25 }).map((wanted) => async () => {
    const all = (object: ProductObject): readonly OracleRow[] => under.domain.rows.get(object.typeName) ?? []
    const asked = wanted.flatMap(([object, at]) => {
      const row = all(object)[at] ?? missing(object)
      return row === undefined ? [] : [{ object, row }]
    })
    const representations = asked.map(({ object, row }) => ({ __typename: object.typeName, ...Object.fromEntries((object.keys[0] ?? []).map((field) => [field, oracle.wireRow(object, row)[field]])) }))
    const text = `query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename ${keyed.map((object) => `... on ${object.typeName} { ${aliased(object)} }`).join(' ')} } }`
    const data = await under.ask(text, { representations }, caller)
    const expected = asked.map(({ object, row }) => {
      const found = oracle.visible(object).find((candidate) => (object.keys[0] ?? []).every((field) => candidate[field] === row[field]))
      if (found === undefined) return null
      const wire = oracle.wireRow(object, found)
      return { __typename: object.typeName, ...Object.fromEntries(object.properties.map((property) => [`${object.name}_${property.field}`, wire[property.field]])) }
    })
    expect(data['_entities']).toEqual(expected)
  })
}

// Fields of two types may have one name and two types; a response key of its own for each keeps the document valid.
function aliased(object: ProductObject): string {
  return object.properties.map((property) => `${object.name}_${property.field}: ${property.field}`).join(' ')
}

function missing(object: ProductObject): OracleRow | undefined {
  const cells = (object.keys[0] ?? []).map((field) => {
    const property = object.properties.find((entry) => entry.field === field)
    return [field, property?.type === 'integer' || property?.type === 'bigint' ? 123_456n : 'no such key'] as const
  })
  return Object.fromEntries(cells)
}

/** Rows by their keys under several aliases, which share a statement; some are there twice, some not at all. */
export const byKeyCase: CaseKind = (under, oracle, caller) =>
  fc.tuple(fc.constantFrom(...under.domain.product.objects.filter((object) => object.keys.length > 0)), fc.array(fc.nat(45), { minLength: 1, maxLength: 4 })).map(([object, places]) => async () => {
    const key = object.keys[0] ?? []
    const wanted = places.flatMap((at): readonly OracleRow[] => {
      const row = under.domain.rows.get(object.typeName)?.[at] ?? missing(object)
      return row === undefined ? [] : [row]
    })
    if (wanted.length === 0) return
    const wire = Object.fromEntries(wanted.flatMap((row, index) => key.map((field) => {
      const property = object.properties.find((entry) => entry.field === field)
      return [`${field}${index}`, property === undefined ? null : toWire(property, row[field] ?? null)]
    })))
    const variables = wanted.flatMap((_row, index) => key.map((field) => `$${field}${index}: ${keyType(object, field)}!`)).join(', ')
    const fields = wanted.map((_row, index) => `a${index}: ${object.fields.byKey}(${key.map((field) => `${field}: $${field}${index}`).join(', ')}) { ${scalars(object)} }`)
    const data = await under.ask(`query (${variables}) { lab { ${fields.join(' ')} } }`, wire, caller)
    const expected = wanted.map((row, index) => {
      const found = oracle.visible(object).find((candidate) => key.every((field) => candidate[field] === row[field]))
      return [`a${index}`, found === undefined ? null : wireOf(oracle, object, found)]
    })
    expect(data['lab']).toEqual(Object.fromEntries(expected))
  })

function keyType(object: ProductObject, field: string): string {
  const type = object.properties.find((entry) => entry.field === field)?.type
  return type === 'bigint' ? 'BigInt' : type === 'integer' ? 'Int' : type === 'id' ? 'ID' : 'String'
}


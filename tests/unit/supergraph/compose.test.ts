import { printSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { composeSupergraph, type ComposeOptions } from '../../../gateway/supergraph/index.ts'
import { composeGraph, subgraphsOf } from '../../testkit/access-graph.ts'

/** What composition finds, as `rule: what`. */
function findings(sdls: Readonly<Record<string, string>>, options?: ComposeOptions): readonly string[] {
  const result = composeSupergraph(subgraphsOf(sdls), options)
  return result.kind === 'ok' ? [] : result.diagnostics.map(({ rule, what }) => `${rule}: ${what}`)
}

const SALES = 'type Query { sales: SalesQuery } type SalesQuery { customers: [SalesCustomer!] } type SalesCustomer @key(fields: "customerId") { customerId: ID! name: String }'
const BILLING = 'type Query { billing: BillingQuery } type BillingQuery { customers: [BillingCustomer!] } type BillingCustomer @key(fields: "customerId") { customerId: ID! openBalance: Float }'

describe('composing subgraphs', () => {
  it('F02 shows clients neither _entities nor _service', () => {
    const { apiSchema } = composeGraph({ sales: SALES, billing: BILLING })
    expect(Object.keys(apiSchema.getQueryType()?.getFields() ?? {})).toEqual(['billing', 'sales'])
    expect(printSchema(apiSchema)).not.toMatch(/_entities|_service|_Any|join__|link__/)
  })

  it('gives the same graph the same id, another graph another', () => {
    const first = composeGraph({ sales: SALES, billing: BILLING })
    expect(composeGraph({ sales: SALES, billing: BILLING }).id).toBe(first.id)
    expect(composeGraph({ sales: SALES }).id).not.toBe(first.id)
    expect(first.id).toMatch(/^[0-9a-f]{64}$/)
  })

  it('keeps the subgraphs by name', () => {
    expect([...composeGraph({ sales: SALES, billing: BILLING }).subgraphs.keys()]).toEqual(['sales', 'billing'])
  })

  it('names the domain and the place of a syntax error, of every domain at once', () => {
    const result = composeSupergraph(subgraphsOf({ sales: 'type Query {{ a: Int }', billing: 'type' }))
    expect(result).toMatchObject({ kind: 'invalid', diagnostics: [
      { rule: 'subgraph-syntax', what: 'Domain "sales": Syntax Error: Expected Name, found "{".', position: { file: 'sales.graphql' } },
      { rule: 'subgraph-syntax', what: 'Domain "billing": Syntax Error: Expected Name, found <EOF>.' },
    ] })
  })

  it('says what is wrong, in which domains and what to do about it', () => {
    const result = composeSupergraph(subgraphsOf({
      sales: 'type Query { a: Int @shareable }', billing: 'type Query { a: String @shareable }',
    }))
    expect(result).toMatchObject({ kind: 'invalid', diagnostics: [{
      rule: 'composition-field-type-mismatch',
      what: 'Type of field "Query.a" is incompatible across domains: it has type "String" in domain "billing" but type "Int" in domain "sales"',
      how: 'Give the field the same type in every domain.',
    }] })
  })

  it('refuses two subgraphs of one name', () => {
    const [sales, billing] = subgraphsOf({ sales: SALES, billing: BILLING })
    const result = composeSupergraph([sales, billing, sales].filter((one) => one !== undefined))
    expect(result).toMatchObject({ kind: 'invalid', diagnostics: [{ rule: 'subgraph-name-taken' }] })
  })

  it('refuses a field that cannot be resolved across domains', () => {
    const found = findings({
      sales: 'type Query { customer: Customer } type Customer { id: ID! name: String @shareable }',
      billing: 'type Customer { id: ID! @shareable balance: Float }',
    }, { sharedTypes: 'any' })
    expect(found.join()).toMatch(/composition-(satisfiability-error|invalid-field-sharing)/)
  })
})

describe('types that several domains define', () => {
  const CUSTOMER = 'type Customer @key(fields: "id") { id: ID! name: String @shareable }'

  it('are refused, with the declaration that would allow them', () => {
    const result = composeSupergraph(subgraphsOf({ sales: `type Query { a: Customer } ${CUSTOMER}`, support: `type Query { b: Customer } ${CUSTOMER}` }))
    expect(result).toMatchObject({ kind: 'invalid', diagnostics: [{
      rule: 'type-shared-undeclared',
      what: 'Type "Customer" is defined by the domains "sales", "support".',
    }] })
    expect(result.kind === 'invalid' && result.diagnostics[0]?.how).toContain('{ type: Customer, domains: [sales, support] }')
  })

  it('merge once a steward declares them one', () => {
    const sdls = { sales: `type Query { a: Customer } ${CUSTOMER}`, support: `type Query { b: Customer } ${CUSTOMER}` }
    expect(findings(sdls, { sharedTypes: [{ type: 'Customer', domains: ['support', 'sales'] }] })).toEqual([])
    expect(findings(sdls, { sharedTypes: [{ type: 'Customer', domains: ['sales', 'billing'] }] })).toHaveLength(1)
    expect(findings(sdls, { sharedTypes: [{ type: 'Lead', domains: ['sales', 'support'] }] })).toHaveLength(1)
  })

  it('are refused when only one of them is an entity', () => {
    expect(findings({
      sales: `type Query { a: Customer } ${CUSTOMER}`,
      support: 'type Query { b: Customer } type Customer { id: ID! name: String @shareable }',
    })).toHaveLength(1)
  })

  it('are refused when one domain only refers to the other\'s entity', () => {
    expect(findings({
      sales: `type Query { a: Customer } ${CUSTOMER}`,
      support: 'type Query { b: Ticket } type Ticket { of: Customer } type Customer @key(fields: "id", resolvable: false) { id: ID! }',
    })[0]).toContain('type-shared-undeclared')
  })

  it('are free when they are value types written the same', () => {
    const page = 'type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }'
    const other = 'type PageInfo @shareable { endCursor: String "described" hasNextPage: Boolean! }'
    const filter = 'input StringFilter { eq: String in: [String!] } enum SortDirection { ASC DESC } scalar Date'
    expect(findings({
      sales: `type Query { a(where: StringFilter, order: SortDirection, at: Date): PageInfo } ${page} ${filter}`,
      support: `type Query { b(where: StringFilter, order: SortDirection, at: Date): PageInfo } ${other} ${filter}`,
    })).toEqual([])
  })

  it.each([
    ['an enum with another value', 'enum Status { OPEN CLOSED }', 'enum Status { OPEN LOST }', 'a: Status', 'b: Status'],
    ['an input with another field', 'input Filter { eq: String }', 'input Filter { eq: String ne: String }', 'a(f: Filter): Int', 'b(f: Filter): Int'],
    ['a value type with another field', 'type Money @shareable { amount: Float }', 'type Money @shareable { amount: Float currency: String }', 'a: Money', 'b: Money'],
    ['an interface with another field', 'interface Named { name: String } type A implements Named { name: String }', 'interface Named { title: String } type B implements Named { title: String }', 'a: Named', 'b: Named'],
    ['a union with another member', 'union Any = A type A { x: Int }', 'union Any = B type B { x: Int }', 'a: Any', 'b: Any'],
  ])('are refused for %s', (_, sales, support, salesField, supportField) => {
    expect(findings({ sales: `type Query { ${salesField} } ${sales}`, support: `type Query { ${supportField} } ${support}` })[0]).toContain('type-shared-undeclared')
  })

  it('may be extended by the gateway\'s own in-process subgraphs', () => {
    const [sales, crosswalk] = subgraphsOf({
      sales: SALES,
      crosswalk: 'type SalesCustomer @key(fields: "customerId") { customerId: ID! mappings: [String!] }',
    })
    if (sales === undefined || crosswalk === undefined) throw new TypeError()
    expect(composeSupergraph([sales, crosswalk]).kind).toBe('invalid')
    expect(composeSupergraph([sales, { ...crosswalk, url: 'inprocess:crosswalk' }]).kind).toBe('ok')
  })

  it('see through a renamed @key', () => {
    const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])'
    const type = 'type Customer @federation__key(fields: "id") { id: ID! name: String @shareable }'
    expect(findings({ sales: `${link} type Query { a: Customer } ${type}`, support: `${link} type Query { b: Customer } ${type}` })[0]).toContain('type-shared-undeclared')
  })
})

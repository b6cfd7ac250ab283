import * as fc from 'fast-check'
import { getNullableType, GraphQLInt, isListType, isObjectType, Kind, parse, type FieldNode, type GraphQLOutputType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { actualCost, DEFAULT_COST_BUDGET, DEFAULT_OPERATION_LIMITS, estimateCost, findOverBudget, MemoryCallerBudgets, parseOperation, type CostSettings, type OperationCost } from '../../../gateway/operation/index.ts'
import { composeSupergraph, type Supergraph } from '../../../gateway/supergraph/index.ts'
import { composeGraph, subgraphsOf } from '../../testkit/access-graph.ts'
import { leastCpuMs } from '../../testkit/cpu-time.ts'

const GRAPH = composeGraph({
  shop: `
    type Query {
      me: User
      users: [User!]
      grid: [[User!]]
      products(first: Int = 3, after: Int): [Product!] @listSize(assumedSize: 7, slicingArguments: ["first"], requireOneSlicingArgument: false)
      strict(first: Int, last: Int): [Product!] @listSize(slicingArguments: ["first", "last"])
      page(first: Int, last: Int): Page @listSize(assumedSize: 20, slicingArguments: ["first", "last"], sizedFields: ["items", "names"], requireOneSlicingArgument: false)
      connection(first: Int, last: Int): UserConnection
      search: [Result!] @listSize(assumedSize: 2)
      heavy: Int @cost(weight: 50)
      cheap: User @cost(weight: 0)
      free: User @cost(weight: -4)
      filtered(where: Where, list: [Where!], weighed: Int @cost(weight: 6)): Int
      usual(where: Where = { b: 1 }, mood: Mood = GOOD, deep: Deep): Int
    }
    type Mutation { rename: User touch: Int }
    type User @key(fields: "id") { id: ID! name: String friends: [User!] @listSize(assumedSize: 5) product: Product }
    type Product @cost(weight: 3) { id: ID! price: Money maker: User }
    scalar Money @cost(weight: 2)
    type Page { items: [Product!] names: [String!] total: Int others: [User!] }
    type UserConnection { nodes: [User!] edges: [UserEdge!] totalCount: Int }
    type UserEdge { node: User cursor: String }
    union Result = User | Product
    enum Mood @cost(weight: 4) { GOOD BAD }
    input Deep { mood: Mood money: Money }
    input Where { a: Int b: Int @cost(weight: 10) and: [Where!] }
  `,
  reviews: 'type User @key(fields: "id") { id: ID! reviews: [Review!] @listSize(assumedSize: 4) } type Review { text: String }',
})

function cost(query: string, variables: Readonly<Record<string, unknown>> = {}, settings: CostSettings = {}, graph: Supergraph = GRAPH): OperationCost {
  return estimateCost(parseOperation({ query, variables }, graph, DEFAULT_OPERATION_LIMITS), graph, settings)
}

describe('estimated cost', () => {
  it.each([
    ['an object is 1, its leaves 0', '{ me { id name } }', 1],
    ['a list of unknown length counts 10 times', '{ users { id } }', 10],
    ['a list of lists 100 times', '{ grid { id } }', 100],
    ['a list in a list multiplies', '{ users { friends { id } } }', 10 + 50],
    ['a type may weigh more', '{ me { product { id } } }', 1 + 3],
    ['a scalar may weigh something', '{ me { product { price } } }', 1 + 3 + 2],
    ['a field may weigh instead of its type', '{ heavy cheap { product { id } } }', 50 + 0 + 3],
    ['nothing weighs less than nothing', '{ free { id } me { id } }', 0 + 1],
    ['an assumed size counts', '{ search { ... on User { id } } }', 2 * 3],
    ['a slicing argument counts instead', '{ products(first: 2) { id } }', 2 * 3],
    ['its default counts when it is absent', '{ products { id } }', 3 * 3],
    ['null says nothing, so the assumed size counts', '{ products(first: null) { id } }', 7 * 3],
    ['zero asks for nothing', '{ products(first: 0) { id price maker { id } } }', 0],
    ['G38 a negative number says nothing either', '{ products(first: -5) { id } }', 7 * 3],
    ['the larger of two slicing arguments counts', '{ page(first: 2, last: 5) { items { id } } }', 1 + 5 * 3],
    ['sized fields have the size, others do not', '{ page(first: 2) { items { id } names total others { id } } }', 1 + 2 * 3 + 10],
    ['the assumed size goes to the sized fields', '{ page { items { id } } }', 1 + 20 * 3],
    ['a connection takes first and last without a directive', '{ connection(first: 4) { nodes { id } edges { node { id } } totalCount } }', 1 + 4 + 4 + 4],
    ['of a union the dearest member counts', '{ search { ... on User { id } ... on Product { id price } } }', 2 * (3 + 2)],
    ['G40 a dear type behind a union weighs what it weighs', '{ search { __typename } }', 2 * 3],
    ['G40 but for what its fields bring', '{ search { ... on User { friends { id } } } }', 2 * (1 + 5)],
    ['an alias is another field', '{ a: users { id } b: users { id } }', 20],
    ['a field that is asked for twice counts once', '{ users { id } users { name } }', 10],
    ['G40 a fragment counts where it is spread', '{ users { ...F } me { ...F } } fragment F on User { friends { id } }', 10 + 50 + 1 + 5],
    ['G40 an inline fragment hides nothing', '{ ... on Query { ... { users { friends { id } } } } }', 60],
    ['an input object is 1, its weighed fields more', '{ filtered(where: { a: 1, b: 2, and: [{ b: 1 }, { a: 1 }] }) }', 1 + 10 + (1 + 10) + 1],
    ['each input object of a list counts', '{ filtered(list: [{ a: 1 }, { a: 2 }]) }', 2],
    ['an argument may weigh something', '{ filtered(weighed: 1) }', 6],
    ['an absent argument does not', '{ filtered }', 0],
    ['an absent argument is its default', '{ usual }', 1 + 10 + 4],
    ['null instead of a default costs nothing', '{ usual(where: null, mood: null) }', 0],
    ['enums and scalars in arguments weigh what their types do', '{ usual(where: null, mood: BAD, deep: { mood: GOOD, money: 3 }) }', 4 + 1 + 4 + 2],
    ['another subgraph\'s list counts too', '{ me { reviews { text } } }', 1 + 4],
    ['what is never executed costs nothing', '{ me { id } users @include(if: false) { id } }', 1],
    ['a mutation costs 10 more', 'mutation { rename { id } touch }', 10 + 1 + 10],
  ])('%s', (_, query, expected) => {
    expect(cost(query).total).toBe(expected)
  })

  it('goes by the variables', () => {
    const query = 'query($n: Int, $on: Boolean!, $w: Where) { products(first: $n) { id } users @include(if: $on) { id } filtered(where: $w) }'
    expect(cost(query, { n: 100, on: false, w: { b: 1 } }).total).toBe(100 * 3 + 11)
    expect(cost(query, { n: 1, on: true }).total).toBe(3 + 10)
    expect(cost(query, { n: null, on: false }).total).toBe(7 * 3)
    // Absent, so the argument's own default counts.
    expect(cost(query, { on: false }).total).toBe(3 * 3)
  })

  it.each([
    ['a path into an input object', '@listSize(slicingArguments: ["page.first"])'],
    ['an argument that there is not', '@listSize(slicingArguments: ["size"])'],
    ['a negative size', '@listSize(assumedSize: -1)'],
    ['a field that is no list', '@listSize(assumedSize: 1, sizedFields: ["id"])'],
  ])('has no list size by %s: composition refuses it', (_, listSize) => {
    const composed = composeSupergraph(subgraphsOf({ shop: `type Query { users(page: Page, first: Int): [User!] ${listSize} } input Page { first: Int } type User { id: ID! }` }))
    expect(composed.kind).toBe('invalid')
  })

  it('takes other defaults', () => {
    expect(cost('{ users { id } }', {}, { defaultListSize: 3 }).total).toBe(3)
    expect(cost('mutation { touch }', {}, { mutationWeight: 1 }).total).toBe(1)
  })

  it('says what each subgraph costs', () => {
    expect(Object.fromEntries(cost('{ users { id reviews { text } } }').bySubgraph)).toEqual({ shop: 10, reviews: 40 })
  })

  it('needs exactly one slicing argument where that is declared', () => {
    expect(cost('{ strict(first: 1) { id } }').violations).toEqual([])
    expect(cost('{ strict { id } }').violations).toEqual(['Query.strict needs exactly one of the arguments first, last; 0 are given.'])
    expect(cost('{ strict(first: 1, last: 1) { id } }').violations).toEqual(['Query.strict needs exactly one of the arguments first, last; 2 are given.'])
  })

  it.each([
    ['page sizes nested', '{ a: products(first: 2147483647) { maker { friends { friends { friends { friends { friends { friends { friends { friends { friends { friends { friends { friends { id } } } } } } } } } } } } } } }'],
    ['lists nested 28 deep', `{ users ${'{ friends '.repeat(27)}{ id }${' }'.repeat(27)} }`],
  ])('G37 saturates: %s', (_, query) => {
    const { total } = cost(query)
    expect(Number.isSafeInteger(total)).toBe(true)
    expect(total).toBeGreaterThan(DEFAULT_COST_BUDGET.maxCost)
    expect(cost(query.replace('{ ', '{ users { id } ')).total).toBeGreaterThanOrEqual(total)
  })

  it('takes time in proportion to the operation, whatever its types are', () => {
    const types = Array.from({ length: 30 }, (_, index) => `type T${index} implements I { id: ID! i: I t: [I] @listSize(assumedSize: 2) }`).join(' ')
    const graph = composeGraph({ a: `type Query { i: I } interface I { id: ID! i: I t: [I] } ${types}` })
    const query = `{ i ${'{ i { t '.repeat(13)}{ id }${' } }'.repeat(13)} }`
    expect(cost(query, {}, {}, graph).total).toBeGreaterThan(2 ** 13)
    // Another document each time, because a known one is looked up.
    let attempt = 0
    expect(leastCpuMs(() => cost(`${query} # ${attempt += 1}`, {}, {}, graph))).toBeLessThan(100)
  })

  it('takes the page of a product\'s contract', () => {
    const [sales] = subgraphsOf({ sales: 'type Query { sales: SalesQuery } type SalesQuery { customers(first: Int, last: Int): SalesCustomerConnection } type SalesCustomerConnection { nodes: [SalesCustomer!] } type SalesCustomer { id: ID! orders(first: Int): SalesOrderConnection } type SalesOrderConnection { nodes: [SalesOrder!] } type SalesOrder { id: ID! }' })
    if (sales === undefined) throw new TypeError()
    const objects = [{ typeName: 'SalesCustomer', page: { defaultRows: 50, maxRows: 500 } }, { typeName: 'SalesOrder', page: { defaultRows: 20, maxRows: 100 } }]
    const composed = composeSupergraph([{ ...sales, products: [{ objects }] as never }])
    if (composed.kind === 'invalid') throw new TypeError()
    const graph = composed.value
    expect(cost('{ sales { customers { nodes { id } } } }', {}, {}, graph).total).toBe(1 + 1 + 50)
    expect(cost('{ sales { customers(first: 5) { nodes { orders { nodes { id } } } } } }', {}, {}, graph).total).toBe(1 + 1 + 5 + 5 + 5 * 20)
  })
})

describe('budgets', () => {
  const priced = (total: number, bySubgraph: Readonly<Record<string, number>> = {}, violations: readonly string[] = []): OperationCost => ({ total, bySubgraph: new Map(Object.entries(bySubgraph)), violations })

  it('name what is over, with limit and value', () => {
    const budget = { mode: 'enforce', maxCost: 100, maxCostBySubgraph: { billing: 10 } } as const
    expect(findOverBudget(priced(100, { billing: 10 }), budget)).toBeUndefined()
    expect(findOverBudget(priced(101), budget)).toMatchObject({ budget: 'operation', error: { code: 'OPERATION_LIMIT_EXCEEDED', message: 'The operation has an estimated cost of 101; at most 100 is allowed. Ask for fewer items or fewer fields.' } })
    expect(findOverBudget(priced(50, { billing: 11 }), budget)).toMatchObject({ budget: 'subgraph', error: { message: 'The operation in the domain "billing" has an estimated cost of 11; at most 10 is allowed. Ask for fewer items or fewer fields.' } })
    expect(findOverBudget(priced(1, {}, ['Query.x needs exactly one']), budget)).toMatchObject({ budget: 'slicing', error: { code: 'BAD_USER_INPUT' } })
    expect(findOverBudget(priced(50, { constructor: 11 }), budget)).toBeUndefined()
  })

  it('G37 refuse what saturated', () => {
    expect(findOverBudget(cost('{ products(first: 2147483647) { maker { friends { id } } } }'), DEFAULT_COST_BUDGET)).toMatchObject({ error: { code: 'OPERATION_LIMIT_EXCEEDED' } })
  })

  it('of callers fill up with time', () => {
    const budgets = new MemoryCallerBudgets({ cost: 600 })
    expect(budgets.spend('ann', 500, 0)).toEqual({ kind: 'spent', left: 100 })
    expect(budgets.spend('ann', 200, 0)).toEqual({ kind: 'wait', left: 100, waitMs: 10_000 })
    expect(budgets.spend('bob', 600, 0)).toEqual({ kind: 'spent', left: 0 })
    expect(budgets.spend('ann', 200, 10_000)).toEqual({ kind: 'spent', left: 0 })
    expect(budgets.spend('ann', 600, 600_000)).toEqual({ kind: 'spent', left: 0 })
    expect(budgets.spend('ann', 601, 9e9)).toEqual({ kind: 'wait', left: 600, waitMs: Number.POSITIVE_INFINITY })
    // A clock that goes back gives nothing and takes nothing.
    expect(budgets.spend('bob', 1, -5_000)).toEqual({ kind: 'wait', left: 0, waitMs: 100 })
  })

  it('of callers take a window of any length', () => {
    const budgets = new MemoryCallerBudgets({ cost: 10, windowMs: 1_000 })
    budgets.spend('ann', 10, 0)
    expect(budgets.spend('ann', 6, 500)).toEqual({ kind: 'wait', left: 5, waitMs: 100 })
    expect(budgets.spend('ann', 6, 600)).toEqual({ kind: 'spent', left: 0 })
  })

  it('of callers are corrected by what it really cost, down to a debt of one budget', () => {
    const budgets = new MemoryCallerBudgets({ cost: 100 })
    budgets.spend('ann', 80, 0)
    expect(budgets.correct('ann', -70, 0)).toEqual({ kind: 'spent', left: 90 })
    expect(budgets.correct('ann', -70, 0)).toEqual({ kind: 'spent', left: 100 })
    expect(budgets.correct('ann', 1e9, 0)).toEqual({ kind: 'spent', left: 0 })
    expect(budgets.spend('ann', 1, 0)).toEqual({ kind: 'wait', left: 0, waitMs: 60_600 })
  })

  it('of callers never let more be spent than the budget and what flowed in, whatever the clock does', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 120 }), fc.integer({ min: -20_000, max: 20_000 })), { maxLength: 60 }), (steps) => {
      const budgets = new MemoryCallerBudgets({ cost: 100, windowMs: 60_000 })
      let nowMs = 1_000_000
      let [earliest, latest] = [nowMs + (steps[0]?.[1] ?? 0), nowMs]
      let spent = 0
      for (const [amount, later] of steps) {
        nowMs += later
        latest = Math.max(latest, nowMs)
        earliest = Math.min(earliest, nowMs)
        if (budgets.spend('ann', amount, nowMs).kind === 'spent') spent += amount
      }
      expect(spent).toBeLessThanOrEqual(100 + ((latest - earliest) * 100) / 60_000 + 1e-6)
    }))
  })

  it('of callers are remembered for as many as allowed', () => {
    const budgets = new MemoryCallerBudgets({ cost: 10, maxCallers: 2 })
    for (const caller of ['a', 'b', 'c']) budgets.spend(caller, 10, 0)
    expect([budgets.spend('c', 1, 0).kind, budgets.spend('b', 1, 0).kind, budgets.spend('a', 1, 0).kind]).toEqual(['wait', 'wait', 'spent'])
  })
})

describe('actual cost', () => {
  const actual = (query: string, data: Readonly<Record<string, unknown>> | null): number => actualCost(parseOperation({ query }, GRAPH, DEFAULT_OPERATION_LIMITS), data, GRAPH)

  it('counts the objects that are there', () => {
    expect(actual('{ users { id friends { id } product { price } } }', { users: [{ id: '1', friends: [{ id: '2' }, { id: '3' }], product: { price: 1 } }, { id: '4', friends: null, product: null }] })).toBe(2 + 2 + 3 + 2)
    expect(actual('{ me { id } }', { me: null })).toBe(0)
    expect(actual('{ me { id } }', null)).toBe(0)
  })

  it('goes by the type of each object', () => {
    const query = '{ search { __typename ... on User { name } ... on Product { price } } }'
    expect(actual(query, { search: [{ __typename: 'User', name: 'a' }, { __typename: 'Product', price: 3 }] })).toBe((1 + 0) + (3 + 2))
  })

  it('goes by the fields that an object has, where it does not say its type', () => {
    const query = 'query ($on: Boolean!) { search { ... on User { id name @include(if: $on) } ... on Product { id price label: id } } }'
    const of = (on: boolean, object: Readonly<Record<string, unknown>>): number => actualCost(parseOperation({ query, variables: { on } }, GRAPH, DEFAULT_OPERATION_LIMITS), { search: [object] }, GRAPH)
    expect([of(false, { id: '1' }), of(true, { id: '1', name: 'a' }), of(true, { id: '1', price: 1, label: '1' })]).toEqual([1, 1, 3 + 2])
  })

  it('counts arguments as often as their field was resolved, and what a mutation costs beside its answer', () => {
    expect(actual('{ filtered(weighed: 1, where: { b: 1 }) a: usual }', { filtered: 1, a: null })).toBe(6 + 1 + 10 + 1 + 10 + 4)
    expect(actual('mutation { rename { id } touch }', { rename: { id: '1' }, touch: 3 })).toBe(10 + 1 + 10)
  })

  it('is the estimate where lists are as long as assumed', () => {
    const lengths: Readonly<Record<string, number>> = { users: 10, friends: 5, reviews: 4, products: 3, nodes: 6, edges: 6 }
    const fill = (type: GraphQLOutputType, name: string, node: FieldNode): unknown => {
      const inner = getNullableType(type)
      if (isListType(inner)) return Array.from({ length: lengths[name] ?? Number.NaN }, () => fill(inner.ofType, name, node))
      return isObjectType(inner) ? Object.fromEntries(fieldsOf(node).map((field) => [field.name.value, fill(inner.getFields()[field.name.value]?.type ?? inner, field.name.value, field)])) : 'x'
    }
    for (const query of ['{ users { id friends { id product { price maker { name } } } } }', '{ products { price } me { reviews { text } } filtered(list: [{ a: 1 }, { b: 1 }]) }', '{ connection(first: 6) { nodes { friends { id } } edges { node { id } } totalCount } heavy }']) {
      const [definition] = parse(query).definitions
      if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError()
      const root = GRAPH.apiSchema.getQueryType()
      const data = Object.fromEntries(definition.selectionSet.selections.flatMap((node) => node.kind === Kind.FIELD ? [[node.name.value, fill(root?.getFields()[node.name.value]?.type ?? GraphQLInt, node.name.value, node)]] : []))
      expect({ query, cost: actual(query, data) }).toEqual({ query, cost: cost(query).total })
    }
  })
})

function fieldsOf({ selectionSet }: FieldNode): readonly FieldNode[] {
  return selectionSet?.selections.filter((selection) => selection.kind === Kind.FIELD) ?? []
}

import { buildASTSchema, parse, validate, OverlappingFieldsCanBeMergedRule } from 'graphql'
import { describe, expect, it } from 'vitest'
import { DEFAULT_OPERATION_LIMITS, parseOperation, type OperationLimits } from '../../../gateway/operation/index.ts'
import { composeGraph } from '../../testkit/access-graph.ts'
import { leastCpuMs } from '../../testkit/cpu-time.ts'

const SDL = `type Query { a(l: [Int!], j: Int): A b: Int i: I } type A implements I { a(x: Int): A b: Int c: A i: I } interface I { b: Int i: I }
  ${Array.from({ length: 200 }, (_, index) => `extend type A { f${index}: Int }`).join('\n')}`
const GRAPH = composeGraph({ a: SDL })

/** What a document is refused with, and how much processor time the refusal took at best. */
function refusal(query: string, limits: OperationLimits = DEFAULT_OPERATION_LIMITS): { readonly code: string; readonly message: string; readonly ms: number } {
  let refused: { readonly code: string; readonly message: string } | undefined
  const ms = leastCpuMs(() => {
    try {
      parseOperation({ query }, GRAPH, limits)
      refused = undefined
    } catch (error) {
      refused = error as { readonly code: string; readonly message: string }
    }
  })
  if (refused === undefined) throw new Error('the document was accepted')
  return { code: refused.code, message: refused.message, ms }
}

const nested = (depth: number): string => `${'{ a '.repeat(depth)}{ b }${' }'.repeat(depth)}`
const list = (count: number, item: (index: number) => string): string => Array.from({ length: count }, (_, index) => item(index)).join(' ')

describe('limits', () => {
  it.each([
    ['G01 refuses 5,000 aliases', `{ ${list(5_000, (index) => `x${index}: b`)} }`, /more than 10000 tokens; at most 10000/],
    ['G01 refuses 201 aliases', `{ ${list(201, (index) => `x${index}: b`)} }`, /201 aliases; at most 200/],
    ['G03 refuses a depth of 31', nested(31), /32 levels of fields; at most 30/],
    ['G03 refuses a depth of 100', nested(100), /more than 100 levels of nesting; at most 100/],
    ['G03 refuses a depth of 3,000', nested(3_000), /more than 100 levels of nesting/],
    ['G03 refuses a depth of 20,000', nested(20_000), /more than (100000 bytes|100 levels of nesting)/],
    ['G03 refuses a depth of 20,000 in little text', `${'{a'.repeat(20_000)}{b}${'}'.repeat(20_000)}`, /more than 100 levels of nesting/],
    ['G03 refuses lists inside lists', `{ a(l: ${'['.repeat(5_000)}1${']'.repeat(5_000)}) { b } }`, /more than 100 levels of nesting/],
    ['G03 refuses objects inside objects', `{ a(l: ${'{a:'.repeat(5_000)}1${'}'.repeat(5_000)}) { b } }`, /more than 100 levels of nesting/],
    ['G03 counts the depth that fragments hide', `{ a { ...F0 } } ${list(40, (index) => `fragment F${index} on A { a { ...F${index + 1} } }`)} fragment F40 on A { b }`, /42 levels of fields/],
    ['G05 refuses fragments that double 30 times', `{ a { ...F0 } } ${list(30, (index) => `fragment F${index} on A { ...F${index + 1} ...F${index + 1} }`)} fragment F30 on A { b }`, /3221225472 selections with all fragments spread out; at most 10000/],
    ['G05 refuses fragments that double 200 times, without counting beyond what numbers hold', `{ a { ...F0 } } ${list(200, (index) => `fragment F${index} on A { ...F${index + 1} ...F${index + 1} }`)} fragment F200 on A { b }`, new RegExp(`${Number.MAX_SAFE_INTEGER} selections`)],
    ['G06 refuses the non-local selections of nested abstract fragments', `{ i { ...F0 } } ${list(20, (index) => `fragment F${index} on I { i { ... on A { ...F${index + 1} i { ...F${index + 1} } } } }`)} fragment F20 on I { b }`, /levels of fields|selections with all fragments/],
    ['G08 refuses 5,000 directives', `{ b ${'@include(if: true) '.repeat(5_000)} }`, /more than (100000 bytes|10000 tokens)/],
    ['G08 refuses 201 directives', `{ b ${'@skip(if: false) '.repeat(201)} }`, /201 directives; at most 200/],
    ['G10 refuses 100,000 tokens', `{ ${'b '.repeat(50_000)} }`, /more than 10000 tokens|bytes/],
    ['G10 refuses 100,001 bytes', `{ b }${' '.repeat(100_000)}`, /more than 100000 bytes/],
    ['G10 counts bytes, not characters', `{ b } # ${'ü'.repeat(60_000)}`, /120008 bytes; at most 100000/],
    ['G13 refuses 12 million comparisons of equal fields', `{ a { ${'b '.repeat(5_000)} } }`, /12497500 pairs of fields/],
    ['G13 refuses them spread over fragments', `{ a { ${list(290, (index) => `...F${index}`)} } } ${list(290, (index) => `fragment F${index} on A { b b }`)}`, /pairs of fields/],
    ['G13 refuses them below equal parents', `{ ${'a { b b b b b b b b b b } '.repeat(49)} }`, /pairs of fields/],
    ['G13 refuses 301 fragments', `{ a { ${list(301, (index) => `...F${index}`)} } } ${list(301, (index) => `fragment F${index} on A { f1 }`)}`, /301 fragments; at most 300/],
    ['refuses 51 root fields', `{ ${list(51, (index) => `x${index}: b`)} }`, /51 root fields; at most 50/],
    ['refuses root fields hidden in a fragment', `{ ...F ...F } fragment F on Query { ${list(26, (index) => `x${index}: b`)} }`, /52 root fields; at most 50/],
  ])('%s in under 10 ms, with limit and value', (_, query, message) => {
    const refused = refusal(query)
    expect(refused.message).toMatch(message)
    expect(refused.code).toBe('OPERATION_LIMIT_EXCEEDED')
    expect(refused.ms).toBeLessThan(10)
  })

  it.each([
    ['depth', nested(29)],
    ['aliases', `{ a { ${list(200, (index) => `x${index}: b`)} } }`],
    ['directives', `{ b ${'@skip(if: false) '.repeat(1)} a { ${list(100, (index) => `f${index} @skip(if: false)`)} } }`],
    ['root fields', `{ ${list(50, (index) => `x${index}: b`)} }`],
    ['equal fields', `{ a { ${'b '.repeat(300)} } }`],
    ['the introspection of GraphiQL', '{ __schema { types { fields { type { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { name } } } } } } } } } } } } } }'],
  ])('lets the allowed number of %s through', (_, query) => {
    expect(() => parseOperation({ query }, GRAPH, DEFAULT_OPERATION_LIMITS)).not.toThrow()
  })

  it('G13 what the limits let through validates in under 100 ms', () => {
    const worst = [
      `{ a { ${list(299, (index) => `...F${index}`)} } } ${list(299, (index) => `fragment F${index} on A { f${index % 199} f${(index + 1) % 199} }`)}`,
      `{ a { ${list(9, () => 'a { a { b b b b b b b b b } }')} } }`,
      `{ a { ${list(20, () => `... on A { ${list(15, (index) => `f${index}`)} }`)} } }`,
    ]
    for (const query of worst) {
      // A document of its own each time: a known one is not validated again.
      let attempt = 0
      expect(leastCpuMs(() => parseOperation({ query: `${query} # ${attempt += 1}` }, GRAPH, DEFAULT_OPERATION_LIMITS))).toBeLessThan(100)
    }
  })

  it('G13 the count of pairs bounds what the rule does', () => {
    // Not a limit of ours: the cost that the limit stands for, on a document that is just over it.
    const document = parse(`{ a { ${'b '.repeat(320)} } }`)
    expect(refusal(`{ a { ${'b '.repeat(320)} } }`).message).toMatch(/51040 pairs/)
    const schema = buildASTSchema(parse('type Query { a: A } type A { b: Int }'))
    expect(leastCpuMs(() => validate(schema, document, [OverlappingFieldsCanBeMergedRule]))).toBeLessThan(100)
  })

  it('G40 counts what fragments of every operation hide', () => {
    const operations = list(20, (index) => `query Q${index} { a { ...F } }`)
    const query = `${operations} fragment F on A { ${list(100, (index) => `f${index}`)} ...G ...G ...G ...G ...G } fragment G on A { ${list(99, (index) => `f${index}`)} }`
    expect(refusal(query).message).toMatch(/selections with all fragments spread out/)
  })

  it('uses the limits that it is given', () => {
    const limits = { ...DEFAULT_OPERATION_LIMITS, maxDepth: 2 }
    expect(refusal('{ a { a { b } } }', limits).message).toBe('The operation has 3 levels of fields; at most 2 are allowed.')
    expect(() => parseOperation({ query: '{ a { a { b } } }' }, GRAPH, DEFAULT_OPERATION_LIMITS)).not.toThrow()
    // Cached under the generous limits, still refused under the strict ones.
    expect(refusal('{ a { a { b } } }', limits).code).toBe('OPERATION_LIMIT_EXCEEDED')
  })
})

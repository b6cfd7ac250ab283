import { print } from 'graphql'
import { describe, expect, it } from 'vitest'
import { DEFAULT_OPERATION_LIMITS, documentCacheStatistics, OperationErrors, parseOperation, type OperationRequest } from '../../../gateway/operation/index.ts'
import { composeGraph } from '../../testkit/access-graph.ts'
import { leastCpuMs } from '../../testkit/cpu-time.ts'

const GRAPH = composeGraph({ a: `
  type Query { a(id: ID, ids: [ID!], f: Float, w: Where): A b: Int constructor: Int }
  type Mutation { set(b: Int): Int }
  type A { a: A b: Int name: String }
  input Where { id: ID and: [Where!] }
` })

function run(request: OperationRequest): ReturnType<typeof parseOperation> {
  return parseOperation(request, GRAPH, DEFAULT_OPERATION_LIMITS)
}

function failure(request: OperationRequest): { readonly code: string; readonly message: string; readonly status: number; readonly errors: readonly { readonly message: string; readonly extensions: unknown; readonly locations?: unknown }[] } {
  try {
    run(request)
  } catch (error) {
    return error as ReturnType<typeof failure>
  }
  throw new Error('accepted')
}

describe('parsing an operation', () => {
  it('keeps the document and coerces its variables', () => {
    const parsed = run({ query: 'query Q($id: ID = 7, $on: Boolean!) { a(id: $id) { b @include(if: $on) } }', variables: { on: true, unknown: 1 } })
    expect(print(parsed.document)).toContain('b @include(if: $on)')
    expect(parsed.variables).toEqual({ id: '7', on: true })
    expect(parsed.operation.name?.value).toBe('Q')
    expect(parsed.hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('gives one document the same node and hash, another name another hash', () => {
    const query = 'query X { b } query Y { b }'
    const [first, again, other] = [run({ query, operationName: 'X' }), run({ query, operationName: 'X' }), run({ query, operationName: 'Y' })]
    expect(again.operation).toBe(first.operation)
    expect(again.hash).toBe(first.hash)
    expect(other.hash).not.toBe(first.hash)
  })

  it('G27 runs the operation that is named, and needs a name where there are several', () => {
    const query = 'query X { b } mutation Y { set }'
    expect(run({ query, operationName: 'Y' }).operation.operation).toBe('mutation')
    expect(failure({ query })).toMatchObject({ code: 'OPERATION_RESOLUTION_FAILURE', status: 400, message: 'The document has several operations; say which in "operationName".' })
    expect(failure({ query, operationName: 'Z' }).code).toBe('OPERATION_RESOLUTION_FAILURE')
    expect(failure({ query, operationName: '__proto__' }).code).toBe('OPERATION_RESOLUTION_FAILURE')
    expect(failure({ query: 'query X { b } query X { b }', operationName: 'X' }).code).toBe('GRAPHQL_VALIDATION_FAILED')
  })

  it.each([
    ['no text', { query: '' }, 'BAD_REQUEST'],
    ['a list for variables', { query: '{ b }', variables: [] as never }, 'BAD_REQUEST'],
    ['a number for the text', { query: 1 as never }, 'BAD_REQUEST'],
    ['a syntax error', { query: '{ b' }, 'GRAPHQL_PARSE_FAILED'],
    ['a character that is no token', { query: '{ b ? }' }, 'GRAPHQL_PARSE_FAILED'],
    ['no operation', { query: 'fragment F on A { b }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['a schema', { query: 'type X { y: Int }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown field', { query: '{ nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['a subscription', { query: 'subscription { b }' }, 'OPERATION_RESOLUTION_FAILURE'],
    ['F02 entities', { query: '{ _entities(representations: []) { __typename } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['F02 the service', { query: '{ _service { sdl } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['G04 a fragment that contains itself', { query: '{ a { ...F } } fragment F on A { a { ...F } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['G04 fragments that contain each other', { query: '{ a { ...F } } fragment F on A { a { ...G } } fragment G on A { ...F }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown fragment', { query: '{ a { ...F } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['an unused fragment', { query: '{ b } fragment F on A { b }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['a value of the wrong type', { query: '{ a(id: { x: 1 }) { b } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['a missing variable', { query: 'query($x: ID!) { a(id: $x) { b } }' }, 'BAD_USER_INPUT'],
    ['G39 a number beyond Int', { query: 'mutation($x: Int) { set(b: $x) }', variables: { x: 2 ** 31 } }, 'BAD_USER_INPUT'],
    ['G39 a literal beyond Int', { query: 'mutation { set(b: 2147483648) }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['G39 a Float without end', { query: '{ a(f: 1e999) { b } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['G39 a Float variable without end', { query: 'query($x: Float) { a(f: $x) { b } }', variables: { x: JSON.parse('1e999') as number } }, 'BAD_USER_INPUT'],
    ['G39 an ID of a million characters', { query: 'query($x: ID) { a(id: $x) { b } }', variables: { x: 'x'.repeat(1_000_000) } }, 'BAD_USER_INPUT'],
    ['G39 such an ID in a list', { query: 'query($x: [ID!]) { a(ids: $x) { b } }', variables: { x: ['a', 'x'.repeat(5_000)] } }, 'BAD_USER_INPUT'],
    ['G39 such an ID in an input object', { query: 'query($x: Where) { a(w: $x) { b } }', variables: { x: { and: [{ id: 'x'.repeat(5_000) }] } } }, 'BAD_USER_INPUT'],
    ['G39 such an ID as a literal', { query: `{ a(id: "${'x'.repeat(5_000)}") { b } }` }, 'GRAPHQL_VALIDATION_FAILED'],
    ['G14 __proto__ as an alias', { query: '{ __proto__: b }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['G14 __proto__ as a variable', { query: 'query($__proto__: ID) { a(id: $__proto__) { b } }', variables: JSON.parse('{ "__proto__": { "polluted": 1 } }') as Record<string, unknown> }, 'GRAPHQL_VALIDATION_FAILED'],
    ['G14 __proto__ in an input object', { query: 'query($x: Where) { a(w: $x) { b } }', variables: JSON.parse('{ "x": { "__proto__": { "polluted": 1 } } }') as Record<string, unknown> }, 'BAD_USER_INPUT'],
    ['another field under the name __typename', { query: '{ a { __typename: name } }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ])('refuses %s', (_, request: OperationRequest, code) => {
    expect(failure(request).code).toBe(code)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it('G14 delivers names that JavaScript objects inherit', () => {
    expect(run({ query: 'query($constructor: ID = "x") { toString: b constructor a(id: $constructor) { hasOwnProperty: b } }' }).variables).toEqual({ constructor: 'x' })
  })

  it('G43 takes operations and fragments named like introspection for what they are', () => {
    expect(run({ query: 'query __schema { a { ...__proto__ } } fragment __proto__ on A { b }' }).operation.name?.value).toBe('__schema')
    expect(failure({ query: 'query __schema { nothing }' }).code).toBe('GRAPHQL_VALIDATION_FAILED')
    expect(failure({ query: '{ a { ...__proto__ } } fragment __proto__ on A { nothing }' }).code).toBe('GRAPHQL_VALIDATION_FAILED')
  })

  it('sends errors with code and place, as many as are allowed', () => {
    const { errors, status } = failure({ query: '{ nothing }' })
    expect(status).toBe(400)
    expect(errors).toEqual([expect.objectContaining({ message: 'Cannot query field "nothing" on type "Query".', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })])
    expect(errors[0]?.locations).toEqual([{ line: 1, column: 3 }])
    expect(failure({ query: `{ a { ${Array.from({ length: 1_000 }, (_, index) => `x${index}`).join(' ')} } }` }).errors).toHaveLength(50)
  })

  it('G12 reports at most 50 of 40,000 bad list items, and refuses 100,000 unread', () => {
    const query = 'query($x: [ID!]) { a(ids: $x) { b } }'
    expect(failure({ query, variables: { x: Array.from({ length: 40_000 }, () => ({})) } }).errors).toHaveLength(50)
    expect(failure({ query, variables: { x: Array.from({ length: 100_000 }, () => ({})) } })).toMatchObject({ code: 'OPERATION_LIMIT_EXCEEDED' })
  })

  it('refuses variables nested deeper than the limit, however deep', () => {
    for (const depth of [51, 100_000]) {
      let value: unknown = 1
      for (let level = 0; level < depth; level++) value = { and: [value] }
      expect(failure({ query: 'query($x: Where) { a(w: $x) { b } }', variables: { x: value } })).toMatchObject({ code: 'OPERATION_LIMIT_EXCEEDED', message: 'The operation has more than 50 levels of variables; at most 50 are allowed.' })
    }
  })

  it('G16 proposes no names unless told to', () => {
    const open = { ...DEFAULT_OPERATION_LIMITS, suggestions: true }
    const proposals = (limits: typeof open): boolean[] => ['{ a { nam } }', 'query($x: Wher) { a(w: $x) { b } }', '{ a(idd: 1) { b } }', '{ a(w: { idd: 1 }) { b } }'].map((query) => {
      try {
        parseOperation({ query }, GRAPH, limits)
        return false
      } catch (error) {
        return error instanceof OperationErrors && error.errors.some(({ message }) => message.includes('Did you mean'))
      }
    })
    expect(proposals(open)).toEqual([true, true, true, true])
    expect(proposals(DEFAULT_OPERATION_LIMITS)).toEqual([false, false, false, false])
  })

  it('keeps no more documents than the cache allows', () => {
    const graph = composeGraph({ a: 'type Query { cached: Int }' })
    for (let index = 0; index < 2_100; index++) parseOperation({ query: `{ x${index}: cached }` }, graph, DEFAULT_OPERATION_LIMITS)
    expect(documentCacheStatistics(graph, DEFAULT_OPERATION_LIMITS)).toMatchObject({ entries: 2_000, hits: 0 })
    parseOperation({ query: '{ x2099: cached }' }, graph, DEFAULT_OPERATION_LIMITS)
    expect(documentCacheStatistics(graph, DEFAULT_OPERATION_LIMITS).hits).toBe(1)
  })

  it('costs microseconds once the document is known', () => {
    const request = { query: 'query($x: [ID!]) { a(ids: $x) { a { b name } b name } }', variables: { x: ['1', '2'] } }
    run(request)
    expect(leastCpuMs(() => { for (let index = 0; index < 2_000; index++) run(request) }) / 2_000).toBeLessThan(0.05)
  })
})

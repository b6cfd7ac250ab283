import { print } from 'graphql'
import { describe, expect, it } from 'vitest'
import { accessCacheStatistics, ALLOW, allOf, authorize, completeDenied, deniedErrors, DENY, federationDecider, mayRead, type AuthorizeOptions, type Decider } from '../../../gateway/access/index.ts'
import { DEFAULT_OPERATION_LIMITS, estimateCost, OperationErrors, parseOperation } from '../../../gateway/operation/index.ts'
import { caller, composeGraph } from '../../testkit/access-graph.ts'
import { leastCpuMs } from '../../testkit/cpu-time.ts'

const GRAPH = composeGraph({
  a: `
    type Query { me: Person people(first: Int): [Person!] node: Node nodes: [[Node!]] open: Int }
    type Mutation { rename(name: String): Person pay: Int @requiresScopes(scopes: [["pay"]]) }
    interface Node { id: ID! }
    type Person implements Node @key(fields: "id") { id: ID! name: String salary: Int @requiresScopes(scopes: [["hr"]]) boss: Person age: Int! @requiresScopes(scopes: [["hr"]]) }
    type Secret implements Node @requiresScopes(scopes: [["secret"]]) { id: ID! text: String }
  `,
  b: 'type Person @key(fields: "id") { id: ID! salary: Int @external bonus: Int @requires(fields: "salary") @requiresScopes(scopes: [["hr"]]) }',
})

function run(query: string, scopes: readonly string[] = [], variables: Readonly<Record<string, unknown>> = {}, options: AuthorizeOptions = {}): ReturnType<typeof authorize> {
  return authorize(parseOperation({ query, variables }, GRAPH, DEFAULT_OPERATION_LIMITS), caller(...scopes), GRAPH, options)
}

const left = (...args: Parameters<typeof run>): string => print(run(...args).document).replace(/\s+/g, ' ')
const places = (...args: Parameters<typeof run>): readonly string[] => run(...args).denied.map(({ coordinate, path }) => `${path.join('.')} ${coordinate}`)

describe('authorizing an operation', () => {
  it('leaves the document as it is where nothing is denied', () => {
    const operation = parseOperation({ query: '{ me { name } }' }, GRAPH, DEFAULT_OPERATION_LIMITS)
    const authorized = authorize(operation, caller(), GRAPH)
    expect(authorized.document).toBe(operation.document)
    expect(authorized.operation).toBe(operation.operation)
    expect(authorized).toMatchObject({ planKey: operation.hash, denied: [], masks: {}, original: operation })
    expect(authorized.shape).toBeUndefined()
  })

  it('removes what is denied, and says where, with every list as @', () => {
    expect(left('{ people { name salary } }')).toBe('{ people { name } }')
    expect(places('{ people { name salary boss { pay: salary } } nodes { id ... on Secret { text } } }')).toEqual([
      'people.@.salary Person.salary', 'people.@.boss.pay Person.salary', 'nodes Query.nodes',
    ])
    expect(places('{ nodes { ... on Secret { text } } }')).toEqual(['nodes.@.@.text Secret.text'])
  })

  it('asks for __typename where nothing else of an object is left', () => {
    expect(left('{ me { name boss { salary } } }')).toBe('{ me { name boss { __typename } } }')
  })

  it('does not call a subgraph for a root field of which nothing is left', () => {
    expect(run('{ me { salary boss { age } } }').operation).toBeUndefined()
    expect(left('{ me { salary } open }')).toBe('{ open }')
  })

  it('G29 does not send a denied mutation, and sends an allowed one whose answer is denied', () => {
    expect(run('mutation { pay }').operation).toBeUndefined()
    expect(left('mutation { rename(name: "x") { salary } }')).toBe('mutation { rename(name: "x") { __typename } }')
  })

  it('removes variables and fragments that are no longer used', () => {
    expect(left('query Q($n: Int, $on: Boolean!) { people(first: $n) { name ...F @include(if: $on) } } fragment F on Person { salary }', [], { n: 1, on: true })).toBe('query Q($n: Int) { people(first: $n) { name } }')
    expect(left('query Q($n: Int) { people(first: $n) { ...F } } fragment F on Person { name ...G } fragment G on Person { id }', [])).toContain('fragment G on Person')
  })

  it('writes a fragment out where a part of it was removed, and keeps it where it is whole', () => {
    expect(left('{ me { ...F } node { ...G } } fragment F on Person { name salary } fragment G on Node { __typename }'))
      .toBe('{ me { ... on Person { name } } node { ...G __typename } } fragment G on Node { __typename }')
  })

  it('G26 removes what is never executed, without calling it denied', () => {
    expect(places('{ open me { name salary @include(if: false) boss @skip(if: true) { age } } }')).toEqual([])
    expect(left('{ open me { name salary @include(if: false) } }')).toBe('{ open me { name } }')
  })

  it('G26 reports a conditional place only when it is asked for', () => {
    const query = 'query Q($on: Boolean!, $off: Boolean!) { me { name salary @include(if: $on) @skip(if: $off) } }'
    const errors = (on: boolean, off: boolean): number => deniedErrors(run(query, [], { on, off })).length
    expect([errors(true, false), errors(true, true), errors(false, false)]).toEqual([1, 0, 0])
  })

  it('rejects as a whole in mode reject, and only for what is asked', () => {
    const query = 'query Q($on: Boolean!) { me { name salary @include(if: $on) } }'
    expect(() => run(query, [], { on: true }, { mode: 'reject' })).toThrow(OperationErrors)
    try {
      run(query, [], { on: true }, { mode: 'reject' })
    } catch (error) {
      expect(error).toMatchObject({ status: 403, errors: [{ path: ['me', 'salary'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }] })
    }
    expect(() => run(query, [], { on: false }, { mode: 'reject' })).not.toThrow()
    expect(() => run(query, ['hr'], { on: true }, { mode: 'reject' })).not.toThrow()
  })

  it('G22 denies what reads a denied field, whoever denies it', () => {
    const noSalary: Decider = { concerns: (coordinate) => coordinate === 'Person.salary', decide: () => DENY }
    const decider = allOf([federationDecider(GRAPH), noSalary])
    expect(places('{ me { bonus name } }', ['hr'], {}, { decider })).toEqual(['me.bonus Person.bonus'])
    expect(places('{ me { bonus name } }', ['hr'])).toEqual([])
  })

  it('denies a caller without a token what needs one, and scopes alike', () => {
    const operation = parseOperation({ query: '{ open me { salary name } }' }, GRAPH, DEFAULT_OPERATION_LIMITS)
    expect(authorize(operation, undefined, GRAPH).denied).toEqual([{ coordinate: 'Person.salary', path: ['me', 'salary'] }])
  })

  it('grants no policy that nobody answers', () => {
    const graph = composeGraph({ a: 'type Query { x: Int @policy(policies: [["p"], ["q", "r"]]) y: Int }' })
    const operation = parseOperation({ query: '{ x y }' }, graph, DEFAULT_OPERATION_LIMITS)
    const denied = (granted: readonly string[] | undefined): number => authorize(operation, caller(), graph, granted === undefined ? {} : { decider: federationDecider(graph, (policy) => granted.includes(policy)) }).denied.length
    expect([denied(undefined), denied([]), denied(['q']), denied(['q', 'r']), denied(['p'])]).toEqual([1, 1, 1, 0, 0])
  })
})

describe('deciders together', () => {
  const mask: Decider = { concerns: (coordinate) => coordinate === 'Person.name', decide: () => ({ kind: 'mask', mask: { kind: 'partial' } }) }
  const otherMask: Decider = { concerns: () => true, decide: () => ({ kind: 'mask', mask: { kind: 'null' } }) }
  const deny: Decider = { concerns: () => true, decide: () => DENY }
  const allow: Decider = { concerns: () => true, decide: () => ALLOW }

  it('deny where one denies, mask where one masks', () => {
    expect(allOf([mask, allow, deny]).decide('Person.name', undefined)).toEqual(DENY)
    expect(allOf([allow, mask, otherMask]).decide('Person.name', undefined)).toEqual({ kind: 'mask', mask: { kind: 'partial' } })
    expect(allOf([allow]).decide('Person.name', undefined)).toEqual(ALLOW)
    expect(allOf([]).concerns('Person.name')).toBe(false)
  })

  it('ask nobody about what does not concern them', () => {
    expect(allOf([mask]).decide('Person.id', undefined)).toEqual(ALLOW)
  })

  it('attach masks to the operation without changing it', () => {
    const authorized = run('{ me { name id } }', [], {}, { decider: mask })
    expect(authorized).toMatchObject({ masks: { 'Person.name': { kind: 'partial' } }, denied: [] })
    expect(authorized.operation).toBe(authorized.original.operation)
  })
})

describe('keys and caches', () => {
  it('F24 plans an operation anew when what is removed changes, and only then', () => {
    const query = '{ me { name salary } open }'
    expect(run(query, ['hr']).planKey).not.toBe(run(query).planKey)
    expect(run(query, ['other']).planKey).toBe(run(query).planKey)
    expect(run(query, ['hr', 'other']).planKey).toBe(run(query, ['hr']).planKey)
  })

  it('fingerprints equal decisions alike, others not', () => {
    const query = '{ me { name salary } node { __typename ... on Secret { text } } }'
    const fingerprint = (...scopes: readonly string[]): string => run(query, scopes).accessFingerprint
    expect(fingerprint('hr')).toBe(fingerprint('hr', 'pay'))
    expect(new Set([fingerprint(), fingerprint('hr'), fingerprint('secret'), fingerprint('hr', 'secret')]).size).toBe(4)
    const masked: Decider = { concerns: (coordinate) => coordinate === 'Person.name', decide: (_, principal) => (principal?.scopes.has('clear') === true ? ALLOW : { kind: 'mask', mask: { kind: 'null' } }) }
    expect(run(query, [], {}, { decider: masked }).accessFingerprint).not.toBe(run(query, ['clear'], {}, { decider: masked }).accessFingerprint)
  })

  it('decides once for 10,000 callers with equal rights, and keeps at most 64 outcomes for others', () => {
    const graph = composeGraph({ a: `type Query { ${Array.from({ length: 8 }, (_, index) => `f${index}: Int @requiresScopes(scopes: [["s${index}"]])`).join(' ')} }` })
    const operation = parseOperation({ query: `{ ${Array.from({ length: 8 }, (_, index) => `f${index}`).join(' ')} }` }, graph, DEFAULT_OPERATION_LIMITS)
    for (let index = 0; index < 10_000; index++) authorize(operation, caller(`s${index % 2}`, `own${index}`), graph)
    expect(accessCacheStatistics(operation, graph)).toMatchObject({ entries: 2, misses: 2, hits: 9_998 })
    for (let bits = 0; bits < 256; bits++) authorize(operation, caller(...Array.from({ length: 8 }, (_, index) => index).filter((index) => (bits >> index) % 2 === 1).map((index) => `s${index}`)), graph)
    expect(accessCacheStatistics(operation, graph)?.entries).toBe(64)
  })

  it('takes time in proportion to the document, however many types an interface has', () => {
    const fields = Array.from({ length: 30 }, (_, index) => `f${index}: Int`).join(' ')
    const types = Array.from({ length: 200 }, (_, index) => `type T${index} implements I ${index % 3 === 0 ? `@requiresScopes(scopes: [["s${index % 9}"]])` : ''} { id: ID! i: I ${fields} }`)
    const graph = composeGraph({ a: `type Query { i: I } interface I { id: ID! i: I ${fields} } ${types.join('\n')}` })
    const asked = Array.from({ length: 30 }, (_, index) => `f${index}`).join(' ')
    const query = `{ i ${'{ i '.repeat(20)} { ${asked} ... on T1 { ${asked} } } ${'} '.repeat(20)} }`
    let attempt = 0
    const request = (): void => {
      const operation = parseOperation({ query: `${query} # ${attempt += 1}` }, graph, DEFAULT_OPERATION_LIMITS)
      const authorized = authorize(operation, caller('s0', 's3', 's6'), graph)
      estimateCost({ ...authorized, operation: authorized.operation ?? operation.operation }, graph)
    }
    expect(leastCpuMs(request)).toBeLessThan(50)
  })

  it('never serves one decider\'s outcome for another\'s', () => {
    const query = '{ me { name } }'
    const nobody: Decider = { concerns: (coordinate) => coordinate === 'Person.name', decide: () => DENY }
    expect(run(query).denied).toHaveLength(0)
    expect(run(query, [], {}, { decider: nobody }).denied).toHaveLength(1)
    expect(run(query).denied).toHaveLength(0)
  })
})

describe('completing an answer', () => {
  const complete = (query: string, data: Readonly<Record<string, unknown>>, variables: Readonly<Record<string, unknown>> = {}): unknown => completeDenied(data, run(query, [], variables), GRAPH)

  it('puts nulls in the client\'s order', () => {
    expect(JSON.stringify(complete('{ me { salary name } open }', { me: { name: 'Ann' }, open: 1 }))).toBe('{"me":{"salary":null,"name":"Ann"},"open":1}')
  })

  it('lets a null in a non-null place go up to the nearest nullable one', () => {
    expect(complete('{ me { name boss { name age } } }', { me: { name: 'Ann', boss: { name: 'Bob' } } })).toEqual({ me: { name: 'Ann', boss: null } })
    expect(complete('{ people { name age } open }', { people: [{ name: 'Ann' }], open: 1 })).toEqual({ people: null, open: 1 })
  })

  it('drops what was added to tell types apart', () => {
    expect(complete('{ nodes { ... on Person { name } ... on Secret { text } } }', { nodes: [[{ __typename: 'Person', name: 'Ann' }, { __typename: 'Secret' }], null] }))
      .toEqual({ nodes: [[{ name: 'Ann' }, { text: null }], null] })
  })

  it('leaves out what the variables exclude', () => {
    const query = 'query Q($on: Boolean!) { me { name salary @include(if: $on) } }'
    expect(complete(query, { me: { name: 'Ann' } }, { on: false })).toEqual({ me: { name: 'Ann' } })
    expect(complete(query, { me: { name: 'Ann' } }, { on: true })).toEqual({ me: { name: 'Ann', salary: null } })
  })

  it('returns an untouched answer as it is', () => {
    const data = { me: { name: 'Ann' } }
    expect(complete('{ me { name } }', data)).toBe(data)
  })

  it('builds an answer of which nothing is left', () => {
    expect(complete('{ me { salary } }', {})).toEqual({ me: null })
  })
})

describe('mayRead', () => {
  it('answers for a type, for all possible types of an abstract one, and no for an unknown one', () => {
    const answers = (...scopes: readonly string[]): readonly boolean[] => ['Person', 'Secret', 'Node', 'Nothing', '__proto__'].map((type) => mayRead(type, caller(...scopes), GRAPH))
    expect(answers()).toEqual([true, false, false, false, false])
    expect(answers('secret')).toEqual([true, true, true, false, false])
  })
})

import { getIntrospectionQuery, graphqlSync, printSchema, validateSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { authorize, federationDecider, seenBy, type Decider } from '../../../gateway/access/index.ts'
import { DEFAULT_OPERATION_LIMITS, OperationErrors, parseOperation, type OperationLimits } from '../../../gateway/operation/index.ts'
import type { Supergraph } from '../../../gateway/supergraph/index.ts'
import { caller, composeGraph } from '../../testkit/access-graph.ts'

const GRAPH = composeGraph({
  a: `
    type Query { open: Int me: Person node: Node things: [Thing] vault: Vault secretLevel: Level @authenticated search(level: Level, filter: Filter): Int deep: Wrapper }
    type Mutation { pay(with: Card): Int @requiresScopes(scopes: [["pay"]]) }
    interface Node { id: ID! label: String }
    "A person."
    type Person implements Node @key(fields: "id") { id: ID! label: String name: String @deprecated(reason: "use label") salary: Salary @requiresScopes(scopes: [["hr"]]) }
    type Secret implements Node @requiresScopes(scopes: [["secret"]]) { id: ID! label: String text: String }
    type Note implements Node { id: ID! label: String @requiresScopes(scopes: [["notes"]]) }
    union Thing = Person | Secret
    union Vault = Secret
    type Salary { amount: Int band: Band }
    enum Band { LOW HIGH }
    enum Level @requiresScopes(scopes: [["level"]]) { ONE TWO }
    input Filter { level: Level }
    input Card { number: String }
    type Wrapper { only: Inner }
    type Inner { secret: Secret }
  `,
  b: 'type Person @key(fields: "id") { id: ID! salary: Salary @external bonus: Int @requires(fields: "salary { amount }") @requiresScopes(scopes: [["hr"]]) } type Salary { amount: Int @external }',
})

const sdl = (graph: Supergraph): string => printSchema(graph.apiSchema)
const names = (graph: Supergraph): readonly string[] => Object.keys(graph.apiSchema.getTypeMap()).filter((name) => !name.startsWith('__')).sort()

describe('what a caller may know of the graph', () => {
  it('is all of it, the very same, for who may read everything', () => {
    const all = caller('hr', 'secret', 'notes', 'pay', 'level')
    expect(seenBy(all, GRAPH)).toBe(GRAPH)
  })

  it('G15 leaves out denied fields and types, and what only they lead to', () => {
    const view = seenBy(caller(), GRAPH)
    expect(names(view)).toEqual(['Boolean', 'Filter', 'ID', 'Int', 'Level', 'Node', 'Note', 'Person', 'Query', 'String', 'Thing'])
    expect(sdl(view)).not.toMatch(/Secret|Salary|Band|salary|bonus|Vault|vault|Wrapper|Inner|deep|Card|pay/)
    // An enum that may not be read can still be given.
    expect(sdl(view)).toContain('search(level: Level, filter: Filter): Int')
    expect(sdl(view)).not.toContain('secretLevel')
  })

  it('G15 keeps of an interface what every visible implementation has', () => {
    const fields = (graph: Supergraph): readonly string[] => Object.keys((graph.apiSchema.getType('Node') as { getFields(): object }).getFields())
    expect(fields(seenBy(caller(), GRAPH))).toEqual(['id'])
    expect(fields(seenBy(caller('notes'), GRAPH))).toEqual(['id', 'label'])
  })

  it('is a valid schema for every set of rights', () => {
    const scopes = ['hr', 'secret', 'notes', 'pay', 'level']
    for (let bits = 0; bits < 2 ** scopes.length; bits++) {
      const view = seenBy(caller(...scopes.filter((_, index) => (bits >> index) % 2 === 1)), GRAPH)
      expect(validateSchema(view.apiSchema), bits.toString(2)).toEqual([])
    }
  })

  it('G15 answers introspection with it', () => {
    const { data, errors } = graphqlSync({ schema: seenBy(caller('hr'), GRAPH).apiSchema, source: getIntrospectionQuery() })
    expect(errors).toBeUndefined()
    expect(JSON.stringify(data)).toContain('salary')
    expect(JSON.stringify(data)).toContain('A person.')
    expect(JSON.stringify(data)).not.toContain('Secret')
    const probe = graphqlSync({ schema: seenBy(caller(), GRAPH).apiSchema, source: '{ secret: __type(name: "Secret") { name } none: __type(name: "Nothing") { name } }' })
    expect(probe.data).toEqual({ secret: null, none: null })
  })

  it('is one object for callers with equal rights', () => {
    expect(seenBy(caller('hr'), GRAPH)).toBe(seenBy(caller('hr', 'unrelated'), GRAPH))
    expect(seenBy(caller('hr'), GRAPH)).not.toBe(seenBy(caller('notes'), GRAPH))
  })

  it('shows what is only masked', () => {
    const mask: Decider = { concerns: (coordinate) => coordinate === 'Person.name', decide: () => ({ kind: 'mask', mask: { kind: 'null' } }) }
    expect(seenBy(caller(), GRAPH, mask)).toBe(GRAPH)
  })

  it('hides what reads a hidden field', () => {
    const decider: Decider = { concerns: (coordinate) => coordinate === 'Salary.amount', decide: () => ({ kind: 'deny' }) }
    expect(sdl(seenBy(caller(), GRAPH, decider))).not.toContain('bonus')
  })

  it('is answered as before by authorization with the whole graph', () => {
    const view = seenBy(caller(), GRAPH)
    const operation = parseOperation({ query: '{ node { id } }' }, view, DEFAULT_OPERATION_LIMITS)
    // The caller cannot see the type that is denied, and is denied all the same what might return it.
    expect(authorize(operation, caller(), GRAPH, { decider: federationDecider(GRAPH) }).denied).toEqual([{ coordinate: 'Query.node', path: ['node'] }])
  })
})

describe('an operation parsed against what the caller may know', () => {
  const refusal = (query: string, limits: OperationLimits = DEFAULT_OPERATION_LIMITS): readonly unknown[] => {
    try {
      parseOperation({ query }, seenBy(caller(), GRAPH), limits)
    } catch (error) {
      if (error instanceof OperationErrors) return error.errors.map((one) => JSON.parse(JSON.stringify(one).replaceAll(/salary|nothin|Secret|Nothin/g, 'NAME')) as unknown)
    }
    return []
  }

  it.each([
    ['a field', '{ me { salary { amount } } }', '{ me { nothin { amount } } }'],
    ['a field beside another fault', '{ me { salary { amount } bad } }', '{ me { nothin { amount } bad } }'],
    ['a type in a fragment', '{ node { ... on Secret { text } } }', '{ node { ... on Nothin { text } } }'],
    ['a fragment\'s type', '{ node { ...F } } fragment F on Secret { text }', '{ node { ...F } } fragment F on Nothin { text }'],
    ['with proposals on too', '{ me { salary { amount } } }', '{ me { nothin { amount } } }', true],
  ])('G18 tells a forbidden name from one that does not exist by nothing: %s', (_, forbidden, missing, suggestions = false) => {
    const limits = { ...DEFAULT_OPERATION_LIMITS, suggestions }
    expect(refusal(forbidden, limits)).not.toEqual([])
    expect(refusal(forbidden, limits)).toEqual(refusal(missing, limits))
  })

  it('G15 refuses introspection where it is switched off, and nothing else', () => {
    const off = { ...DEFAULT_OPERATION_LIMITS, introspection: false }
    expect(refusal('{ __schema { queryType { name } } }', off)).toHaveLength(2)
    expect(refusal('{ __type(name: "Person") { name } }', off)).toHaveLength(1)
    expect(refusal('{ me { __typename } __typename }', off)).toEqual([])
    expect(refusal('{ a: __schema { queryType { name } } ...F } fragment F on Query { __type(name: "x") { name } }', off).length).toBeGreaterThan(0)
    expect(refusal('{ __schema { queryType { name } } }')).toEqual([])
  })
})

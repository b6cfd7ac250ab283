import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import type { PropertyType } from '@polyseme/kit/contract'
import { maskAnswer, planAnswer, type AnswerMasks } from '../../../gateway/access/masks/index.ts'

const schema = buildSubgraphSchema(parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { people: [Person] named: [Named] one: Person any: [Any] }
  interface Named { name: String }
  union Any = Person | Shop
  type Person implements Named @key(fields: "id") { id: ID! name: String email: String tags: [String] friend: Person born: String }
  type Shop implements Named @key(fields: "id") { id: ID! name: String email: String }
`))

const MASKS: AnswerMasks = {
  masks: { 'Person.email': { kind: 'partial' }, 'Person.name': { kind: 'constant', value: '•••' }, 'Person.tags': { kind: 'null' }, 'Person.born': { kind: 'year' } },
  types: new Map<string, PropertyType>([['Person.email', 'string'], ['Person.name', 'string'], ['Person.tags', 'string'], ['Person.born', 'date'], ['Shop.name', 'string'], ['Shop.email', 'string']]),
  key: 'k',
}

function masked(query: string, data: unknown): unknown {
  const answer = structuredClone(data)
  maskAnswer(answer, planAnswer(parse(query), schema), MASKS)
  return answer
}

describe('M13 an answer of a foreign subgraph', () => {
  it('is masked by field, whatever the field is called in the answer and however deep it stands', () => {
    expect(masked('{ people { id n: name email friend { email born friend { e: email } } tags } }', { people: [{ id: '1', n: 'Ana', email: 'ana@x.org', friend: { email: 'bob@x.org', born: '1984-06-30', friend: { e: 'cyd@x.org' } }, tags: ['a'] }, null] })).toEqual({
      people: [{ id: '1', n: '•••', email: 'a•••@•••.org', friend: { email: 'b•••@•••.org', born: '1984-01-01', friend: { e: 'c•••@•••.org' } }, tags: null }, null],
    })
  })

  it('is masked in fragments, by the type of each object', () => {
    const query = 'query { any { __typename ... on Person { ...P } ... on Shop { email } } } fragment P on Person { email }'
    expect(masked(query, { any: [{ __typename: 'Person', email: 'ana@x.org' }, { __typename: 'Shop', email: 'info@x.org' }] })).toEqual({ any: [{ __typename: 'Person', email: 'a•••@•••.org' }, { __typename: 'Shop', email: 'info@x.org' }] })
  })

  it('is masked through interfaces; without a type, or with one that cannot be there, as the strictest would be', () => {
    expect(masked('{ named { __typename name } }', { named: [{ __typename: 'Person', name: 'Ana' }, { __typename: 'Shop', name: 'Ana' }, { __typename: 'Liar', name: 'Ana' }] })).toEqual({
      named: [{ __typename: 'Person', name: '•••' }, { __typename: 'Shop', name: 'Ana' }, { __typename: 'Liar', name: '•••' }],
    })
    expect(masked('{ named { name } }', { named: [{ name: 'Ana' }] })).toEqual({ named: [{ name: '•••' }] })
  })

  it('is masked where entities were asked for', () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Person { email } ... on Shop { email } } }'
    expect(masked(query, { _entities: [{ email: 'ana@x.org' }, null] })).toEqual({ _entities: [{ email: 'a•••@•••.org' }, null] })
    expect(masked('query ($r: [_Any!]!) { e: _entities(representations: $r) { __typename ... on Person { email } ... on Shop { email } } }', { e: [{ __typename: 'Shop', email: 'info@x.org' }] })).toEqual({ e: [{ __typename: 'Shop', email: 'info@x.org' }] })
  })

  it('is masked by the names of its fields where the schema does not say what stands there', () => {
    expect(masked('mutation { anything { email name other { tags } } }', { anything: { email: 'ana@x.org', name: 'Ana', other: { tags: ['a'] } } })).toEqual({ anything: { email: 'a•••@•••.org', name: '•••', other: { tags: null } } })
    expect(masked('{ one { unheardOf { email } } }', { one: { unheardOf: { email: 'ana@x.org' } } })).toEqual({ one: { unheardOf: { email: 'a•••@•••.org' } } })
  })

  it('of another form than was promised is not shown in clear either', () => {
    expect(masked('{ one { email } }', { one: [[{ email: 'ana@x.org' }]] })).toEqual({ one: [[{ email: 'a•••@•••.org' }]] })
    expect(masked('{ one { email } }', { one: { email: { nested: 'ana@x.org' } } })).toEqual({ one: { email: null } })
    expect(masked('{ one { email } }', { one: 'ana@x.org' })).toEqual({ one: 'ana@x.org' })
    expect(masked('{ one { email } }', null)).toBeNull()
  })
})

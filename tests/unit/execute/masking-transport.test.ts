import { describe, expect, it } from 'vitest'
import { createMaskKeyring } from '../../../gateway/access/index.ts'
import { MaskingTransport } from '../../../gateway/execute/masking-transport.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphTransport } from '../../../gateway/execute/index.ts'
import { caller, PRODUCTS } from '../../access/policies/policy-fixture.ts'

/** As foreign subgraphs give it: federation's own fields in it, directives not defined, a type of others extended. */
const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  directive @link(url: String, import: [link__Import]) repeatable on SCHEMA
  scalar link__Import
  type Query { people: [HrPerson] _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }
  scalar _Any
  union _Entity = HrPerson
  type _Service { sdl: String }
  type HrPerson @key(fields: "name") { name: String email: String shop: ShopPerson }
  extend type ShopPerson @key(fields: "id") { id: ID! @external manager: HrPerson }
  extend type ShopPerson { deputy: HrPerson }
`
const hr = PRODUCTS.filter(({ domain }) => domain === 'hr')
const operation = { text: '{ people { name email } }', name: undefined, kind: 'query' } as const

function answering(answer: SubgraphAnswer, text: string = sdl): MaskingTransport {
  const inner: SubgraphTransport = { send: () => Promise.resolve(structuredClone(answer)), close: () => Promise.resolve() }
  return new MaskingTransport(inner, { sdl: text, products: hr }, createMaskKeyring(new Uint8Array(32)))
}

function call(masks: SubgraphCallContext['masks']): SubgraphCallContext {
  return { principal: caller(), masks, rowRestrictions: {}, accessFingerprint: 'f', signal: new AbortController().signal }
}

const ANSWER: SubgraphAnswer = { data: { people: [{ name: 'Ana', email: 'ana@x.org' }] }, errors: [{ message: 'cannot parse "ana@x.org"', path: ['people', 0], extensions: { code: 'BROKEN', stack: 'at ana@x.org' } }] }

describe('a foreign subgraph', () => {
  it('answers masked, with errors that quote nothing', async () => {
    expect(await answering(ANSWER).send({ operation, variablesText: '{}' }, call({ 'HrPerson.email': { kind: 'partial' } }))).toEqual({
      data: { people: [{ name: 'Ana', email: 'a•••@•••.org' }] },
      errors: [{ message: 'the subgraph reported an error', path: ['people', 0], extensions: { code: 'BROKEN' } }],
    })
  })

  it.each([sdl, sdl.replace('_entities(representations: [_Any!]!): [_Entity]! _service: _Service!', '').replace('union _Entity = HrPerson', '')])('masks entities, whether its SDL speaks of them or not', async (text) => {
    const entities = { text: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on HrPerson { email shop { manager { email } deputy { e: email } } } } }', name: undefined, kind: 'query' } as const
    const answer = { _entities: [{ email: 'ana@x.org', shop: { manager: { email: 'bob@x.org' }, deputy: { e: 'cyd@x.org' } } }] }
    const { data } = await answering({ data: answer, errors: [] }, text).send({ operation: entities, variablesText: '{}' }, call({ 'HrPerson.email': { kind: 'partial' } }))
    expect(data).toEqual({ _entities: [{ email: 'a•••@•••.org', shop: { manager: { email: 'b•••@•••.org' }, deputy: { e: 'c•••@•••.org' } } }] })
  })

  it('answers as it is where nothing of it is masked', async () => {
    const transport = answering(ANSWER)
    expect(await transport.send({ operation, variablesText: '{}' }, call({}))).toEqual(ANSWER)
    expect(await transport.send({ operation, variablesText: '{}' }, call({ 'ShopPerson.email': { kind: 'null' } }))).toEqual(ANSWER)
  })
})

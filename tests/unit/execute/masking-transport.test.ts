import { describe, expect, it } from 'vitest'
import { createMaskKeyring } from '../../../gateway/access/index.ts'
import { MaskingTransport } from '../../../gateway/execute/masking-transport.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphTransport } from '../../../gateway/execute/index.ts'
import { caller, PRODUCTS } from '../../access/policies/policy-fixture.ts'

const sdl = 'type Query { people: [HrPerson] } type HrPerson { name: String email: String }'
const hr = PRODUCTS.filter(({ domain }) => domain === 'hr')
const operation = { text: '{ people { name email } }', name: undefined, kind: 'query' } as const

function answering(answer: SubgraphAnswer): MaskingTransport {
  const inner: SubgraphTransport = { send: () => Promise.resolve(structuredClone(answer)), close: () => Promise.resolve() }
  return new MaskingTransport(inner, { sdl, products: hr }, createMaskKeyring(new Uint8Array(32)))
}

function call(masks: SubgraphCallContext['masks']): SubgraphCallContext {
  return { principal: caller(), masks, accessFingerprint: 'f', signal: new AbortController().signal }
}

const ANSWER: SubgraphAnswer = { data: { people: [{ name: 'Ana', email: 'ana@x.org' }] }, errors: [{ message: 'cannot parse "ana@x.org"', path: ['people', 0], extensions: { code: 'BROKEN', stack: 'at ana@x.org' } }] }

describe('a foreign subgraph', () => {
  it('answers masked, with errors that quote nothing', async () => {
    expect(await answering(ANSWER).send({ operation, variablesText: '{}' }, call({ 'HrPerson.email': { kind: 'partial' } }))).toEqual({
      data: { people: [{ name: 'Ana', email: 'a***@x.org' }] },
      errors: [{ message: 'the subgraph reported an error', path: ['people', 0], extensions: { code: 'BROKEN' } }],
    })
  })

  it('answers as it is where nothing of it is masked', async () => {
    const transport = answering(ANSWER)
    expect(await transport.send({ operation, variablesText: '{}' }, call({}))).toEqual(ANSWER)
    expect(await transport.send({ operation, variablesText: '{}' }, call({ 'ShopPerson.email': { kind: 'null' } }))).toEqual(ANSWER)
  })
})

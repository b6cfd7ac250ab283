import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { graphql } from 'graphql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Principal } from '@polyseme/kit/identity'
import { buildDomainSdl } from '@polyseme/kit/product'
import { AgreementStore } from '../../../gateway/access/agreements/index.ts'
import { AccessDatabase } from '../../../gateway/access/store/index.ts'
import { createAccessSubgraph } from '../../../gateway/access/subgraph/index.ts'
import { PersonalTokenStore } from '../../../gateway/access/tokens/index.ts'
import { composeTestSupergraph } from '../../testkit/test-mesh.ts'
import { caller, deciderOf, PRODUCTS, WITH_AGREEMENT } from '../policies/policy-fixture.ts'

const OWNED = WITH_AGREEMENT.map((product) => ({ ...product, contract: { ...product.contract, team: { members: [{ username: 'olga', role: 'owner' }] } } }))
const supergraph = composeTestSupergraph({ hr: buildDomainSdl(PRODUCTS.filter(({ domain }) => domain === 'hr')) })
const policies = deciderOf([], {}, WITH_AGREEMENT)

let database: AccessDatabase
let agreements: AgreementStore
let ask: (source: string, principal?: Principal, variables?: Record<string, unknown>) => Promise<unknown>

beforeEach(async () => {
  database = new AccessDatabase({ file: join(await mkdtemp(join(tmpdir(), 'polyseme-access-')), 'access.db') })
  agreements = new AgreementStore(database)
  agreements.useProducts(OWNED)
  agreements.usePeopleIssuer('https://issuer.test')
  const schema = createAccessSubgraph({ agreements, tokens: new PersonalTokenStore(database), current: () => ({ supergraph, policies }) })
  ask = async (source, principal = caller(), variables = {}) => JSON.parse(JSON.stringify(await graphql({ schema, source, contextValue: { principal }, variableValues: variables }))) as unknown
})

afterEach(() => database[Symbol.dispose]())

const REQUEST = { product: 'closed/people', consumer: 'bi', purpose: 'fraud', useCase: 'Find payers that exist twice.', until: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) }
const ASK_FOR_ACCESS = 'mutation ($request: AccessRequestInput!) { requestAccess(request: $request) { id state people owners history { kind actor } } }'
const olga = caller({ subject: 'olga' })
const bob = caller({ subject: 'bob' })

async function request(): Promise<string> {
  const answer = (await ask(ASK_FOR_ACCESS, caller(), { request: REQUEST })) as { data: { requestAccess: { id: string } } }
  return answer.data.requestAccess.id
}

const failure = (code: string): unknown => ({ errors: [expect.objectContaining({ extensions: { code } })] })

describe('by GraphQL', () => {
  it('a caller sees who it is and what it may', async () => {
    const query = '{ access { caller { subject client scopes roles purpose } explain(coordinates: ["HrPerson.iban", "HrPerson.name", "Query.hr", "No.such"]) { coordinate decision because change } } }'
    expect(await ask(query, caller({ roles: ['analyst'], purpose: 'fraud' }))).toEqual({
      data: {
        access: {
          caller: { subject: 'ana', client: null, scopes: ['hr:read', 'shop:read'], roles: ['analyst'], purpose: 'fraud' },
          explain: [
            { coordinate: 'HrPerson.iban', decision: 'masked null', because: ['no policy permits `reveal`'], change: 'a policy of hr that permits to reveal restricted data' },
            { coordinate: 'HrPerson.name', decision: 'clear', because: ['policy base#reveal-by-classification'], change: null },
          ],
        },
      },
    })
    expect(await ask('query ($c: [String!]!) { access { explain(coordinates: $c) { decision } } }', caller(), { c: Array(201).fill('HrPerson.name') })).toMatchObject(failure('BAD_USER_INPUT') as object)
  })

  it('access is asked for, for oneself unless others are named, and granted and ended by an owner', async () => {
    expect(await ask(ASK_FOR_ACCESS, caller(), { request: REQUEST })).toMatchObject({ data: { requestAccess: { state: 'requested', people: ['ana'], owners: ['olga'], history: [{ kind: 'requested', actor: 'ana' }] } } })
    const id = await request()
    expect(await ask(`mutation { approveAccess(id: "${id}") { state } }`)).toMatchObject(failure('FORBIDDEN') as object)
    expect(await ask(`mutation { approveAccess(id: "${id}", reason: "agreed") { state history { kind actor reason } } }`, olga)).toMatchObject({ data: { approveAccess: { state: 'approved', history: [{}, { kind: 'approved', actor: 'olga', reason: 'agreed' }] } } })
    expect(await ask(`mutation { revokeAccess(id: "${id}") { state } }`, caller({ subject: 'admin', scopes: ['closed:approve'] }))).toMatchObject({ data: { revokeAccess: { state: 'revoked' } } })
    expect(await ask(`mutation { rejectAccess(id: "${id}") { state } }`, olga)).toMatchObject(failure('BAD_USER_INPUT') as object)
  })

  it('an agreement is shown to those whose business it is, and to others there is none', async () => {
    const id = await request()
    const list = '{ access { agreements { id state } } }'
    for (const principal of [caller(), olga, caller({ subject: 'admin', scopes: ['closed:approve'] })]) expect(await ask(list, principal)).toEqual({ data: { access: { agreements: [{ id, state: 'requested' }] } } })
    for (const principal of [bob, { ...caller(), issuer: 'https://other.test' }, { ...olga, issuer: 'https://other.test' }]) expect(await ask(list, principal)).toEqual({ data: { access: { agreements: [] } } })
    expect(await ask(`mutation { approveAccess(id: "${id}") { state } }`, bob)).toMatchObject({ errors: [{ message: `There is no agreement ${id}.`, extensions: { code: 'NOT_FOUND' } }] })
    expect(await ask('{ access { agreements(product: "closed/people", state: approved) { id } } }', olga)).toEqual({ data: { access: { agreements: [] } } })
  })

  it('an agreement outlives its product: it is still listed, can still be ended, and hides no other', async () => {
    const id = await request()
    expect(await ask(`mutation { approveAccess(id: "${id}") { state } }`, olga)).toMatchObject({ data: { approveAccess: { state: 'approved' } } })
    agreements.useProducts([])
    expect(await ask('{ access { agreements { id state owners } } }')).toEqual({ data: { access: { agreements: [{ id, state: 'approved', owners: [] }] } } })
    expect(await ask('{ access { agreements { id } } }', bob)).toEqual({ data: { access: { agreements: [] } } })
    expect(await ask(`mutation { revokeAccess(id: "${id}") { state } }`, olga)).toMatchObject(failure('NOT_FOUND') as object)
    expect(await ask(`mutation { revokeAccess(id: "${id}") { state } }`, caller({ subject: 'admin', scopes: ['closed:approve'] }))).toMatchObject({ data: { revokeAccess: { state: 'revoked' } } })
    expect(await ask(ASK_FOR_ACCESS, caller(), { request: REQUEST })).toMatchObject(failure('NOT_FOUND') as object)
  })

  it('personal tokens are made, listed and stopped by their owner', async () => {
    const made = (await ask('mutation { createAccessToken(name: "Excel", scopes: ["hr:read"], days: 7) { secret token { id state scopes } } }')) as { data: { createAccessToken: { secret: string; token: { id: string } } } }
    const { secret, token } = made.data.createAccessToken
    expect(secret).toMatch(/^polyseme_/)
    const list = '{ access { tokens { id name state } } }'
    expect(await ask(list)).toEqual({ data: { access: { tokens: [{ id: token.id, name: 'Excel', state: 'valid' }] } } })
    expect(await ask(list, bob)).toEqual({ data: { access: { tokens: [] } } })
    expect(await ask(`mutation { revokeAccessToken(id: "${token.id}") { state } }`, bob)).toMatchObject(failure('NOT_FOUND') as object)
    expect(await ask(`mutation { revokeAccessToken(id: "${token.id}") { state } }`)).toEqual({ data: { revokeAccessToken: { state: 'revoked' } } })
    expect(await ask('mutation { createAccessToken(name: "Excel", scopes: ["billing:read"]) { secret } }')).toMatchObject(failure('FORBIDDEN') as object)
  })
})

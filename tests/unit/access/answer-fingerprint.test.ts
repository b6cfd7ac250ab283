import { buildDomainSdl } from '@polyseme/kit/product'
import type { Principal } from '@polyseme/kit/identity'
import { describe, expect, it } from 'vitest'
import { allOf, answerFingerprint, authorize, federationDecider } from '../../../gateway/access/index.ts'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../../../gateway/operation/index.ts'
import { composeSupergraph } from '../../../gateway/supergraph/index.ts'
import { caller, deciderOf, meshFile } from '../../access/policies/policy-fixture.ts'
import { SHOP } from '../../testkit/shop-domain.ts'

const composed = composeSupergraph([
  { name: 'shop', url: 'http://127.0.0.1:1/graphql', sdl: buildDomainSdl([SHOP]), products: [SHOP] },
  { name: 'other', url: 'http://127.0.0.1:2/graphql', sdl: 'type Query { whoami: String }', products: [] },
])
if (composed.kind === 'invalid') throw new Error(JSON.stringify(composed.diagnostics))
const supergraph = composed.value
const policies = deciderOf([meshFile(`
  @mask("hash") forbid (principal, action == Action::"reveal", resource) when { resource.name == "name" } unless { principal in Role::"steward" };
  @rows("amount in claim.names") forbid (principal, action == Action::"readAllRows", resource == Object::"ShopOrder") unless { principal in Role::"steward" };`)], {}, [SHOP])

function fingerprint(query: string, principal: Principal, scope: 'caller' | 'shared' = 'shared'): string {
  const operation = parseOperation({ query, variables: undefined }, supergraph, DEFAULT_OPERATION_LIMITS)
  const authorized = authorize(operation, principal, supergraph, { decider: allOf([federationDecider(supergraph), policies]) })
  return answerFingerprint(authorized, principal, { supergraph, scope })
}

const CUSTOMERS = '{ shop { customers { nodes { name } } } }'
const steward = (more: Parameters<typeof caller>[0] = {}): Principal => caller({ scopes: ['shop:read'], roles: ['steward'], claims: { regions: ['EMEA'] }, ...more })

describe('who may be given an answer that was made for another', () => {
  it('shared: who has equal rights over equal rows, whoever it is', () => {
    expect(fingerprint(CUSTOMERS, steward({ subject: 'bob', clientId: 'bi', purpose: 'fraud' }))).toBe(fingerprint(CUSTOMERS, steward()))
  })

  it.each([
    ['another row of the contract\'s filter', { claims: { regions: ['APAC'] } }],
    ['no claim at all', { claims: {} }],
    ['an exempting scope', { scopes: ['shop:read', 'shop:all-regions'] }],
    ['no scope', { scopes: [] }],
    ['a policy\'s rows and masks', { roles: [] }],
  ])('not shared with %s', (_name, more) => {
    expect(fingerprint(CUSTOMERS, steward(more))).not.toBe(fingerprint(CUSTOMERS, steward()))
  })

  it('not shared where a policy\'s filter goes by another value, or a hash is another consumer\'s', () => {
    const plain = (more: Parameters<typeof caller>[0]): string => fingerprint(CUSTOMERS, steward({ roles: [], clientId: 'bi', ...more }))
    expect(plain({ subject: 'bob' })).toBe(plain({}))
    expect(plain({ claims: { regions: ['EMEA'], names: ['x'] } })).not.toBe(plain({ claims: { regions: ['EMEA'], names: ['y'] } }))
    expect(plain({ clientId: 'crm' })).not.toBe(plain({}))
  })

  it('never shared where a part is not made of contracts, or introspection', () => {
    for (const query of ['{ whoami }', `{ whoami ${CUSTOMERS.slice(1)}`, `{ __schema { queryType { name } } ${CUSTOMERS.slice(1)}`]) expect(fingerprint(query, steward({ subject: 'bob' }))).not.toBe(fingerprint(query, steward()))
  })

  it('by caller: nobody else, and the same one with a new token', () => {
    expect(fingerprint(CUSTOMERS, steward({ subject: 'bob' }), 'caller')).not.toBe(fingerprint(CUSTOMERS, steward(), 'caller'))
    expect(fingerprint(CUSTOMERS, { ...steward(), tokenId: 'next', expiresAtSec: 5 }, 'caller')).toBe(fingerprint(CUSTOMERS, steward(), 'caller'))
  })
})

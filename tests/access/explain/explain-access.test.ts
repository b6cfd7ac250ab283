import { describe, expect, it } from 'vitest'
import { buildDomainSdl } from '@polyseme/kit/product'
import { explainCoordinate, explainOperation } from '../../../gateway/access/explain/index.ts'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../../../gateway/operation/index.ts'
import type { CoordinateAccess, Supergraph } from '../../../gateway/supergraph/index.ts'
import { composeTestSupergraph } from '../../testkit/test-mesh.ts'
import { caller, deciderOf, meshFile, PRODUCTS, WITH_AGREEMENT } from '../policies/policy-fixture.ts'

const hr = PRODUCTS.filter(({ domain }) => domain === 'hr')
const access: readonly [string, CoordinateAccess][] = [
  ['HrPerson', { authenticated: false, scopes: [[['hr:read'], ['hr:admin', 'hr:trusted']]], policies: [] }],
  ['HrPerson.active', { authenticated: true, scopes: [], policies: [[['vip']]] }],
]
const graph: Supergraph = { ...composeTestSupergraph({ hr: buildDomainSdl(hr) }), access: new Map(access) }
const policies = deciderOf([meshFile('@id("no-mail") @mask("partial") forbid (principal, action == Action::"reveal", resource == Field::"HrPerson.email");permit (principal in Role::"steward", action == Action::"satisfy", resource == NamedPolicy::"vip");')], {}, WITH_AGREEMENT)

const explain = (coordinate: string, principal = caller()): unknown => explainCoordinate(coordinate, principal, graph, policies)

describe('an explanation', () => {
  it('names the directive and the scopes that are missing', () => {
    expect(explain('HrPerson', caller({ scopes: ['hr:admin'] }))).toEqual({ coordinate: 'HrPerson', decision: 'denied', because: ['@requiresScopes(hr:read or hr:admin and hr:trusted)'], change: 'a token with hr:read or hr:admin and hr:trusted' })
    expect(explain('HrPerson.active')).toEqual({ coordinate: 'HrPerson.active', decision: 'denied', because: ['@authenticated', '@policy(vip)'], change: 'a policy that permits `satisfy` on vip' })
    expect(explain('HrPerson.active', caller({ roles: ['steward'] }))).toMatchObject({ decision: 'clear' })
  })

  it('names the policy and what it did', () => {
    expect(explain('HrPerson.email')).toEqual({ coordinate: 'HrPerson.email', decision: 'masked partial', because: ['policy policies/mesh.cedar#no-mail'], change: 'a change of the policy policies/mesh.cedar#no-mail, which forbids to reveal it' })
    expect(explain('HrPerson.iban')).toEqual({ coordinate: 'HrPerson.iban', decision: 'masked null', because: ['no policy permits `reveal`'], change: 'a policy of hr that permits to reveal restricted data' })
    expect(explain('HrPerson.name')).toEqual({ coordinate: 'HrPerson.name', decision: 'clear', because: ['policy base#reveal-by-classification'] })
    expect(explain('ShopPerson.name', caller({ scopes: [] }))).toMatchObject({ decision: 'denied', because: ['no policy permits `read`'], change: 'a token with shop:read' })
    expect(explain('ShopPerson', caller({ scopes: [] }))).toMatchObject({ decision: 'denied', because: ['none of its fields may be read'] })
  })

  it('names what forbids a sum of what may be read', () => {
    const sums = deciderOf([meshFile('@id("no-sums") forbid (principal, action == Action::"aggregate", resource == Field::"HrPerson.income");')])
    expect(explainCoordinate('HrPersonSums.income', caller(), graph, sums)).toEqual({ coordinate: 'HrPersonSums.income', decision: 'denied', because: ['policy policies/mesh.cedar#no-sums'], change: 'a change of the policy policies/mesh.cedar#no-sums, which forbids to aggregate it' })
    expect(explainCoordinate('HrPersonSums.income', caller({ scopes: [] }), graph, sums)).toMatchObject({ decision: 'denied', change: 'a token with hr:read' })
    expect(explainCoordinate('HrPersonSums.iban', caller(), graph, sums)).toMatchObject({ decision: 'denied', because: ['no policy permits `reveal`'] })
    expect(explainCoordinate('HrPersonGroup.active', caller(), graph, sums)).toMatchObject({ decision: 'clear' })
  })

  it('says how to get the agreement that is missing', () => {
    expect(explain('ClosedPerson.name', caller({ scopes: ['closed:read'] }))).toMatchObject({ decision: 'denied', because: ['policy base#agreement-needed'], change: expect.stringContaining('polyseme access request --product closed/people') })
  })

  it('is not there where no rule has a say', () => {
    expect([explain('Query.hr'), explain('Nothing.at.all')]).toEqual([undefined, undefined])
  })
})

it('of an operation begins with what is denied, then what is masked', () => {
  const operation = parseOperation({ query: '{ hr { people { nodes { name email active } } } }', variables: undefined }, graph, DEFAULT_OPERATION_LIMITS)
  expect(explainOperation(operation, caller(), graph, policies).map(({ coordinate, decision }) => `${coordinate} ${decision}`)).toEqual([
    'HrPerson.active denied', 'HrPerson.email masked partial', 'HrPerson clear', 'HrPerson.name clear',
  ])
})

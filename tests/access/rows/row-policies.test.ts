import { describe, expect, it } from 'vitest'
import { formatDiagnostic } from '@polyseme/kit/errors'
import { buildDomainSdl } from '@polyseme/kit/product'
import { explainCoordinate } from '../../../gateway/access/explain/index.ts'
import { authorize, allOf, createCallIdentityBuilder, createMaskKeyring } from '../../../gateway/access/index.ts'
import { adaptPolicies } from '../../../gateway/access/policies/compile-policies.ts'
import { buildPolicyMesh, compilePolicies, createPolicyDecider } from '../../../gateway/access/policies/index.ts'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../../../gateway/operation/index.ts'
import { composeTestSupergraph } from '../../testkit/test-mesh.ts'
import { caller, deciderOf, domainFile, findingsOf, meshFile, PRODUCTS, VOCABULARY } from '../policies/policy-fixture.ts'

const OWN_NAMES = '@id("own-names") @rows("name in claim.names") forbid (principal, action == Action::"readAllRows", resource == Object::"HrPerson") unless { principal in Role::"steward" };'
const ADULTS = '@id("active") @rows("active in claim.states or person_id in claim.ids") forbid (principal, action == Action::"readAllRows", resource in Product::"hr/people");'
const NAMES = { anyOf: [{ field: 'name', claim: 'names' }] }

describe('a policy\'s row filter', () => {
  const decider = deciderOf([meshFile(OWN_NAMES)])

  it('restricts the rows of those whom it forbids to see all', () => {
    expect(decider.rowRestrictionsAround(['HrPerson.name'], caller())).toEqual({ HrPerson: [NAMES] })
    expect(decider.rowRestrictionsAround(['HrPerson.name'], caller({ roles: ['steward'] }))).toEqual({})
    expect(decider.decide('HrPerson.name', caller()).kind).toBe('allow')
  })

  it('holds for the whole domain, whatever of it is asked for', () => {
    for (const coordinate of ['HrPersonConnection', 'HrPersonCounts.name', 'HrQuery']) expect(decider.rowRestrictionsAround([coordinate], caller())).toEqual({ HrPerson: [NAMES] })
    expect(decider.rowRestrictionsAround(['ShopPerson', 'Query.hr'], caller())).toEqual({})
    expect(decider.rowRestrictionsAround(['HrPerson'], undefined)).toEqual({})
  })

  it('holds together with others, each with all of its ways', () => {
    const both = deciderOf([meshFile(OWN_NAMES), domainFile('hr', ADULTS)])
    const second = { anyOf: [{ field: 'active', claim: 'states' }, { field: 'personId', claim: 'ids' }] }
    expect(both.rowRestrictionsAround(['HrPerson'], caller())).toEqual({ HrPerson: [NAMES, second] })
    // Neither a domain's permit nor a role that one of them excepts opens what the other closes.
    const permitting = deciderOf([meshFile(OWN_NAMES), domainFile('hr', `${ADULTS} permit (principal, action == Action::"readAllRows", resource in Domain::"hr");`)])
    expect(permitting.rowRestrictionsAround(['HrPerson'], caller({ roles: ['steward'] }))).toEqual({ HrPerson: [second] })
  })

  it('that fails to evaluate leaves no row', () => {
    const failing = deciderOf([meshFile('@rows("name in claim.names") forbid (principal, action == Action::"readAllRows", resource == Object::"HrPerson") when { 9223372036854775807 + 1 == 0 };')])
    expect(failing.decide('HrPerson.name', caller())).toEqual({ kind: 'deny' })
    expect(failing.rowRestrictionsAround(['HrPerson'], caller())).toEqual({ HrPerson: [{ anyOf: [] }] })
    expect(failing.decide('ShopPerson.name', caller())).toEqual({ kind: 'allow' })
  })

  it('is nothing beside a policy that forbids everything: the type is denied', () => {
    const closed = deciderOf([meshFile(OWN_NAMES), meshFile('@id("closed") forbid (principal, action, resource in Domain::"hr");')])
    expect(closed.decide('HrPerson', caller())).toEqual({ kind: 'deny' })
    expect(closed.rowRestrictionsAround(['HrPerson'], caller())).toEqual({ HrPerson: [{ anyOf: [] }] })
  })

  it('is one object for callers alike, so that what is derived from it is kept', () => {
    expect(decider.rowRestrictionsAround(['HrPerson'], caller())).toBe(decider.rowRestrictionsAround(['HrPerson.email'], caller({ subject: 'bob', claims: { names: ['x'] } })))
  })
})

describe('a row filter is refused', () => {
  const whatOf = (...files: Parameters<typeof findingsOf>[0]): readonly string[] => findingsOf(files).map(({ rule, severity, what }) => `${severity} ${rule}: ${what}`)
  const rows = (text: string, head = 'resource == Object::"HrPerson"'): string => `@rows("${text}") forbid (principal, action == Action::"readAllRows", ${head});`

  it.each([
    ['a property that is not there', rows('nam in claim.names'), "error policy-rows: the row filter names the property 'nam', which HrPerson does not have"],
    ['a list', rows('tags in claim.tags'), 'error policy-rows: the row filter compares HrPerson.tags, a list or nested object'],
    ['what is masked by default', rows('iban in claim.ibans'), 'error policy-rows: the row filter compares HrPerson.iban, which is restricted'],
    ['another form', rows('name == 1'), 'error policy-rows: there is no row filter "name == 1"'],
    ['SQL', rows("name in claim.x') OR TRUE"), "error policy-rows: there is no row filter \"name in claim.x') OR TRUE\""],
    ['no filter at all', 'forbid (principal, action == Action::"readAllRows", resource == Object::"HrPerson");', 'error policy-rows: a policy forbids `readAllRows` and does not say which rows are left'],
    ['a filter where no row is left out', '@rows("name in claim.names") forbid (principal, action == Action::"read", resource == Object::"HrPerson");', 'error policy-rows: `@rows` stands on a policy that leaves no row out'],
    ['a permit', '@rows("name in claim.names") permit (principal, action == Action::"readAllRows", resource == Object::"HrPerson");', 'error policy-rows: `@rows` stands on a policy that leaves no row out'],
  ])('with %s', (_name, text, finding) => {
    expect(whatOf(meshFile(text))).toContain(finding)
  })

  it('that would cut through the cells that its contract makes aggregates of', () => {
    const guarded = PRODUCTS.map((product) => ({ ...product, objects: product.objects.map((object) => ({ ...object, minGroupRows: 5, aggregateDimensions: ['active'] })) }))
    const result = compilePolicies([meshFile(rows('name in claim.names'))], buildPolicyMesh(guarded, VOCABULARY))
    expect(result.kind === 'invalid' ? result.diagnostics.map(({ what }) => what) : []).toEqual(['the row filter compares HrPerson.name, which is not among the aggregateDimensions of its contract'])
    expect(compilePolicies([meshFile(rows('active in claim.states'))], buildPolicyMesh(guarded, VOCABULARY)).kind).toBe('ok')
  })

  it('by a domain about another domain\'s rows', () => {
    expect(whatOf(domainFile('shop', rows('name in claim.names')))).toEqual([expect.stringContaining('policy-foreign')])
  })

  it('about objects that a foreign subgraph serves, and denied where one comes under it later', () => {
    const file = meshFile(rows('name in claim.names', 'resource in Domain::"hr"'))
    const mesh = buildPolicyMesh(PRODUCTS, VOCABULARY, new Set(['hr']))
    const refused = compilePolicies([file], mesh)
    expect(refused.kind === 'invalid' ? refused.diagnostics.map(formatDiagnostic) : []).toEqual([expect.stringMatching(/a row filter is about HrPerson, which a foreign subgraph serves[^]*serve the data from a contract/)])
    const before = compilePolicies([file], buildPolicyMesh(PRODUCTS, VOCABULARY))
    const after = before.kind === 'ok' ? adaptPolicies(before.value, mesh) : undefined
    if (after?.kind !== 'ok') throw new Error('the policies no longer compile')
    expect(createPolicyDecider(after.value).decide('HrPerson.name', caller())).toEqual({ kind: 'deny' })
  })
})

it('a domain that adds up what is masked is told what is closed', () => {
  const guarded = PRODUCTS.map((product) => ({ ...product, objects: product.objects.map((object) => ({ ...object, minGroupRows: 5, aggregateDimensions: ['active'] })) }))
  const closed = `
    forbid (principal, action == Action::"read", resource == Field::"HrPerson.income");
    forbid (principal, action == Action::"aggregate", resource == Field::"HrPerson.iban");`
  const masks = deciderOf([meshFile(closed)], {}, guarded).masksAround(['HrPerson'], caller())
  expect(masks).toEqual({ 'HrPerson.income': { kind: 'null' }, 'HrPersonSums.income': { kind: 'null' }, 'HrPerson.iban': { kind: 'null' }, 'HrPersonSums.iban': { kind: 'null' } })
  const { masks: told } = createCallIdentityBuilder(guarded, createMaskKeyring(Buffer.alloc(32))).build(caller(), masks, {})
  expect(told).toEqual(masks)
})

describe('an operation under a row filter', () => {
  const graph = composeTestSupergraph({ hr: buildDomainSdl(PRODUCTS.filter(({ domain }) => domain === 'hr')) })
  const run = (roles: readonly string[]): ReturnType<typeof authorize> => {
    const operation = parseOperation({ query: '{ hr { people { totalCount } } }', variables: undefined }, graph, DEFAULT_OPERATION_LIMITS)
    return authorize(operation, caller({ roles }), graph, { decider: allOf([decider]) })
  }
  const decider = deciderOf([meshFile(OWN_NAMES)])

  it('carries it, plans as any other, and has a fingerprint of its own', () => {
    const [some, all] = [run([]), run(['steward'])]
    expect([some.rowRestrictions, all.rowRestrictions]).toEqual([{ HrPerson: [NAMES] }, {}])
    expect(some.planKey).toBe(all.planKey)
    expect(some.accessFingerprint).not.toBe(all.accessFingerprint)
  })

  it('is explained: which rows, which rule, what would change it', () => {
    expect(explainCoordinate('HrPerson', caller(), graph, decider)).toMatchObject({ rows: ['name in claim.names: policy policies/mesh.cedar#own-names'], change: "more values in the token's claim names, or a change of the policy policies/mesh.cedar#own-names, which forbids to readAllRows" })
    expect(explainCoordinate('HrPerson', caller({ roles: ['steward'] }), graph, decider)?.rows).toBeUndefined()
  })
})

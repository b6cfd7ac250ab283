import { describe, expect, it } from 'vitest'
import { parseContract } from '@polyseme/kit/contract'
import type { Decision } from '../../../gateway/access/decision.ts'
import { buildPolicyMesh, compilePolicies, createPolicyDecider } from '../../../gateway/access/policies/index.ts'
import { caller, deciderOf, domainFile, meshFile, PRODUCTS, VOCABULARY, WITH_AGREEMENT, type CallerParts } from './policy-fixture.ts'

const ALLOW: Decision = { kind: 'allow' }
const DENY: Decision = { kind: 'deny' }
const masked = (mask: Extract<Decision, { kind: 'mask' }>['mask']): Decision => ({ kind: 'mask', mask })

describe('without any file', () => {
  const decider = deciderOf([])

  it.each<[string, CallerParts, Decision]>([
    ['HrPerson.name', {}, ALLOW],
    ['HrPerson.email', {}, ALLOW],
    ['HrPerson.iban', {}, masked({ kind: 'null' })],
    ['HrPerson', {}, ALLOW],
    ['HrPerson.name', { scopes: ['shop:read'] }, DENY],
    ['HrPerson.personId', { scopes: [] }, DENY],
    ['HrPerson', { scopes: ['shop:read'] }, DENY],
    ['HrPersonConnection', { scopes: ['shop:read'] }, DENY],
    ['HrPersonAggregate', { scopes: ['shop:read'] }, DENY],
    ['HrPersonSums.income', { scopes: ['shop:read'] }, DENY],
    ['HrPersonSums.income', {}, ALLOW],
    ['Query.hr', { scopes: [] }, ALLOW],
    ['HrPerson.nonsense', { scopes: [] }, ALLOW],
  ])('%s for %j is %j', (coordinate, parts, decision) => {
    expect(decider.decide(coordinate, caller(parts))).toEqual(decision)
  })

  it('denies every field of a product to a caller without a token', () => {
    for (const coordinate of ['HrPerson', 'HrPerson.name', 'HrPersonConnection', 'HrPersonCounts.name']) expect(decider.decide(coordinate, undefined)).toEqual(DENY)
  })

  it('has no say about what is no data product', () => {
    expect(['Query', 'Query.hr', 'Concept.name', 'HrPerson.__typename', '__proto__'].filter((coordinate) => decider.concerns(coordinate))).toEqual([])
  })

  it('opens a change of the mesh by the scope of that name only', () => {
    expect(decider.mayChange('publish', { domain: 'hr' }, caller({ scopes: ['hr:publish'] }))).toBe(true)
    expect(decider.mayChange('publish', { domain: 'shop' }, caller({ scopes: ['hr:publish'] }))).toBe(false)
    expect(decider.mayChange('approve', { domain: 'hr', product: 'hr/people' }, caller({ scopes: ['hr:publish'] }))).toBe(false)
    expect(decider.mayChange('steward', { domain: 'lexicon' }, caller({ scopes: ['lexicon:steward'] }))).toBe(true)
  })

  it('grants no federation policy', () => expect(decider.isSatisfied('anything', caller())).toBe(false))
})

describe('a policy', () => {
  it('masks what may not be revealed, for those it is about', () => {
    const decider = deciderOf([
      meshFile('@mask("partial") forbid (principal, action == Action::"reveal", resource in Classification::"confidential") unless { principal in Role::"steward" };'),
    ])
    expect(decider.decide('HrPerson.email', caller())).toEqual(masked({ kind: 'partial' }))
    expect(decider.decide('HrPerson.email', caller({ roles: ['steward'] }))).toEqual(ALLOW)
    expect(decider.decide('HrPerson.name', caller())).toEqual(ALLOW)
  })

  it.each<[string, string, Decision]>([
    ['partial', 'HrPerson.email', masked({ kind: 'partial' })],
    ['hash', 'HrPerson.email', masked({ kind: 'hash' })],
    ['constant n/a', 'HrPerson.email', masked({ kind: 'constant', value: 'n/a' })],
    ['year', 'HrPerson.bornOn', masked({ kind: 'year' })],
    ['range 5000', 'HrPerson.income', masked({ kind: 'range', step: 5_000 })],
    // The type of a field never changes, so what does not fit becomes null …
    ['partial', 'HrPerson.income', masked({ kind: 'null' })],
    ['year', 'HrPerson.email', masked({ kind: 'null' })],
    ['range 10', 'HrPerson.bornOn', masked({ kind: 'null' })],
    ['hash', 'HrPerson.tags', masked({ kind: 'null' })],
    // … and where the graph promises a value, a text says that it is hidden, and anything else is denied.
    ['null', 'HrPerson.name', masked({ kind: 'constant', value: '•••' })],
    ['null', 'HrPerson.active', DENY],
    ['partial', 'HrPerson.personId', DENY],
  ])('mask %j on %s is %j', (mask, coordinate, decision) => {
    const decider = deciderOf([meshFile(`@mask("${mask}") forbid (principal, action == Action::"reveal", resource);`)])
    expect(decider.decide(coordinate, caller())).toEqual(decision)
  })

  it('of several masks the one that tells least holds, and a forbid without mask hides all', () => {
    const partial = '@mask("partial") forbid (principal, action == Action::"reveal", resource == Field::"HrPerson.email");'
    const hash = '@mask("hash") forbid (principal, action == Action::"reveal", resource in Domain::"hr");'
    const bare = 'forbid (principal, action == Action::"reveal", resource in Object::"HrPerson");'
    expect(deciderOf([meshFile(partial + hash)]).decide('HrPerson.email', caller())).toEqual(masked({ kind: 'hash' }))
    expect(deciderOf([meshFile(hash + partial)]).decide('HrPerson.email', caller())).toEqual(masked({ kind: 'hash' }))
    expect(deciderOf([meshFile(hash + partial + bare)]).decide('HrPerson.email', caller())).toEqual(masked({ kind: 'null' }))
  })

  it('opens a restricted field where its domain permits it', () => {
    const decider = deciderOf([domainFile('hr', 'permit (principal in Role::"steward", action == Action::"reveal", resource == Field::"HrPerson.iban");')])
    expect(decider.decide('HrPerson.iban', caller({ roles: ['steward'] }))).toEqual(ALLOW)
    expect(decider.decide('HrPerson.iban', caller())).toEqual(masked({ kind: 'null' }))
    expect(decider.decide('ShopPerson.iban', caller({ roles: ['steward'] }))).toEqual(masked({ kind: 'null' }))
  })

  it('a forbid of the mesh wins over a permit of the domain, in whatever order they are read', () => {
    const permit = domainFile('hr', 'permit (principal, action, resource in Domain::"hr");')
    const forbid = meshFile('forbid (principal, action in [Action::"read", Action::"reveal"], resource == Field::"HrPerson.iban");')
    for (const files of [[permit, forbid], [forbid, permit]]) expect(deciderOf(files).decide('HrPerson.iban', caller({ roles: ['steward'] }))).toEqual(DENY)
  })

  it('that forbids every field of an object hides the object, its pages and its totals', () => {
    const decider = deciderOf([meshFile('forbid (principal, action == Action::"read", resource in Product::"hr/people");')])
    for (const type of ['HrPerson', 'HrPersonConnection', 'HrPersonEdge', 'HrPersonAggregate', 'HrPersonGroup']) expect(decider.decide(type, caller())).toEqual(DENY)
    expect(decider.decide('ShopPerson', caller())).toEqual(ALLOW)
  })

  it('can forbid to aggregate what may be read', () => {
    const decider = deciderOf([meshFile('forbid (principal, action == Action::"aggregate", resource == Field::"HrPerson.income");')])
    expect(decider.decide('HrPerson.income', caller())).toEqual(ALLOW)
    for (const type of ['Counts', 'Sums', 'Averages', 'Extremes']) expect(decider.decide(`HrPerson${type}.income`, caller())).toEqual(DENY)
  })

  it('can forbid to export what may be read', () => {
    const files = [meshFile('forbid (principal, action == Action::"export", resource in Classification::"confidential");')]
    expect(deciderOf(files).decide('HrPerson.email', caller())).toEqual(ALLOW)
    expect(deciderOf(files, { use: 'export' }).decide('HrPerson.email', caller())).toEqual(DENY)
    expect(deciderOf(files, { use: 'export' }).decide('HrPerson.name', caller())).toEqual(ALLOW)
  })

  it('sees roles, groups, regions, client, subject, issuer and purpose', () => {
    const open = (condition: string, parts: CallerParts): string =>
      deciderOf([meshFile(`permit (principal, action == Action::"reveal", resource == Field::"HrPerson.iban") when { ${condition} };`)]).decide('HrPerson.iban', caller(parts)).kind
    const cases: [string, CallerParts, CallerParts][] = [
      ['principal in Role::"steward"', { roles: ['steward'] }, { roles: ['Steward'] }],
      ['principal in Group::"g1"', { claims: { groups: ['g1'] } }, { claims: { groups: [['g1']] } }],
      ['principal.regions.contains(Region::"EMEA")', { claims: { regions: ['EMEA'] } }, { claims: { regions: ['APAC'] } }],
      ['principal has client && principal.client == "bi"', { clientId: 'bi' }, {}],
      ['principal.subject == "ana"', { subject: 'ana' }, { subject: 'bob' }],
      ['principal == Caller::"https://issuer.test|ana"', { subject: 'ana' }, { subject: 'bob' }],
      ['principal.scopes.contains("hr:iban")', { scopes: ['hr:read', 'hr:iban'] }, { scopes: ['hr:read'] }],
      ['context has purpose && context.purpose == Purpose::"fraud"', { purpose: 'fraud' }, { purpose: 'marketing' }],
    ]
    for (const [condition, yes, no] of cases) expect([condition, open(condition, yes), open(condition, no)]).toEqual([condition, 'allow', 'mask'])
  })

  it('answers federation\'s @policy', () => {
    const decider = deciderOf([meshFile('permit (principal in Role::"analyst", action == Action::"satisfy", resource == NamedPolicy::"paid");')])
    expect(decider.isSatisfied('paid', caller({ roles: ['analyst'] }))).toBe(true)
    expect([decider.isSatisfied('paid', caller()), decider.isSatisfied('other', caller({ roles: ['analyst'] })), decider.isSatisfied('paid', undefined)]).toEqual([false, false, false])
  })

  it('that cannot be evaluated denies, and is reported', () => {
    const reported: string[] = []
    const overflow = 'forbid (principal, action == Action::"read", resource) when { 9223372036854775807 + (if resource.key then 1 else 2) > 0 };'
    const decider = deciderOf([meshFile(overflow)], { report: (id) => reported.push(id) })
    expect(decider.decide('HrPerson.name', caller())).toEqual(DENY)
    expect(reported).toContain('policies/mesh.cedar#1')
  })
})

describe('an access agreement', () => {
  const agreements = { productsFor: ({ subject, purpose }: { subject: string; purpose?: string }) => (subject === 'ana' && purpose === 'fraud' ? ['closed/people'] : []) }
  const decider = deciderOf([], { agreements }, WITH_AGREEMENT)
  const scopes = ['closed:read', 'hr:read']

  it('is needed where the contract says so, for the purpose it was given for', () => {
    expect(decider.decide('ClosedPerson.name', caller({ scopes, purpose: 'fraud' }))).toEqual(ALLOW)
    expect(decider.decide('ClosedPerson.name', caller({ scopes, purpose: 'marketing' }))).toEqual(DENY)
    expect(decider.decide('ClosedPerson.name', caller({ scopes }))).toEqual(DENY)
    expect(decider.decide('ClosedPerson', caller({ scopes, subject: 'bob', purpose: 'fraud' }))).toEqual(DENY)
    expect(decider.decide('HrPerson.name', caller({ scopes, subject: 'bob' }))).toEqual(ALLOW)
  })

  it('that is asked for with a slip of the pen is an error of the contract, not an open product', () => {
    const contract = (line: string): string => `
apiVersion: v3.1.0
kind: DataContract
id: x
name: people
version: 1.0.0
status: active
domain: hr
${line}
schema: [{ name: Person, physicalName: people, logicalType: object, properties: [{ name: person_id, logicalType: integer, primaryKey: true, required: true }] }]
`
    for (const line of ['customProperties: [{ property: agreement, value: yes }]', 'customProperties: [{ property: agreements, value: required }]', 'customProperties: [{ property: Agreement, value: required }]', 'customProperties: [{ property: agreement }]']) {
      const result = parseContract(contract(line), { file: 'people.odcs.yaml' })
      expect([line, result.kind]).toEqual([line, 'invalid'])
    }
    const result = parseContract(contract('customProperties: [{ property: agreement, value: required }]'), { file: 'people.odcs.yaml' })
    expect(result).toMatchObject({ kind: 'ok', value: { agreementRequired: true } })
  })

  it('does not replace the scope', () => {
    expect(decider.decide('ClosedPerson.name', caller({ scopes: [], purpose: 'fraud' }))).toEqual(DENY)
  })
})

describe('a purpose that a request names', () => {
  const decider = deciderOf([], { agreements: { productsFor: ({ subject, purpose }) => (subject === 'ana' && purpose === 'audit' ? ['closed/people'] : []) } })

  it.each<[string, string | undefined]>([['none', undefined], ['one of the vocabulary', 'fraud'], ['that of an agreement of the caller\'s', 'audit']])('is taken: %s', (_name, purpose) => {
    expect(() => decider.assertPurpose?.(caller(purpose === undefined ? {} : { purpose }))).not.toThrow()
  })

  it('is refused where nobody knows it, also where nothing asks for one', () => {
    expect(() => decider.assertPurpose?.(caller({ purpose: 'fruad' }))).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', message: expect.stringContaining('did you mean fraud?') }))
    expect(() => decider.assertPurpose?.(caller({ purpose: 'audit', subject: 'bob' }))).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  })

  it('may be any where the mesh has no vocabulary of them', () => {
    const result = compilePolicies([], buildPolicyMesh(PRODUCTS))
    if (result.kind === 'invalid') throw new Error('invalid')
    expect(() => createPolicyDecider(result.value).assertPurpose?.(caller({ purpose: 'anything' }))).not.toThrow()
  })
})

describe('masksAround', () => {
  const decider = deciderOf([
    meshFile('@mask("partial") forbid (principal, action == Action::"reveal", resource == Field::"HrPerson.email");forbid (principal, action == Action::"read", resource == Field::"HrPerson.phone");'),
  ])

  it('names every field of the domains that is not clear, selected or not; a denied one is masked null', () => {
    const hr = { 'HrPerson.email': { kind: 'partial' }, 'HrPerson.phone': { kind: 'null' }, 'HrPerson.iban': { kind: 'null' } }
    // The root too: a field of the domain's own under it may be made of any row.
    for (const coordinate of ['HrPerson', 'HrPerson.name', 'HrPersonConnection', 'HrPersonCounts.name', 'HrQuery']) expect(decider.masksAround([coordinate], caller())).toEqual(hr)
    expect(decider.masksAround(['HrPerson.name', 'ShopPerson'], caller())).toEqual({ ...hr, 'ShopPerson.iban': { kind: 'null' } })
    expect(decider.masksAround(['Query', 'Query.hr'], caller())).toEqual({})
    expect(decider.masksAround(['HrPerson'], undefined)).toEqual({})
  })

  it('leaves the root itself open, without a token and without scopes', () => {
    expect([undefined, caller({ scopes: [] }), caller()].map((principal) => decider.decide('HrQuery', principal))).toEqual([ALLOW, ALLOW, ALLOW])
  })

  it('leaves keys out, by which the gateway joins', () => {
    expect(Object.keys(decider.masksAround(['HrPerson'], caller({ scopes: [] })))).toEqual(['name', 'email', 'phone', 'iban', 'bornOn', 'income', 'tags', 'active'].map((field) => `HrPerson.${field}`))
  })

  it('is one object for one class of callers', () => {
    expect(decider.masksAround(['HrPerson.name'], caller())).toBe(decider.masksAround(['HrPerson.email', 'HrPerson'], caller({ subject: 'bob' })))
  })
})

describe('explain', () => {
  const decider = deciderOf([meshFile('@id("no-mail") @mask("partial") forbid (principal, action == Action::"reveal", resource == Field::"HrPerson.email");')])

  it('names the policy and the action that decided', () => {
    expect(decider.explain('HrPerson.email', caller())).toEqual({ coordinate: 'HrPerson.email', decision: masked({ kind: 'partial' }), policies: ['policies/mesh.cedar#no-mail'], action: 'reveal', needs: 'a change of the policy policies/mesh.cedar#no-mail, which forbids to reveal it' })
    expect(decider.explain('HrPerson.name', caller())).toEqual({ coordinate: 'HrPerson.name', decision: ALLOW, policies: ['base#reveal-by-classification'], action: 'reveal', needs: '' })
    expect(decider.explain('HrPerson.name', caller({ scopes: [] }))).toEqual({ coordinate: 'HrPerson.name', decision: DENY, policies: [], action: 'read', needs: 'a token with hr:read' })
    expect(decider.explain('HrPerson.iban', caller())).toMatchObject({ decision: masked({ kind: 'null' }), needs: 'a policy of hr that permits to reveal restricted data' })
    expect(decider.explain('Query.hr', caller())).toBeUndefined()
  })
})

describe('caching', () => {
  it('10,000 callers whom no policy tells apart cost as much as one', () => {
    const result = compilePolicies([], buildPolicyMesh(PRODUCTS, VOCABULARY))
    if (result.kind === 'invalid') throw new Error('invalid')
    let asked = 0
    const { engine } = result.value
    const counting = { ...result.value, engine: { decide: (request: Parameters<typeof engine.decide>[0]) => (asked++, engine.decide(request)) } as typeof engine }
    const decider = createPolicyDecider(counting)
    for (let i = 0; i < 10_000; i++) decider.decide('HrPerson.email', caller({ subject: `caller-${i}`, claims: { regions: [`r${i}`] }, purpose: `p${i}` }))
    expect(asked).toBe(2)
  })

  it('keeps callers apart whom a policy tells apart', () => {
    const decider = deciderOf([meshFile('forbid (principal, action == Action::"read", resource in Domain::"hr") unless { principal.subject == "ana" };')])
    for (const subject of ['ana', 'bob', 'ana', 'bob']) expect(decider.decide('HrPerson.name', caller({ subject })).kind).toBe(subject === 'ana' ? 'allow' : 'deny')
  })
})

import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { buildPolicyMesh, compilePolicies, createPolicyDecider } from '../../../gateway/access/policies/index.ts'
import { viewCaller } from '../../../gateway/access/policies/caller-view.ts'
import { viewField } from '../../../gateway/access/policies/field-view.ts'
import { caller, meshFile, PRODUCTS, VOCABULARY, type CallerParts } from './policy-fixture.ts'

const pick = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

const CONDITIONS = [
  'resource.name == "email"',
  '"email" == resource.name',
  'resource.name != "email"',
  '["email", "iban"].contains(resource.name)',
  'resource.name like "*n*"',
  'resource.type == "string"',
  'resource.key',
  'resource.classification == "confidential"',
  '[resource.domain].contains("hr")',
  'resource == Field::"HrPerson.phone"',
  'resource in Object::"ShopPerson"',
  'resource in Classification::"internal"',
  'principal in Role::"analyst"',
  'principal in [Role::"analyst", Role::"steward"]',
  'principal in Group::"g1"',
  'principal.scopes.contains("x")',
  'principal.scopes.containsAny(["x", "y"])',
  'principal.scopes.containsAll(["x"]) || principal.scopes.containsAny(resource.fieldScopes)',
  'principal.scopes == ["hr:read", "shop:read"]',
  '["hr:read", "shop:read", "z"].containsAll(principal.scopes)',
  'principal.regions.contains(Region::"EMEA")',
  'principal.regions.isEmpty()',
  'principal has client',
  'principal has client && principal.client == "bi"',
  'principal.subject like "a*"',
  '[principal.issuer].contains("https://issuer.test")',
  'context has purpose',
  'context has purpose && context.purpose == Purpose::"fraud"',
  'context.agreements.contains(resource.product)',
] as const
const condition = pick(...CONDITIONS)

const body = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small' },
    condition,
    fc.tuple(tie('expression'), pick('&&', '||'), tie('expression')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('expression').map((a) => `!(${a})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(if ${a} then ${b} else ${c})`),
  ),
})).expression

const policy = fc
  .record({ effect: pick('permit', 'forbid'), principal: pick('principal', 'principal in Role::"analyst"', 'principal == Caller::"https://issuer.test|ana"'), action: pick('read', 'reveal'), resource: pick('resource', 'resource in Domain::"hr"', 'resource == Field::"HrPerson.name"'), when: fc.option(body) })
  .map(({ effect, principal, action, resource, when }) => `${effect} (${principal}, action == Action::"${action}", ${resource})${when === null ? '' : ` when { ${when} }`};`)

const BASE: CallerParts = { subject: 'ana', scopes: ['hr:read', 'shop:read'], roles: [], claims: { regions: ['APAC'], groups: [] } }

/** Row filters are about whole objects, so their conditions say nothing of a field. */
const rowPolicy = fc
  .record({ id: fc.integer({ min: 0, max: 1_000_000 }), resource: pick('resource', 'resource in Domain::"hr"', 'resource == Object::"ShopPerson"'), when: pick(...CONDITIONS.filter((one) => !one.includes('resource'))) })
  .map(({ id, resource, when }) => `@id("r${id}") @rows("name in claim.r${id}") forbid (principal, action == Action::"readAllRows", ${resource}) when { ${when} };`)
const rowPolicies = fc.uniqueArray(rowPolicy, { maxLength: 2, selector: (text) => text.split('"')[1] })

/** Callers of whom each differs from the first in one thing. */
const CALLERS = [
  BASE,
  { ...BASE, subject: 'bob' },
  { ...BASE, scopes: ['hr:read', 'shop:read', 'x'] },
  { ...BASE, scopes: ['hr:read', 'shop:read', 'y'] },
  { ...BASE, scopes: ['hr:read'] },
  { ...BASE, roles: ['analyst'] },
  { ...BASE, claims: { regions: ['APAC'], groups: ['g1'] } },
  { ...BASE, claims: { regions: ['EMEA'], groups: [] } },
  { ...BASE, claims: {} },
  { ...BASE, clientId: 'bi' },
  { ...BASE, clientId: 'other' },
  { ...BASE, purpose: 'fraud' },
  { ...BASE, purpose: 'marketing' },
].map(caller)

const FIELDS = ['HrPerson.personId', 'HrPerson.name', 'HrPerson.email', 'HrPerson.phone', 'HrPerson.iban', 'ShopPerson.name', 'ShopPerson.iban']

const mesh = buildPolicyMesh(PRODUCTS, VOCABULARY)

/** Asks Cedar about each caller and field by itself, and compares. */
function expectSameAnswers(policies: readonly string[]): void {
  const result = compilePolicies([meshFile(policies.join('\n'))], mesh)
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.diagnostics))
  const { engine, reach } = result.value
  const decider = createPolicyDecider(result.value)
  for (const principal of CALLERS) {
    const who = viewCaller(principal, [], { reach })
    const context = { agreements: [], ...(principal.purpose === undefined ? {} : { purpose: { __entity: { type: 'Purpose', id: principal.purpose } } }) }
    for (const coordinate of FIELDS) {
      const field = mesh.fields.get(coordinate)
      const product = mesh.products.get(field?.product ?? '')
      if (field === undefined || product === undefined) throw new Error(`no field ${coordinate}`)
      const what = viewField(field, product, reach)
      const ask = (action: string): boolean => engine.decide({ principal: who.uid, action: { type: 'Action', id: action }, resource: what.uid, context, entities: [...who.entities, ...what.entities] }).allowed
      const expected = !ask('read') ? ['deny'] : ask('reveal') ? ['allow'] : ['mask', 'deny']
      expect(expected).toContain(decider.decide(coordinate, principal).kind)
    }
    for (const [object, [first = '']] of mesh.objects) {
      const field = mesh.fields.get(first)
      const product = mesh.products.get(field?.product ?? '')
      if (field === undefined || product === undefined) throw new Error(`no field ${first}`)
      const [, ...entities] = viewField(field, product, reach).entities
      const { allowed, reasons } = engine.decide({ principal: who.uid, action: { type: 'Action', id: 'readAllRows' }, resource: { type: 'Object', id: object }, context, entities: [...who.entities, ...entities] })
      const left = decider.rowRestrictionsAround([object], principal)[object]
      expect(left?.flatMap(({ anyOf }) => anyOf.map(({ claim }) => claim)).sort()).toEqual(allowed ? undefined : reasons.map((id) => id.split('#')[1] ?? '').sort())
    }
  }
}

it.each(CONDITIONS)('callers and fields of one class get the decision that Cedar gives each by itself: %s', (when) => {
  expectSameAnswers([`forbid (principal, action == Action::"read", resource) when { ${when} };`])
})

it('also when policies are many and their conditions nested', () => {
  fc.assert(fc.property(fc.array(policy, { minLength: 1, maxLength: 3 }), rowPolicies, (fields, rows) => expectSameAnswers([...fields, ...rows])), { numRuns: Number(process.env['POLYSEME_POLICY_SETS'] ?? 15) })
})

import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import { describe, expect, it } from 'vitest'
import { DEFAULT_GOVERNANCE, GOVERNANCE_RULES, judgeGovernance, type GovernancePolicy, type GovernanceSubject } from '../../../gateway/registry/index.ts'

const HEADER = 'apiVersion: v3.1.0\nkind: DataContract\nid: x\nname: customers\nversion: 1.0.0\nstatus: active\ndomain: sales\ndataProduct: customers\n'
const SERVER = 'servers: [{ server: local, type: local, path: "data/sales/{object}.parquet", format: parquet }]\n'

function products(rest: string): readonly DataProduct[] {
  const result = parseContracts([{ file: 'customers.odcs.yaml', text: HEADER + SERVER + rest }])
  if (result.kind === 'invalid') throw new TypeError(result.diagnostics.map(({ what }) => what).join('\n'))
  return result.value
}

function customer(property: string, object = ''): string {
  return `schema:\n  - name: Customer\n    physicalName: customers\n${object}    properties:\n      - ${property}\n`
}

const KEY = '{ name: id, logicalType: string, primaryKey: true, description: d, examples: [a] }'
const NOW = new Date('2026-06-01T00:00:00Z')

function judge(rest: string, rule: string, extra: Partial<GovernanceSubject> = {}, policy: Partial<GovernancePolicy> = {}): readonly string[] {
  const rules = GOVERNANCE_RULES.filter(({ name }) => name === rule)
  if (rules.length !== 1) throw new TypeError(`no rule ${rule}`)
  return judgeGovernance({ domain: 'sales', products: products(rest), now: NOW, ...extra }, { ...DEFAULT_GOVERNANCE, ...policy }, rules)
    .map(({ severity, what, how }) => `${severity}: ${what}; ${how}`)
}

describe('governance rules', () => {
  it('owner-named wants somebody who answers', () => {
    expect(judge(customer(KEY), 'owner-named')).toEqual(['error: "customers" has no owner; name a member of `team` with the role owner'])
    expect(judge(`${customer(KEY)}team: { name: crm, members: [{ username: ann@example.com, name: Ann, role: owner }] }\n`, 'owner-named')).toEqual([])
  })

  it('readers-named wants a scope', () => {
    expect(judge(customer(KEY), 'readers-named')).toEqual(['warning: "customers" may be read by every signed-in caller; name the scope under `roles` with `access: read`, or have the product exempted with a reason'])
    expect(judge(`${customer(KEY)}roles: [{ role: sales:read, access: read }]\n`, 'readers-named')).toEqual([])
  })

  it('regions-allowed judges only where the mesh names regions', () => {
    expect(judge(customer(KEY), 'regions-allowed')).toEqual([])
    expect(judge(customer(KEY), 'regions-allowed', { allowedRegions: ['eu'] })).toEqual(['error: "customers" does not say where its data lies; add the custom property `region`: one of eu'])
    expect(judge(`${customer(KEY)}customProperties: [{ property: region, value: us }]\n`, 'regions-allowed', { allowedRegions: ['eu', 'ch'] })).toEqual(['error: "customers" lies in us, which is not allowed; move it to one of eu, ch'])
    expect(judge(`${customer(KEY)}customProperties: [{ property: region, value: eu }]\n`, 'regions-allowed', { allowedRegions: ['eu'] })).toEqual([])
  })

  it('key-present wants a primary key', () => {
    expect(judge(customer('{ name: id, logicalType: string }'), 'key-present')).toEqual(['error: SalesCustomer has no key; mark the identifying properties with `primaryKey: true`'])
    expect(judge(customer(KEY), 'key-present')).toEqual([])
  })

  it('sense-declared wants a meaning for what has a key', () => {
    expect(judge(customer(KEY), 'sense-declared')).toEqual(['warning: SalesCustomer does not say what it means; add an authoritativeDefinition of type `sense`, for example `url: sales.Customer`, and describe it in the lexicon'])
    expect(judge(customer(KEY, '    authoritativeDefinitions: [{ type: sense, url: sales.Customer }]\n'), 'sense-declared')).toEqual([])
  })

  it.each(['email', 'contact_email', 'phoneNumber', 'date_of_birth', 'firstName', 'iban', 'customer_first_name', 'ip'])('personal-data-classified knows %s by its name', (name) => {
    expect(judge(customer(`{ name: ${name}, logicalType: string }`), 'personal-data-classified')).toEqual([expect.stringContaining('looks like personal data by its name and is not classified')])
    expect(judge(customer(`{ name: ${name}, logicalType: string, classification: confidential }`), 'personal-data-classified')).toEqual([])
  })

  it.each(['shipment', 'description', 'trip_id', 'zipper'])('personal-data-classified leaves %s alone', (name) => {
    expect(judge(customer(`{ name: ${name}, logicalType: string }`), 'personal-data-classified')).toEqual([])
  })

  it.each([
    ['logicalTypeOptions: { format: email }', 1], ['physicalType: inet', 1], ['logicalTypeOptions: { format: uuid }', 0],
  ])('personal-data-classified looks at the type: %s', (type, found) => {
    expect(judge(customer(`{ name: info, logicalType: string, ${type} }`), 'personal-data-classified').filter((line) => line.includes('by its type'))).toHaveLength(found)
  })

  it('personal-data-classified believes who looked at the values', () => {
    const looked = { personalFields: new Set(['SalesCustomer.info']) }
    expect(judge(customer('{ name: info, logicalType: string }'), 'personal-data-classified', looked)).toEqual([expect.stringContaining('SalesCustomer.info looks like personal data by its values and is not classified')])
    expect(judge(customer('{ name: info, logicalType: string, classification: restricted }'), 'personal-data-classified', looked)).toEqual([])
  })

  it('reserved-names keeps the names that mean the same everywhere', () => {
    expect(judge(customer('{ name: explain, logicalType: string }'), 'reserved-names')).toEqual(['error: the name "explain" is reserved; set `graphqlName` of the property to another name'])
    expect(judge(customer('{ name: as_billing_customer, logicalType: string }'), 'reserved-names')).toHaveLength(1)
    expect(judge(customer('{ name: assets, logicalType: string }'), 'reserved-names')).toEqual([])
  })

  it('names-follow-convention wants singular PascalCase objects', () => {
    expect(judge(customer(KEY).replace('Customer', 'tbl_customers'), 'names-follow-convention')).toHaveLength(1)
    expect(judge(customer(KEY), 'names-follow-convention')).toEqual([])
  })

  it('descriptions-present names every gap', () => {
    expect(judge(customer('{ name: id, logicalType: string }'), 'descriptions-present').map((line) => line.split(';')[0])).toEqual([
      'warning: "customers" has no description', 'warning: SalesCustomer has no description', 'warning: SalesCustomer.id has no description',
    ])
    expect(judge(`description: { purpose: p }\n${customer(KEY, '    description: d\n')}`, 'descriptions-present')).toEqual([])
  })

  it('examples-present wants one for what does not explain itself', () => {
    expect(judge(customer('{ name: id, logicalType: string }'), 'examples-present')).toHaveLength(1)
    expect(judge(customer('{ name: open, logicalType: boolean }'), 'examples-present')).toEqual([])
    expect(judge(customer(KEY), 'examples-present')).toEqual([])
  })

  it('promises-present wants an age and a check', () => {
    expect(judge(customer(KEY), 'promises-present').map((line) => line.split(';')[0])).toEqual(['warning: "customers" does not say how old its data may be', 'warning: "customers" has no quality rule'])
    expect(judge(`${customer(KEY, '    quality: [{ metric: rowCount, mustBeGreaterThan: 0 }]\n')}slaProperties: [{ property: latency, value: 1, unit: d }]\n`, 'promises-present')).toEqual([])
  })

  it('deprecation-complete wants a date ahead and a replacement', () => {
    const old = (custom: string): string => customer(`{ name: id, logicalType: string, deprecated: true, customProperties: [${custom}] }`)
    expect(judge(old(''), 'deprecation-complete').map((line) => line.split(';')[0])).toEqual(['error: sales.Customer.id is deprecated without a date', 'error: sales.Customer.id is deprecated without a replacement'])
    expect(judge(old('{ property: removalDate, value: "2026-01-31" }, { property: replacedBy, value: number }'), 'deprecation-complete')).toEqual(['error: sales.Customer.id was to be removed on 2026-01-31; remove it, or move the date and tell the consumers'])
    expect(judge(old('{ property: removalDate, value: "2027-01-31" }, { property: replacedBy, value: number }'), 'deprecation-complete')).toEqual([])
  })

  it('deprecation-complete judges a product that goes away as a whole', () => {
    const [product] = products(customer(KEY))
    if (product === undefined) throw new TypeError('no product')
    expect(judge('', 'deprecation-complete', { products: [{ ...product, deprecation: {} }] }).map((line) => line.split(';')[0])).toEqual(['error: urn:dataproduct:sales:customers:1 is deprecated without a date', 'error: urn:dataproduct:sales:customers:1 is deprecated without a replacement'])
  })

  it('every rule has a name of its own and a reason', () => {
    expect(new Set(GOVERNANCE_RULES.map(({ name }) => name)).size).toBe(GOVERNANCE_RULES.length)
    for (const { name, why } of GOVERNANCE_RULES) expect(`${name} ${why}`).toMatch(/^[a-z-]+ [A-Z].{20,}\.$/)
  })
})

describe('governance policy', () => {
  const exemption = { rule: 'owner-named', domain: 'sales', reason: 'the team forms in July', until: '2026-07-01' }

  it('exempts a domain with a reason until its last day', () => {
    expect(judge(customer(KEY), 'owner-named', {}, { exemptions: [exemption] })).toEqual([])
    expect(judge(customer(KEY), 'owner-named', { domain: 'billing' }, { exemptions: [exemption] })).toHaveLength(1)
  })

  it('says that an exemption has ended', () => {
    const findings = judgeGovernance({ domain: 'sales', products: products(customer(KEY)), now: new Date('2026-07-02T00:00:00Z') }, { severities: {}, exemptions: [exemption] }, GOVERNANCE_RULES.slice(0, 1))
    expect(findings[0]?.why).toContain('The exemption (the team forms in July) ended on 2026-07-01.')
  })

  it('exempts one field only when it names it', () => {
    const one = { rule: 'personal-data-classified', domain: 'sales', subject: 'SalesCustomer.email', reason: 'a shared mailbox', until: '2027-01-01' }
    expect(judge(`${customer('{ name: email, logicalType: string }')}      - { name: phone, logicalType: string }\n`, 'personal-data-classified', {}, { exemptions: [one] })).toEqual([expect.stringContaining('SalesCustomer.phone')])
  })

  it('a rule can be off, and an unnamed one warns', () => {
    expect(judge(customer(KEY), 'owner-named', {}, { severities: { 'owner-named': 'off' } })).toEqual([])
    expect(judge(customer(KEY), 'owner-named', {}, { severities: {} })[0]).toMatch(/^warning/)
  })
})
